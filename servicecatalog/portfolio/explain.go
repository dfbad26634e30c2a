package portfolio

import (
	"fmt"
	"strings"

	"hubmend/internal/catalog"
)

// DescriptionLimit is how many characters CloudFormation allows the description of a parameter.
const DescriptionLimit = 4000

// inProgressExplained describes the parameter catalog.InProgress in the launch form.
const inProgressExplained = "ENABLED: a person who sets a failed finding to In Progress in the new Security Hub " +
	"starts its remediation, also for control groups that are DISABLED. An automation rule that sets In Progress " +
	"starts it too. Controls that need approval wait for it. DISABLED: the status In Progress starts nothing. It has " +
	"no effect in Security Hub CSPM, which has custom actions."

// explain describes a control group in the launch form: what it remediates, the risk, and what enabling it does.
func explain(c *catalog.Catalog, playbook catalog.Playbook, group catalog.Group) string {
	risk := c.Risk(group)
	action := playbook.CustomAction.Name
	if group.Separate {
		action = group.Title
	}
	words := []string{group.Description}
	if !isControl(group) {
		words = append(words, "Controls: "+named(controls(c, group), playbook.Framework)+".")
	}
	words = append(words, "Risk: "+risk.Level+".")
	for _, reason := range risk.Reasons {
		text := reason.Text
		if len(risk.Reasons) > 1 {
			text = fmt.Sprintf("%s (%s): %s", strings.Join(reason.Controls, ", "), reason.Level, text)
		}
		words = append(words, text)
	}
	return strings.Join(append(words, "ENABLED: "+automatic(controls(c, group)),
		fmt.Sprintf("DISABLED: a finding is remediated only when the custom action %q is chosen on it.", action)), " ")
}

// automatic says what happens to findings of a group that is ENABLED.
func automatic(controls []catalog.Control) string {
	if len(controls) == 1 && controls[0].Approval != "" {
		return "failed findings are set to NOTIFIED and wait for the custom action. " + controls[0].Approval
	}
	return "failed findings are remediated automatically. Findings that are already open are remediated when " +
		"Security Hub next checks them, usually within a day."
}

// named lists controls with their numbers in the framework: EC2.13 (4.1).
func named(controls []catalog.Control, framework string) string {
	var names []string
	for _, c := range controls {
		names = append(names, fmt.Sprintf("%s (%s)", c.ID, c.Frameworks[framework]))
	}
	return strings.Join(names, ", ")
}
