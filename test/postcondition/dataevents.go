package postcondition

import (
	"maps"
	"slices"
)

func init() {
	controls["S3.22"] = func(r reader) (bool, error) { return r.objectEventsLogged("WriteOnly", "false") }
	controls["S3.23"] = func(r reader) (bool, error) { return r.objectEventsLogged("ReadOnly", "true") }
}

// objectEventsLogged is S3.22 and S3.23: a multi-Region trail logs these data events of all buckets, by basic event
// selectors or by advanced ones.
func (r reader) objectEventsLogged(kind, readOnly string) (bool, error) {
	answer, err := r.call("cloudtrail", "DescribeTrails", map[string]any{})
	if err != nil {
		return false, err
	}
	for _, trail := range list(answer, "trailList") {
		if trail["IsMultiRegionTrail"] != true {
			continue
		}
		r.region, _ = trail["HomeRegion"].(string)
		selectors, err := r.call("cloudtrail", "GetEventSelectors", map[string]any{"TrailName": trail["TrailARN"]})
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(list(selectors, "EventSelectors"), func(s map[string]any) bool {
			return (s["ReadWriteType"] == kind || s["ReadWriteType"] == "All") && allObjects(s)
		}) || slices.ContainsFunc(list(selectors, "AdvancedEventSelectors"), func(s map[string]any) bool {
			return fieldsAllow(s, readOnly)
		}) {
			return true, nil
		}
	}
	return false, nil
}

func allObjects(selector map[string]any) bool {
	return slices.ContainsFunc(list(selector, "DataResources"), func(resource map[string]any) bool {
		return resource["Type"] == "AWS::S3::Object" && slices.Contains(all(resource["Values"]), any("arn:aws:s3"))
	})
}

// fieldsAllow reports whether an advanced selector takes all data events of objects, or all that only read or only
// write.
func fieldsAllow(selector map[string]any, readOnly string) bool {
	equals := map[any]any{}
	for _, field := range list(selector, "FieldSelectors") {
		equals[field["Field"]] = all(field["Equals"])[0]
	}
	want := map[any]any{"eventCategory": "Data", "resources.type": "AWS::S3::Object"}
	if equals["readOnly"] != nil {
		want["readOnly"] = readOnly
	}
	return maps.Equal(equals, want)
}
