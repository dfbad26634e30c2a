package ssmtext_test

import (
	"testing"

	"hubmend/internal/aws/ssmtext"
)

// The messages are of the forms that the service has been seen to write.
func TestReason(t *testing.T) {
	t.Parallel()
	const suffix = ". Please refer to Automation Service Troubleshooting Guide for more diagnosis details."
	tests := map[string]struct{ message, want string }{
		"empty": {},
		"API": {
			message: "Step fails when it is Execute/Cancelling action. An error occurred " +
				"(InsufficientCapabilitiesException) when calling the UpdateStack operation: Requires capabilities " +
				": [CAPABILITY_IAM]" + suffix,
			want: "An error occurred (InsufficientCapabilitiesException) when calling the UpdateStack operation: " +
				"Requires capabilities : [CAPABILITY_IAM]",
		},
		"bug in a script": {
			message: "Step fails when it is Poll action status for completion. Traceback (most recent call last):\n " +
				" File \"/tmp/x/customer_script.py\", line 4, in parse_event\n    my_control_id = " +
				"event['id']\n\nKeyError - 'id'" + suffix,
			want: "KeyError: 'id'",
		},
		"exception": {
			message: "Step fails when it is Poll action status for completion. Traceback (most recent call last):\n " +
				" File \"/tmp/x/customer_script.py\", line 4, in verify\n    raise ValueError(x)\n\nValueError - " +
				"TCP 22 is still open. Start again." + suffix,
			want: "TCP 22 is still open. Start again.",
		},
		"exception without a traceback": {
			message: "Step fails when it is Poll action status for completion. RuntimeError: Could not find rules " +
				"to delete" + suffix,
			want: "Could not find rules to delete",
		},
		"older form": {
			message: "Automation Step Execution fails when it is launching the instance(s). Get Exception from " +
				"RunInstances API" + suffix,
			want: "Get Exception from RunInstances API",
		},
		"timeout": {
			message: "Step timed out while step is verifying the SSM Agent availability on the target instance(s). " +
				"SSM Agent on Instances: [i-1] are not functioning" + suffix,
			want: "SSM Agent on Instances: [i-1] are not functioning",
		},
		"colon outside a script": {
			message: "Step fails when it is Execute/Cancelling action. ValueError: x" + suffix,
			want:    "ValueError: x",
		},
		"another form": {message: "Internal Server Error" + suffix, want: "Internal Server Error"},
		"no suffix":    {message: "The automation was stopped.", want: "The automation was stopped."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ssmtext.Reason(test.message); got != test.want {
				t.Errorf("Reason() = %q, want %q", got, test.want)
			}
		})
	}
}
