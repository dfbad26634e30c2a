package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"hubmend/internal/engine/naming"
)

// Offered returns the catalog with only the playbooks of these ids, and with the runbooks and roles that their controls
// need. Controls and the parts of runbooks stay: findings of other controls are still answered, and a runbook must not
// move when another one goes.
func (c *Catalog) Offered(ids []string) (*Catalog, error) {
	offered := *c
	offered.Playbooks, offered.Runbooks, offered.Roles = nil, nil, nil
	needed := map[string]bool{}
	for _, p := range c.Playbooks {
		if !slices.Contains(ids, p.ID) {
			continue
		}
		offered.Playbooks = append(offered.Playbooks, p)
		for _, g := range p.Groups {
			for _, name := range c.RunbooksOf(g) {
				needed[name] = true
			}
		}
	}
	offered.parts = map[string]int{}
	for _, part := range c.Parts() {
		for _, r := range part.Runbooks {
			offered.parts[r.Name] = part.Number
		}
	}
	var errs []error
	passed := map[string]bool{} // names of roles
	for _, r := range c.Runbooks {
		if !needed[r.Name] {
			continue
		}
		offered.Runbooks = append(offered.Runbooks, r)
		statements, err := c.Policy(r)
		errs = append(errs, err)
		for _, s := range statements {
			if s.PassedTo == "" {
				continue
			}
			for _, resource := range s.Resources {
				passed[resource[strings.LastIndex(resource, "/")+1:]] = true
			}
		}
	}
	for _, role := range c.Roles {
		if passed[naming.Prefix+role.Name] {
			offered.Roles = append(offered.Roles, role)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("find the roles that runbooks pass: %w", err)
	}
	return &offered, nil
}

// RunbooksOf returns the names of the runbooks that remediate the controls of a group, and undo that.
func (c *Catalog) RunbooksOf(g Group) []string {
	var names []string
	for _, id := range g.Controls {
		control, known := c.ByID(id)
		if !known || control.Runbook == "" {
			continue
		}
		names = append(names, control.Runbook)
		if undo, ok := c.Undo(control); ok {
			names = append(names, undo.Name)
		}
	}
	return names
}
