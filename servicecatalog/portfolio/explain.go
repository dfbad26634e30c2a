package portfolio

import (
	"fmt"
	"strings"

	"hubmend/internal/catalog"
)

// DescriptionLimit is how many characters CloudFormation allows the description of a parameter.
const DescriptionLimit = 4000

// explain tells whoever fills in the launch form what a group repairs and what may go wrong.
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
	return strings.Join(append(words, fmt.Sprintf(
		"ENABLED: repaired as soon as a finding fails. DISABLED: only when somebody picks the custom action %q on "+
			"a finding.", group.Title)), " ")
}

// named lists controls with their numbers in the framework: EC2.13 (4.1).
func named(controls []catalog.Control, framework string) string {
	var names []string
	for _, c := range controls {
		names = append(names, fmt.Sprintf("%s (%s)", c.ID, c.Frameworks[framework]))
	}
	return strings.Join(names, ", ")
}
