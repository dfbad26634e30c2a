package console_test

import (
	"testing"

	"hubmend/internal/aws/console"
)

func TestExecution(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"eu-west-1":      "https://eu-west-1.console.aws.amazon.com/systems-manager/automation/execution/e-1?region=eu-west-1",
		"cn-north-1":     "https://cn-north-1.console.amazonaws.cn/systems-manager/automation/execution/e-1?region=cn-north-1",
		"us-gov-west-1":  "https://us-gov-west-1.console.amazonaws-us-gov.com/systems-manager/automation/execution/e-1?region=us-gov-west-1",
		"eusc-de-east-1": "https://eusc-de-east-1.console.amazonaws-eusc.eu/systems-manager/automation/execution/e-1?region=eusc-de-east-1",
	} {
		if got := console.Execution(region, "e-1"); got != want {
			t.Errorf("%s: %s", region, got)
		}
	}
	if got := console.Execution("eu-west-1",
		"../x?y"); got != "https://eu-west-1.console.aws.amazon.com/systems-manager/automation/execution/..%2Fx%3Fy?region=eu-west-1" {
		t.Errorf("what is no id gives %s", got)
	}
}

func TestFinding(t *testing.T) {
	t.Parallel()
	const id = "arn:aws-cn:securityhub:cn-north-1:222222222222:security-control/EC2.13/finding/0b0a 29a4&x=\n"
	want := "https://cn-north-1.console.amazonaws.cn/securityhub/home?region=cn-north-1#/findings?search=" +
		"Id%3D%255Coperator%255C%253AEQUALS%255C%253Aarn%253Aaws-cn%253Asecurityhub%253Acn-north-1%253A222222222222%253Asecurity-control%252FEC2.13%252Ffinding%252F0b0a%252029a4%2526x%253D%250A"
	if got := console.Finding("cn-north-1", id); got != want {
		t.Errorf("Finding = %s\nwant      %s", got, want)
	}
}
