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

// picked matches the event of a custom action, on findings and on insight results. Insight results name no finding, so
// Hubmend only logs them.
func picked(action *string) map[string]any {
	return map[string]any{
		"source":      []string{"aws.securityhub"},
		"detail-type": []string{"Security Hub Findings - Custom Action", "Security Hub Insight Results"},
		"resources":   []*string{action},
	}
}

// imported matches failed findings of the controls whose workflow status is NEW.
//
// Hubmend's own updates are events too. They set another workflow status, so they do not match and no remediation
// starts another.
func imported(c *catalog.Catalog, controls []catalog.Control, framework string) map[string]any {
	var ids, generators []any
	for _, control := range controls {
		ids = append(ids, anyCase(control.ID))
		generators = append(generators, anyCase(finding.ConsolidatedGenerator(control.ID)))
		for _, standard := range slices.Sorted(maps.Keys(control.Frameworks)) {
			// Findings of a standard that has a playbook of its own are left to that playbook.
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
			// Other products may use the same ids. The partition and Region vary. Only Security Hub itself can write
			// findings with this product ARN.
			"ProductArn":  []any{map[string]string{"suffix": "::product/aws/securityhub"}},
			"RecordState": []string{finding.Active},
			"Workflow":    map[string]any{"Status": []string{finding.New}},
			"Compliance":  map[string]any{"Status": []string{finding.Failed}},
			// Without consolidated control findings, SecurityControlId may be missing.
			"$or": []any{
				map[string]any{"Compliance": map[string]any{"SecurityControlId": ids}},
				map[string]any{"GeneratorId": generators},
			},
		}},
	}
}

// anyCase matches an id in any case, because Security Hub is not consistent.
func anyCase(id string) map[string]string { return map[string]string{"equals-ignore-case": id} }

// generator matches the GeneratorId of a framework's own finding for a control. Of an ARN only the end is matched,
// because the partition varies and the pattern must stay short.
func generator(framework, rule string) any {
	id := finding.Generator("", framework, rule)
	if _, name, isARN := strings.Cut(id, ":ruleset/"); isARN {
		return map[string]string{"suffix": name}
	}
	return id
}
