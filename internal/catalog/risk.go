package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// risks are the levels, the lowest first.
var risks = []string{"low", "medium", "high"}

// Risk is what may go wrong when a group's controls are repaired.
type Risk struct {
	Level   string   // the highest of the controls'
	Reasons []Reason // those of that level first
}

// Reason is why controls of a group have their risk. Controls with the same reason share it.
type Reason struct {
	Controls []string
	Level    string
	Text     string
}

// Risk tells how risky it is to repair what a group covers.
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
