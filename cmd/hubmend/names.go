package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/nearmatch"
	"hubmend/internal/ops/wording"
)

// controlNamed gives the control that a person names: by its id in any case, or by a number of a standard such as
// 4.1 when only one control has it.
func controlNamed(all *catalog.Catalog, name string) (catalog.Control, error) {
	name = strings.TrimSpace(name)
	number := name
	if len(name) > 3 && strings.EqualFold(name[:3], "CIS") {
		number = strings.TrimSpace(name[3:])
	}
	var found []catalog.Control
	var where, ids []string
	for _, c := range slices.Concat(all.Controls, all.Guides) {
		if strings.EqualFold(c.ID, name) {
			return c, nil
		}
		ids = append(ids, c.ID)
		for _, standard := range slices.Sorted(maps.Keys(c.Frameworks)) {
			if !slices.ContainsFunc(c.Numbers(standard), func(n string) bool { return strings.EqualFold(n, number) }) {
				continue
			}
			where = append(where, fmt.Sprintf("%s in %s", c.ID, standard))
			if len(found) == 0 || found[len(found)-1].ID != c.ID {
				found = append(found, c)
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
	default:
		return catalog.Control{}, fmt.Errorf("%s is the number of several controls: %s; name the control", number,
			strings.Join(where, ", "))
	}
	for _, p := range all.Playbooks {
		for _, g := range p.Groups {
			if strings.EqualFold(g.ID, name) && len(g.Controls) > 1 {
				return catalog.Control{}, fmt.Errorf("%s is a control group; name one of its controls: %s", g.ID,
					strings.Join(g.Controls, ", "))
			}
		}
	}
	return catalog.Control{}, nearmatch.Unknown("control", name, ids, "`hubmend controls` lists the controls")
}

// controlFlag is a flag that names a control. It holds the control's id.
type controlFlag struct {
	id      *string
	orGuide bool // accept controls that only a person can remediate
}

// Set implements pflag.Value.
func (f controlFlag) Set(name string) error {
	c, err := controlNamed(catalog.Embedded(), name)
	if err == nil && c.Guide != "" && !f.orGuide {
		err = fmt.Errorf("findings of %s must be remediated manually. %s", c.ID, c.Guide)
	}
	*f.id = c.ID
	return err
}

// String implements pflag.Value.
func (f controlFlag) String() string {
	if f.id == nil {
		return ""
	}
	return *f.id
}

// Type implements pflag.Value.
func (controlFlag) Type() string { return "id" }

// addControlFlag gives a command the flag --control.
func addControlFlag(cmd *cobra.Command, id *string, usage string) {
	cmd.Flags().Var(controlFlag{id: id}, "control", usage)
}

// accountFlag is a flag for the id of an account.
type accountFlag struct{ id *string }

var accountForm = regexp.MustCompile(`^\d{12}$`)

// Set implements pflag.Value.
func (f accountFlag) Set(id string) error {
	if !accountForm.MatchString(id) {
		return fmt.Errorf("%q is not an account id, which has 12 digits", clip(wording.OneLine(id)))
	}
	*f.id = id
	return nil
}

// String implements pflag.Value.
func (f accountFlag) String() string { return controlFlag{id: f.id}.String() }

// Type implements pflag.Value.
func (accountFlag) Type() string { return "id" }

// addAccountFlag gives a command the flag --account.
func addAccountFlag(cmd *cobra.Command, id *string, usage string) {
	cmd.Flags().Var(accountFlag{id}, "account", usage)
}
