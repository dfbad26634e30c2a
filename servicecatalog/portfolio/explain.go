package portfolio

import (
	"fmt"
	"strings"

	"hubmend/internal/catalog"
)

// DescriptionLimit is how many characters CloudFormation allows the description of a parameter.
const DescriptionLimit = 4000

// explain describes a control group in the launch form: what it remediates, the risk, and what enabling it does.
func explain(c *catalog.Catalog, framework string, group catalog.Group) string {
	risk := c.Risk(group)
	words := []string{group.Description, "Controls: " + named(controls(c, group), framework) + ".",
		"Risk: " + risk.Level + "."}
	for _, reason := range risk.Reasons {
		text := reason.Text
		if len(risk.Reasons) > 1 {
			text = fmt.Sprintf("%s (%s): %s", strings.Join(reason.Controls, ", "), reason.Level, text)
		}
		words = append(words, text)
	}
	return strings.Join(append(words,
		"ENABLED: failed findings are remediated automatically. Findings that are already open are remediated when "+
			"Security Hub next checks them, usually within a day.",
		fmt.Sprintf("DISABLED: a finding is remediated only when the custom action %q is chosen on it.", group.Title),
	), " ")
}

// named lists controls with their numbers in the framework: EC2.13 (4.1).
func named(controls []catalog.Control, framework string) string {
	var names []string
	for _, c := range controls {
		names = append(names, fmt.Sprintf("%s (%s)", c.ID, c.Frameworks[framework]))
	}
	return strings.Join(names, ", ")
}
