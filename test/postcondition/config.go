package postcondition

import "strings"

func init() { controls["Config.1"] = reader.recordsEverything }

// recordsEverything is Config.1: a recorder is on, records all resource types and uses the service-linked role. IAM's
// types are required in every Region, as without aggregation.
func (r reader) recordsEverything() (bool, error) {
	answer, err := r.call("config", "DescribeConfigurationRecorders", nil)
	if err != nil {
		return false, err
	}
	status, err := r.call("config", "DescribeConfigurationRecorderStatus", nil)
	on := map[any]any{}
	for _, one := range list(status, "ConfigurationRecordersStatus") {
		on[one["name"]] = one["recording"]
	}
	for _, one := range list(answer, "ConfigurationRecorders") {
		group, _ := one["recordingGroup"].(map[string]any)
		role, _ := one["roleARN"].(string)
		if on[one["name"]] == true && group["allSupported"] == true && group["includeGlobalResourceTypes"] == true &&
			strings.HasSuffix(role, "/AWSServiceRoleForConfig") {
			return true, err
		}
	}
	return false, err
}
