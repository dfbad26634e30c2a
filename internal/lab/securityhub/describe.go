package securityhub

import (
	"hubmend/internal/lab/apicall"
)

// describe describes the hub. Its control findings are consolidated, as in new accounts.
func (h *Hub) describe(q apicall.Request) any {
	return map[string]any{
		"HubArn": "arn:" + h.lab.Partition + ":securityhub:" + q.Region + ":" + q.Caller.Account +
			":hub/default",
		"AutoEnableControls":      true,
		"ControlFindingGenerator": "SECURITY_CONTROL", "SubscribedAt": "2026-01-01T00:00:00.000Z",
	}
}

// aggregators lists the only aggregator of the administrator, in any Region.
func (h *Hub) aggregators(q apicall.Request) any {
	list := []any{}
	if q.Caller.Account == h.lab.Admin {
		list = append(list, map[string]any{"FindingAggregatorArn": h.aggregatorARN()})
	}
	return map[string]any{"FindingAggregators": list}
}

func (h *Hub) aggregator() any {
	return map[string]any{"FindingAggregatorArn": h.aggregatorARN(), "FindingAggregationRegion": h.lab.Home,
		"RegionLinkingMode": "ALL_REGIONS"}
}

func (h *Hub) aggregatorARN() string {
	return "arn:" + h.lab.Partition + ":securityhub:" + h.lab.Home + ":" + h.lab.Admin + ":finding-aggregator/lab"
}
