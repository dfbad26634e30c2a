package main

import (
	"fmt"
	"slices"
	"strings"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/nearmatch"
)

// groupNamed gives the control group of a playbook that a person names, in any case: by its id or its parameter, or by
// a control or a number of the standard that is in it.
func groupNamed(p catalog.Playbook, name string) (catalog.Group, bool) {
	for _, g := range p.Groups {
		if strings.EqualFold(g.ID, name) || strings.EqualFold(g.Parameter(), name) {
			return g, true
		}
	}
	for _, g := range p.Groups {
		if slices.ContainsFunc(g.Controls, func(id string) bool { return isNamed(p, id, name) }) {
			return g, true
		}
	}
	return catalog.Group{}, false
}

// isNamed reports whether a name is the id of a control or its number in the playbook's standard.
func isNamed(p catalog.Playbook, id, name string) bool {
	c, _ := catalog.Embedded().ByID(id)
	return strings.EqualFold(id, name) || slices.Contains(c.Numbers(p.Framework), name)
}

// groupsNamed gives the control groups of a playbook that a person names.
func groupsNamed(p catalog.Playbook, names []string) ([]catalog.Group, error) {
	var groups []catalog.Group
	for _, name := range names {
		g, ok := groupNamed(p, name)
		if !ok {
			return nil, unknownGroup(name, []catalog.Playbook{p})
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// playbooksWith lists those playbooks that have all groups that a person names.
func playbooksWith(all []catalog.Playbook, names []string) ([]catalog.Playbook, error) {
	for _, name := range names {
		if !slices.ContainsFunc(all, func(p catalog.Playbook) bool { _, ok := groupNamed(p, name); return ok }) {
			return nil, unknownGroup(name, all)
		}
	}
	var some []catalog.Playbook
	for _, p := range all {
		if _, err := groupsNamed(p, names); err == nil {
			some = append(some, p)
		}
	}
	if len(some) == 0 {
		return nil, fmt.Errorf("no playbook has all of %s; name groups of one playbook", strings.Join(names, ", "))
	}
	return some, nil
}

// unknownGroup is the error for a name that is no group of some playbooks.
func unknownGroup(name string, playbooks []catalog.Playbook) error {
	var ids, known []string
	for _, p := range playbooks {
		ids = append(ids, p.ID)
		for _, g := range p.Groups {
			known = append(known, g.ID, g.Parameter())
		}
	}
	slices.Sort(known)
	return nearmatch.Unknown("control group", name, slices.Compact(known),
		fmt.Sprintf("`hubmend controls` lists the groups of %s", strings.Join(ids, ", ")))
}
