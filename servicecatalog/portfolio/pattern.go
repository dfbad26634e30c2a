package portfolio

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

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
			if standard == framework || numbersItself(c, standard, control) {
				generators = append(generators, generator(standard, control.Frameworks[standard]))
			}
		}
	}
	// Without consolidated control findings, SecurityControlId may be missing.
	return failed(map[string]any{"$or": []any{
		map[string]any{"Compliance": map[string]any{"SecurityControlId": ids}},
		map[string]any{"GeneratorId": generators},
	}})
}

// numbersItself reports whether the findings of a standard may only have its own number for a control. Findings of a
// standard that has a playbook of its own are left to that playbook, and those of one that uses the control's id are
// recent enough to have SecurityControlId.
func numbersItself(c *catalog.Catalog, standard string, control catalog.Control) bool {
	return control.Frameworks[standard] != control.ID &&
		!slices.ContainsFunc(c.Playbooks, func(p catalog.Playbook) bool { return p.Framework == standard })
}

// notEnabled stands in the list of controls that are ENABLED, because EventBridge refuses an empty list. No control has
// this id.
const notEnabled = "no control"

// importedIfEnabled matches failed findings of the controls of those groups that are ENABLED.
//
// It matches them by SecurityControlId only, which every finding of Security Hub has, consolidated or not. The ids of
// the standards' own findings would halve the controls for which a pattern has room.
func importedIfEnabled(stack awscdk.Stack, groups []catalog.Group) map[string]any {
	return failed(map[string]any{"Compliance": map[string]any{
		"Status": []string{finding.Failed}, "SecurityControlId": ifEnabled(stack, groups)}})
}

// ifEnabled lists the controls of those groups that are ENABLED.
func ifEnabled(stack awscdk.Stack, groups []catalog.Group) []any {
	ids := []any{notEnabled}
	for _, g := range groups {
		condition := stack.Node().TryFindChild(jsii.String(g.ID + "Enabled"))
		if condition == nil {
			condition = awscdk.NewCfnCondition(stack, jsii.String(g.ID+"Enabled"), &awscdk.CfnConditionProps{
				Expression: awscdk.Fn_ConditionEquals(awscdk.Fn_Ref(jsii.String(g.Parameter())), enabled),
			})
		}
		for _, id := range g.Controls {
			ids = append(ids, awscdk.Fn_ConditionIf(jsii.String(g.ID+"Enabled"), anyCase(id), awscdk.Aws_NO_VALUE()))
		}
	}
	return ids
}

// The numbers of OCSF. Each field also has a name for people, which may change.
const (
	complianceFinding = 2003
	statusNew         = 1
	statusInProgress  = 2
	complianceFail    = 3
	activityClose     = 3
)

// inOCSF matches failed findings of the new Security Hub that have a status, of some controls. Coverage findings are of
// the same class and another product.
func inOCSF(status int, controls []any) map[string]any {
	return map[string]any{
		"source":      []string{"aws.securityhub"},
		"detail-type": []string{"Findings Imported V2"},
		"detail": map[string]any{"findings": map[string]any{
			"class_uid":   []any{complianceFinding},
			"activity_id": []any{map[string]any{"anything-but": activityClose}},
			"status_id":   []any{status},
			"metadata": map[string]any{"product": map[string]any{
				"uid": []any{map[string]string{"suffix": "::productv2/aws/securityhub"}}}},
			"compliance": map[string]any{"status_id": []any{complianceFail}, "control": controls},
		}},
	}
}

// failed matches findings of Security Hub that are NEW and FAILED, with more conditions on the finding.
func failed(conditions map[string]any) map[string]any {
	findings := map[string]any{
		// Other products may use the same ids. The partition and Region vary. Only Security Hub itself can write
		// findings with this product ARN.
		"ProductArn":  []any{map[string]string{"suffix": "::product/aws/securityhub"}},
		"RecordState": []string{finding.Active},
		"Workflow":    map[string]any{"Status": []string{finding.New}},
		"Compliance":  map[string]any{"Status": []string{finding.Failed}},
	}
	maps.Copy(findings, conditions)
	return map[string]any{
		"source":      []string{"aws.securityhub"},
		"detail-type": []string{"Security Hub Findings - Imported"},
		"detail":      map[string]any{"findings": findings},
	}
}

// inPatterns divides groups, in their order, so that the pattern of each part stays well below PatternLimit even if all
// are ENABLED.
func inPatterns(groups []catalog.Group) [][]catalog.Group {
	const (
		around = 330 // characters of a pattern without controls
		most   = PatternLimit*7/10 - around
	)
	var parts [][]catalog.Group
	length := 0
	for _, g := range groups {
		own := 0
		for _, id := range g.Controls {
			own += len(`{"equals-ignore-case":""},`) + len(id)
		}
		if len(parts) == 0 || length+own > most {
			parts, length = append(parts, nil), 0
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], g)
		length += own
	}
	return parts
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
