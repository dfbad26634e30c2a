package portfolio

import (
	"strings"

	"hubmend/internal/catalog"
)

// form arranges the parameters of a playbook in the launch form: first the separate groups, then a section for each AWS
// service, both in the order of the playbook. The parameter for the status In Progress comes last.
func form(c *catalog.Catalog, playbook catalog.Playbook) map[string]any {
	labels := map[string]any{}
	var sections []string
	parameters := map[string][]string{}
	for _, group := range playbook.Groups {
		labels[group.Parameter()] = label(title(c, group))
		section := section(group)
		if parameters[section] == nil {
			sections = append(sections, section)
		}
		parameters[section] = append(parameters[section], group.Parameter())
	}
	var groups []any
	for _, section := range sections {
		groups = append(groups, map[string]any{"Label": label(section), "Parameters": parameters[section]})
	}
	labels[catalog.InProgress] = label("Status In Progress starts a remediation")
	groups = append(groups, map[string]any{
		"Label":      label("Requests in the new Security Hub: also for groups that are DISABLED"),
		"Parameters": []string{catalog.InProgress}})
	return map[string]any{"ParameterGroups": groups, "ParameterLabels": labels}
}

// isControl reports whether a group stands for its only control, which its label then names.
func isControl(group catalog.Group) bool { return len(group.Controls) == 1 && !group.Separate }

// section is the heading above a group in the form. CloudFormation's console shows headings in bold.
func section(group catalog.Group) string {
	if !isControl(group) {
		return "Control groups to remediate automatically"
	}
	service, _, _ := strings.Cut(group.Controls[0], ".")
	return service + ": controls to remediate automatically"
}

// title is the label of a group in the form. That of a single control has Security Hub's title of it.
func title(c *catalog.Catalog, group catalog.Group) string {
	if !isControl(group) {
		return group.Title
	}
	control, _ := c.ByID(group.Controls[0])
	return group.Title + ": " + control.Title
}

func label(text string) map[string]any { return map[string]any{"default": text} }
