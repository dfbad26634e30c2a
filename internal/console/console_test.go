package console_test

import (
	"testing"

	"hubmend/internal/console"
)

func TestExecution(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"eu-west-1":     "https://eu-west-1.console.aws.amazon.com/systems-manager/automation/execution/e-1?region=eu-west-1",
		"cn-north-1":    "https://cn-north-1.console.amazonaws.cn/systems-manager/automation/execution/e-1?region=cn-north-1",
		"us-gov-west-1": "https://us-gov-west-1.console.amazonaws-us-gov.com/systems-manager/automation/execution/e-1?region=us-gov-west-1",
	} {
		if got := console.Execution(region, "e-1"); got != want {
			t.Errorf("%s: %s", region, got)
		}
	}
	if got := console.Execution("eu-west-1", "../x?y"); got != "https://eu-west-1.console.aws.amazon.com/systems-manager/automation/execution/..%2Fx%3Fy?region=eu-west-1" {
		t.Errorf("what is no id gives %s", got)
	}
}
