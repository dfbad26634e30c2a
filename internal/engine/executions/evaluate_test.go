package executions_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/decide"
)

func TestEvaluate(t *testing.T) {
	t.Parallel()
	rule := decide.ConfigRule{Account: "222222222222", Region: "eu-west-1", Name: "securityhub-x-1a2b"}
	e := &endpoint{sts: assumed, ssm: answer{200, `{}`}}
	if err := accounts(t, e).Evaluate(t.Context(), rule); err != nil {
		t.Fatal(err)
	}
	want := []string{"AssumeRole by ADMINKEY in us-east-1",
		"StarlingDoveService.StartConfigRulesEvaluation by MEMBERKEY in eu-west-1"}
	if diff := cmp.Diff(want, e.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"ConfigRuleNames": []any{"securityhub-x-1a2b"}}, e.input); diff != "" {
		t.Errorf("input (-want +got):\n%s", diff)
	}
	if arn := e.forms[0].Get("RoleArn"); arn != "arn:aws:iam::222222222222:role/hubmend-settle" {
		t.Errorf("assumed %s", arn)
	}
	e.ssm = ssmError(400, "NoSuchConfigRuleException", "no")
	if err := accounts(t, e).Evaluate(t.Context(), rule); awserr.Code(err) != "NoSuchConfigRuleException" {
		t.Errorf("Evaluate = %v", err)
	}
}
