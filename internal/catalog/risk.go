package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// risks are the levels, lowest first.
var risks = []string{"low", "medium", "high"}

// Risk describes the possible side effects of repairing a group's controls.
type Risk struct {
	Level   string   // the highest of the controls'
	Reasons []Reason // those of that level first
}

// Reason is the reason for the risk of some controls of a group.
type Reason struct {
	Controls []string
	Level    string
	Text     string
}

// Risk returns the risk of repairing a group's controls.
func (c *Catalog) Risk(g Group) Risk {
	var r Risk
	for _, id := range g.Controls {
		control, ok := c.ByID(id)
		if !ok {
			continue // which the catalog was checked for
		}
		i := slices.IndexFunc(r.Reasons, func(known Reason) bool {
			return known.Text == control.RiskReason && known.Level == control.Risk
		})
		if i >= 0 {
			r.Reasons[i].Controls = append(r.Reasons[i].Controls, id)
			continue
		}
		r.Reasons = append(r.Reasons,
			Reason{Controls: []string{id}, Level: control.Risk, Text: strings.TrimSpace(control.RiskReason)})
	}
	slices.SortStableFunc(r.Reasons, func(a, b Reason) int {
		return cmp.Compare(slices.Index(risks, b.Level), slices.Index(risks, a.Level))
	})
	if len(r.Reasons) > 0 {
		r.Level = r.Reasons[0].Level
	}
	return r
}
