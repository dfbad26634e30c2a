package postcondition

func init() {
	controls["CloudTrail.1"] = reader.recordsAllRegions
	controls["CloudTrail.3"] = reader.hasTrail
}

// recordsAllRegions is CloudTrail.1: one trail, of the account or of its organization, is logging and records all
// read and write management events of all Regions.
func (r reader) recordsAllRegions() (bool, error) {
	trails, err := r.trails()
	for _, trail := range trails {
		if trail["IsMultiRegionTrail"] != true {
			continue
		}
		whole, err := r.isWhole(trail)
		if whole || err != nil {
			return whole, err
		}
	}
	return false, err
}

// hasTrail is CloudTrail.3: any trail is logging.
func (r reader) hasTrail() (bool, error) {
	trails, err := r.trails()
	for _, trail := range trails {
		if on, err := r.isLogging(trail); on || err != nil {
			return on, err
		}
	}
	return false, err
}

// trails are the trails that record events of the finding's Region.
func (r reader) trails() ([]map[string]any, error) {
	answer, err := r.call("cloudtrail", "DescribeTrails", map[string]any{"includeShadowTrails": true})
	return list(answer, "trailList"), err
}

func (r reader) isLogging(trail map[string]any) (bool, error) {
	status, err := r.of(trail).call("cloudtrail", "GetTrailStatus", map[string]any{"Name": trail["TrailARN"]})
	return status["IsLogging"] == true, err
}

// isWhole reports whether a trail is logging and records management events of reads and writes, of every service.
func (r reader) isWhole(trail map[string]any) (bool, error) {
	on, err := r.isLogging(trail)
	if !on || err != nil {
		return false, err
	}
	answer, err := r.of(trail).call("cloudtrail", "GetEventSelectors", map[string]any{"TrailName": trail["TrailARN"]})
	basic, advanced := list(answer, "EventSelectors"), list(answer, "AdvancedEventSelectors")
	for _, selector := range basic {
		excluded, _ := selector["ExcludeManagementEventSources"].([]any)
		if selector["ReadWriteType"] == "All" && selector["IncludeManagementEvents"] == true && len(excluded) == 0 {
			return true, err
		}
	}
	for _, selector := range advanced {
		if fields := list(selector, "FieldSelectors"); len(fields) == 1 && fields[0]["Field"] == "eventCategory" {
			if values, _ := fields[0]["Equals"].([]any); len(values) == 1 && values[0] == "Management" {
				return true, err
			}
		}
	}
	// A trail without selectors of its own records everything; the emulator shows none.
	return len(basic)+len(advanced) == 0, err
}

// of reads where a trail is based.
func (r reader) of(trail map[string]any) reader {
	r.region, _ = trail["HomeRegion"].(string)
	return r
}
