package lab

// describe says that the hub is there. Its findings are consolidated, as those of new accounts.
func (h *hub) describe(q request) any {
	return map[string]any{
		"HubArn": "arn:" + h.lab.partition + ":securityhub:" + q.region + ":" + q.caller.Account +
			":hub/default",
		"AutoEnableControls":      true,
		"ControlFindingGenerator": "SECURITY_CONTROL", "SubscribedAt": "2026-01-01T00:00:00.000Z",
	}
}

// aggregators lists the administrator's only aggregator, which every Region of theirs knows.
func (h *hub) aggregators(q request) any {
	list := []any{}
	if q.caller.Account == h.lab.admin {
		list = append(list, map[string]any{"FindingAggregatorArn": h.aggregatorARN()})
	}
	return map[string]any{"FindingAggregators": list}
}

func (h *hub) aggregator() any {
	return map[string]any{"FindingAggregatorArn": h.aggregatorARN(), "FindingAggregationRegion": h.lab.home,
		"RegionLinkingMode": "ALL_REGIONS"}
}

func (h *hub) aggregatorARN() string {
	return "arn:" + h.lab.partition + ":securityhub:" + h.lab.home + ":" + h.lab.admin + ":finding-aggregator/lab"
}
