package catalog

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"hubmend/internal/engine/control"
)

// Playbook is a Service Catalog product: the controls of one standard.
type Playbook struct {
	ID          string `yaml:"id"`
	Name        string `yaml:"name"`
	Version     string `yaml:"version"`
	Description string `yaml:"description"`
	Framework   string `yaml:"framework"` // the standard
	// CustomAction is on the findings of all controls of the playbook.
	CustomAction CustomActionName `yaml:"customAction"`
	// Groups are listed, followed by one for each other control of the standard that has a runbook.
	Groups []Group `yaml:"groups"`
	// Guides are the ids of the standard's controls that only a person can repair.
	Guides []string `yaml:"-"`
}

// CustomActionName is how Security Hub refers to a custom action.
type CustomActionName struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
}

// Group is a set of controls that share one ENABLED or DISABLED parameter.
type Group struct {
	ID          string   `yaml:"id"` // CIS4142
	Title       string   `yaml:"title"`
	Description string   `yaml:"description"`
	Controls    []string `yaml:"controls"`
	// Separate groups have rules and a custom action of their own, whose id and name are the group's. The others share
	// the playbook's.
	Separate bool `yaml:"separate"`
}

// Parameter is the name of the product parameter that switches the group.
func (g Group) Parameter() string { return g.ID + "AutoRemediation" }

// StateSuffix ends the name of a product output that tells how a group is set.
const StateSuffix = "State"

// State is the name of the product output that tells how the group is set.
func (g Group) State() string { return g.ID + StateSuffix }

// InProgress is the name of the product parameter that lets the status In Progress, in the new Security Hub, start a
// remediation. It is for all groups of a playbook.
const InProgress = "InProgressStartsRemediation"

// Group returns the group with an id, in any case.
func (p Playbook) Group(id string) (Group, bool) {
	i := slices.IndexFunc(p.Groups, func(g Group) bool { return strings.EqualFold(g.ID, id) })
	if i < 0 {
		return Group{}, false
	}
	return p.Groups[i], true
}

// GroupOf returns the group with a control.
func (p Playbook) GroupOf(control string) (Group, bool) {
	i := slices.IndexFunc(p.Groups, func(g Group) bool { return slices.Contains(g.Controls, control) })
	if i < 0 {
		return Group{}, false
	}
	return p.Groups[i], true
}

// CustomActions lists those of the separate groups, followed by the playbook's.
func (p Playbook) CustomActions() []control.CustomAction {
	var all []control.CustomAction
	whole := control.CustomAction{ID: p.CustomAction.ID, Name: p.CustomAction.Name}
	for _, g := range p.Groups {
		if g.Separate {
			all = append(all, control.CustomAction{ID: g.ID, Name: g.Title, Controls: g.Controls})
		}
		whole.Controls = append(whole.Controls, g.Controls...)
	}
	whole.Controls = append(whole.Controls, p.Guides...)
	return append(all, whole)
}

// Security Hub allows a custom action 20 characters for its id and for its name.
const customActionLimit = 20

// mostGroups limits the groups of a playbook. CloudFormation allows 200 parameters and 200 outputs.
const mostGroups = 150

var (
	groupID = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	version = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
)

func parsePlaybook(stem string, text []byte) (Playbook, error) {
	var p Playbook
	if err := decodeStrictly(text, &p); err != nil {
		return Playbook{}, err
	}
	return p, p.check(stem)
}

// check checks a playbook on its own, without the catalog.
func (p Playbook) check(stem string) error {
	var errs []error
	demand := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	checkAction := func(what, id, name string) {
		demand(groupID.MatchString(id) && len(id) <= customActionLimit, "%s: id %q must be 1 to %d letters and digits",
			what, id, customActionLimit)
		demand(name != "" && len(name) <= customActionLimit, "%s: name %q must have 1 to %d characters", what, name,
			customActionLimit)
	}
	demand(p.ID == stem, "id %q differs from the file's name", p.ID)
	demand(p.Name != "" && p.Description != "", "name and description are needed")
	demand(version.MatchString(p.Version), "version %q is not like 1.0.0", p.Version)
	demand(frameworkName.MatchString(p.Framework), "framework %q is not <standard>/v/<version>", p.Framework)
	checkAction("customAction", p.CustomAction.ID, p.CustomAction.Name)
	groupOf := map[string]string{}
	for _, g := range p.Groups {
		checkAction("group "+g.ID, g.ID, g.Title)
		demand(g.Description != "", "group %s: description is missing", g.ID)
		demand(len(g.Controls) > 0, "group %s: controls is empty", g.ID)
		for _, id := range g.Controls {
			demand(groupOf[id] == "", "group %s: %s is in group %s already; one finding would start twice", g.ID, id,
				groupOf[id])
			groupOf[id] = g.ID
		}
	}
	return errors.Join(errs...)
}

// linkPlaybook checks the groups that the playbook lists and adds those of the other controls of its standard, in the
// standard's order.
func (c *Catalog) linkPlaybook(p *Playbook) error {
	var errs []error
	grouped := map[string]bool{}
	for _, g := range p.Groups {
		for _, id := range g.Controls {
			grouped[id] = true
			found := c.controls[strings.ToLower(id)]
			switch {
			case found == nil || found.ID != id:
				errs = append(errs, fmt.Errorf("%s.yaml: group %s: controls/%s.yaml not found", p.ID, g.ID, id))
			case found.Guide != "":
				errs = append(errs, fmt.Errorf("%s.yaml: group %s: %s has no runbook", p.ID, g.ID, id))
			case found.Frameworks[p.Framework] == "":
				errs = append(errs, fmt.Errorf("%s.yaml: group %s: %s has no number in %s", p.ID, g.ID, id,
					p.Framework))
			}
		}
	}
	for _, one := range c.of(p.Framework, c.Controls) {
		if !grouped[one.ID] {
			p.Groups = append(p.Groups, groupOfOne(one, p.Framework))
		}
	}
	for _, one := range c.of(p.Framework, c.Guides) {
		p.Guides = append(p.Guides, one.ID)
	}
	if len(p.Groups) == 0 || len(p.Groups) > mostGroups {
		errs = append(errs, fmt.Errorf("%s.yaml: %d groups, must be 1 to %d; list groups of several controls", p.ID,
			len(p.Groups), mostGroups))
	}
	seen := map[string]bool{}
	for _, g := range p.Groups {
		if key := strings.ToLower(g.ID); seen[key] {
			errs = append(errs, fmt.Errorf("%s.yaml: there are two groups %s", p.ID, g.ID))
		} else {
			seen[key] = true
		}
	}
	for _, a := range p.CustomActions() {
		if _, taken := c.actions[a.ID]; taken {
			errs = append(errs, fmt.Errorf("%s.yaml: custom action %s already exists", p.ID, a.ID))
		}
		c.actions[a.ID] = a
	}
	return errors.Join(errs...)
}

// of returns those of some controls that are in a standard, in its order.
func (c *Catalog) of(standard string, controls []Control) []Control {
	var some []Control
	for _, one := range controls {
		if one.Frameworks[standard] != "" {
			some = append(some, one)
		}
	}
	slices.SortStableFunc(some,
		func(a, b Control) int { return Compare(a.Frameworks[standard], b.Frameworks[standard]) })
	return some
}

// groupOfOne makes the group of a control that no group lists. Its title has the number that the standard gives to the
// control.
func groupOfOne(c Control, standard string) Group {
	title := c.ID
	if number := c.Frameworks[standard]; number != c.ID {
		title = number + " " + c.ID
	}
	return Group{ID: strings.ReplaceAll(c.ID, ".", ""), Title: title, Description: c.Repair,
		Controls: []string{c.ID}}
}
