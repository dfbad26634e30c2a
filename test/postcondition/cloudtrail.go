package postcondition

import (
	"fmt"
	"strings"
)

func init() {
	controls["CloudTrail.4"] = reader.trailIsValidated
	controls["CloudTrail.5"] = reader.trailHasLogGroup
}

// trailIsValidated is CloudTrail.4: LogFileValidationEnabled is true.
func (r reader) trailIsValidated() (bool, error) {
	trail, err := r.trail()
	return trail["LogFileValidationEnabled"] == true, err
}

// trailHasLogGroup is CloudTrail.5: CloudWatchLogsLogGroupArn is not empty.
func (r reader) trailHasLogGroup() (bool, error) {
	trail, err := r.trail()
	arn, _ := trail["CloudWatchLogsLogGroupArn"].(string)
	return arn != "", err
}

// trail finds the finding's trail among all that the Region of its ARN has.
func (r reader) trail() (map[string]any, error) {
	answer, err := r.atHome().call("cloudtrail", "DescribeTrails", map[string]any{"includeShadowTrails": false})
	if err != nil {
		return nil, err
	}
	for _, trail := range list(answer, "trailList") {
		if trail["TrailARN"] == r.resource {
			return trail, nil
		}
	}
	return nil, fmt.Errorf("there is no trail %s", r.resource)
}

// atHome reads in the Region that the resource's ARN names, which for a trail may be
// another than the finding's.
func (r reader) atHome() reader {
	if parts := strings.Split(r.resource, ":"); len(parts) > 3 {
		r.region = parts[3]
	}
	return r
}
