package portfolio

import (
	"maps"
	"slices"
	"strings"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/finding"
)

// PatternLimit is how many characters EventBridge allows an event pattern.
const PatternLimit = 2048

// picked matches the event of a custom action on a finding, and on results of an insight, which Hubmend says in its log
// that it cannot repair.
func picked(action *string) map[string]any {
	return map[string]any{
		"source":      []string{"aws.securityhub"},
		"detail-type": []string{"Security Hub Findings - Custom Action", "Security Hub Insight Results"},
		"resources":   []*string{action},
	}
}

// imported matches findings of the controls that failed and that nobody works on yet.
//
// Hubmend's own updates are events too. They leave Workflow.Status other than NEW, so they
// do not match and no repair starts itself again.
func imported(c *catalog.Catalog, controls []catalog.Control, framework string) map[string]any {
	var ids, generators []any
	for _, control := range controls {
		ids = append(ids, anyCase(control.ID))
		generators = append(generators, anyCase(finding.ConsolidatedGenerator(control.ID)))
		for _, standard := range slices.Sorted(maps.Keys(control.Frameworks)) {
			// Findings of a standard that has a playbook are the business of that one.
			if standard == framework ||
				!slices.ContainsFunc(c.Playbooks, func(p catalog.Playbook) bool { return p.Framework == standard }) {
				generators = append(generators, generator(standard, control.Frameworks[standard]))
			}
		}
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

// anyCase matches an id however it is written: Security Hub does so in more than one way.
func anyCase(id string) map[string]string { return map[string]string{"equals-ignore-case": id} }

// generator matches the GeneratorId of a framework's own finding for a control. The ARN of a rule
// is told by its end: the partition varies, and a pattern has to stay short.
func generator(framework, rule string) any {
	id := finding.Generator("", framework, rule)
	if _, name, isARN := strings.Cut(id, ":ruleset/"); isARN {
		return map[string]string{"suffix": name}
	}
	return id
}
