package lab_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"hubmend/internal/lab"
)

// AWS Config evaluates a rule that a finding of the account and Region names, once a minute, or denies it.
func TestEvaluations(t *testing.T) {
	t.Parallel()
	const rule, api = "securityhub-x-1a2b", "StartConfigRulesEvaluation"
	named := asff("f", object{"ProductFields": object{"RelatedAWSResources:0/type": "AWS::Config::ConfigRule",
		"RelatedAWSResources:0/name": rule}})
	names := func(n int) object {
		var all []any
		for i := range n {
			all = append(all, "r"+strconv.Itoa(i))
		}
		return object{"ConfigRuleNames": all}
	}
	one := object{"ConfigRuleNames": []any{rule}}
	for offer, code := range map[lab.Offer]string{"": "AccessDeniedException", "denied": "AccessDeniedException",
		"offered": "", lab.OldItem: ""} {
		w := upAs(t, stacks{}, func(c *lab.Config) { c.Reevaluate = offer })
		w.refused(t, member, "config", api, one, "NoSuchConfigRuleException", rule)
		if problem := w.importOne(t, member, named); problem != "" {
			t.Fatal(problem)
		}
		w.refused(t, member, "config", api, names(26), "InvalidParameterValueException", "25")
		w.refused(t, admin, "config", api, one, "NoSuchConfigRuleException", rule)
		if code != "" {
			w.refused(t, member, "config", api, one, code, "ServiceLinkedConfigRule")
			continue
		}
		w.call(t, member, "config", api, one)
		w.refused(t, member, "config", api, one, "ResourceInUseException", rule)
		w.pass(t, time.Minute)
		w.call(t, member, "config", api, one)
		finding, _ := w.Finding("f")
		ended := w.Evaluated()
		other := func(e lab.Evaluation) bool { return !lab.HasRule(e, finding) }
		if len(ended) != 2 || slices.ContainsFunc(ended, other) {
			t.Errorf("evaluated: %v", ended)
		}
		if again := w.Evaluated(); again != nil {
			t.Errorf("evaluated again: %v", again)
		}
	}
}
