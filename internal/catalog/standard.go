package catalog

import (
	_ "embed" // for the standards
	"fmt"
)

// Standard is a standard of Security Hub.
type Standard struct {
	ID       string `yaml:"id"`       // as findings spell it
	Name     string `yaml:"name"`     // as Security Hub shows it
	Short    string `yaml:"short"`    // where there is little room
	Controls int    `yaml:"controls"` // how many Security Hub has
}

//go:embed standards.yaml
var standardsText []byte

// Coverage counts the controls of a standard.
type Coverage struct {
	Standard   Standard
	Remediated int // by a runbook
	Guided     int // that only a person can remediate, and a guide says how
}

// Missing is how many controls are not in the catalog yet.
func (c Coverage) Missing() int { return c.Standard.Controls - c.Remediated - c.Guided }

// Coverage counts the controls of each standard, in the order of standards.yaml.
func (c *Catalog) Coverage() []Coverage {
	var all []Coverage
	for _, s := range c.Standards {
		all = append(all, Coverage{s, len(c.of(s.ID, c.Controls)), len(c.of(s.ID, c.Guides))})
	}
	return all
}

// InStandard lists the controls of a standard, with and without a runbook, in its order.
func (c *Catalog) InStandard(id string) []Control {
	return c.of(id, append(c.Controls[:len(c.Controls):len(c.Controls)], c.Guides...))
}

func parseStandards() ([]Standard, error) {
	var all []Standard
	if err := decodeStrictly(standardsText, &all); err != nil {
		return nil, fmt.Errorf("standards.yaml: %w", err)
	}
	return all, nil
}
