package notify_test

import (
	"strings"
	"testing"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/reverted"
)

// An email about a repair that does not last says who reverted it, and what to change where a tool did.
func TestLasting(t *testing.T) {
	t.Parallel()
	by := func(tool reverted.Tool) func(*decide.Attempt) {
		return func(a *decide.Attempt) {
			a.RevertedBy = reverted.By{Principal: "role deploy-prod", Tool: tool, Event: "X", Likely: true, At: noon}
		}
	}
	often := about(decide.Exhausted, attempt(1, decide.Succeeded, by("Terraform")),
		attempt(2, decide.Succeeded, by("Terraform")), attempt(3, decide.Succeeded, by("Terraform")))
	for name, tc := range map[string]struct {
		n           decide.Notification
		says, lacks []string
	}{
		"by Terraform": {often, []string{"\nReverted three times by role deploy-prod with Terraform.\n",
			"\nTerraform manages the resource. To make the repair last:\n\n  resource \"aws_", "\n  }\n"}, nil},
		"by CloudFormation": {about(decide.Contradicted, attempt(1, decide.Succeeded, by("CloudFormation"))),
			[]string{"Reverted by role deploy-prod with CloudFormation at 2026-03-01 12:00 UTC (X).\n",
				"\n    Type: AWS::EC2::SecurityGroup\n"}, []string{"resource \"aws_"}},
		"by a person": {about(decide.Contradicted, attempt(1, decide.Succeeded, by(reverted.Console))),
			[]string{"Reverted by role deploy-prod in the AWS console"}, []string{"manages the resource"}},
		"not known": {about(decide.Exhausted, attempt(1, decide.Succeeded)), nil,
			[]string{"Reverted", "manages the resource"}},
		"another message": {about(decide.NotRepaired, attempt(1, decide.Succeeded, by("Terraform"))), nil,
			[]string{"Reverted by", "manages the resource"}},
	} {
		body := writer.Body(tc.n)
		for _, want := range tc.says {
			if !strings.Contains(body, want) {
				t.Errorf("%s: it lacks %q:\n%s", name, want, body)
			}
		}
		for _, not := range tc.lacks {
			if strings.Contains(body, not) {
				t.Errorf("%s: it has %q:\n%s", name, not, body)
			}
		}
	}
}
