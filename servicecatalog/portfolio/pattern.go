package portfolio

import (
	"strings"

	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/arn"
	"hubmend/internal/catalog"
	"hubmend/internal/finding"
)

// PatternLimit is how many characters EventBridge allows an event pattern.
const PatternLimit = 2048

// picked matches the event of a custom action on a finding.
func picked(action *string) map[string]any {
	return map[string]any{
		"source":      []string{"aws.securityhub"},
		"detail-type": []string{"Security Hub Findings - Custom Action"},
		"resources":   []*string{action},
	}
}

// imported matches findings of the controls that failed and that nobody works on yet.
//
// Hubmend's own updates are events too. They leave Workflow.Status other than NEW, so they
// do not match and no repair starts itself again.
func imported(controls []catalog.Control, framework string) map[string]any {
	var ids, generators []*string
	for _, control := range controls {
		ids = append(ids, jsii.String(control.ID))
		generators = append(generators, generator(framework, control.Frameworks[framework]))
	}
	return map[string]any{
		"source":      []string{"aws.securityhub"},
		"detail-type": []string{"Security Hub Findings - Imported"},
		"detail": map[string]any{"findings": map[string]any{
			// Other products may use the same numbers. The partition and Region vary; only
			// Security Hub itself can write findings under this product.
			"ProductArn":  []any{map[string]string{"suffix": "::product/aws/securityhub"}},
			"RecordState": []string{finding.Active},
			"Workflow":    map[string]any{"Status": []string{finding.New}},
			"Compliance":  map[string]any{"Status": []string{finding.Failed}},
			// Findings of a single standard do not always carry the consolidated id.
			"$or": []any{
				map[string]any{"Compliance": map[string]any{"SecurityControlId": ids}},
				map[string]any{"GeneratorId": generators},
			},
		}},
	}
}

// generator is the GeneratorId of a framework's own finding for a control.
func generator(framework, rule string) *string {
	id := finding.Generator("${AWS::Partition}", framework, rule)
	if strings.HasPrefix(id, "arn:") {
		return arn.Sub(id)
	}
	return jsii.String(id) // a substitution without anything to substitute is a mistake to linters
}
