// Package outcome owns the event pattern of repairs that ended. The rule that forwards
// them from a member and the rule that receives them must not differ.
package outcome

import "hubmend/internal/engine/naming"

// Pattern matches the status events of Hubmend's executions that will not change again.
// The result is the caller's to add to.
func Pattern() map[string]any {
	return map[string]any{
		"source":      []string{"aws.ssm"},
		"detail-type": []string{"EC2 Automation Execution Status-change Notification"},
		"detail": map[string]any{
			"Definition": []any{map[string]string{"prefix": naming.Prefix}},
			// The API says Cancelled, the documentation of the events says Canceled.
			"Status": []string{"Success", "Failed", "TimedOut", "Cancelled", "Canceled"},
		},
	}
}
