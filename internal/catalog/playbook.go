package catalog

import (
	"errors"
	"fmt"
	"regexp"
)

// Playbook is a Service Catalog product: the control groups of one framework.
type Playbook struct {
	ID          string  `yaml:"id"`
	Name        string  `yaml:"name"`
	Version     string  `yaml:"version"`
	Description string  `yaml:"description"`
	Framework   string  `yaml:"framework"`
	Groups      []Group `yaml:"groups"`
}

// Security Hub allows a custom action 20 characters for its id and for its name.
const customActionLimit = 20

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

func (p Playbook) check(stem string) error {
	var errs []error
	demand := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	demand(p.ID == stem, "id %q differs from the file's name", p.ID)
	demand(p.Name != "" && p.Description != "", "name and description are needed")
	demand(version.MatchString(p.Version), "version %q is not like 1.0.0", p.Version)
	demand(frameworkName.MatchString(p.Framework), "framework %q is not <standard>/v/<version>", p.Framework)
	demand(len(p.Groups) > 0, "groups is empty")
	groupOf := map[string]string{}
	for _, g := range p.Groups {
		demand(groupID.MatchString(g.ID) && len(g.ID) <= customActionLimit,
			"group id %q must be 1 to %d letters and digits", g.ID, customActionLimit)
		demand(g.Title != "" && len(g.Title) <= customActionLimit, "group %s: title %q must have 1 to %d characters",
			g.ID, g.Title, customActionLimit)
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
