// Package outcome has the event pattern of executions that ended. The rule that forwards these events from a member
// account and the rule that receives them share it.
package outcome

import "hubmend/internal/engine/naming"

// Pattern matches the final status events of Hubmend's executions. The caller may add to the result.
func Pattern() map[string]any {
	return map[string]any{
		"source":      []string{"aws.ssm"},
		"detail-type": []string{"EC2 Automation Execution Status-change Notification"},
		"detail": map[string]any{
			"Definition": []any{map[string]string{"prefix": naming.Prefix}},
			// The API has Cancelled, the documentation of the events Canceled.
			"Status": []string{"Success", "Failed", "TimedOut", "Cancelled", "Canceled"},
		},
	}
}
