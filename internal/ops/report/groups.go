package report

import (
	"cmp"
	"maps"
	"slices"

	"hubmend/internal/catalog"
)

// group summarizes a report by the name that a control, an account and a Region have. It leaves out
// names without any attempt, target or finding.
func group(r Report, name func(control, account, region string) string) map[string]Standing {
	entries, attention, exempt, open := map[string][]Entry{}, map[string]int{}, map[string]int{}, map[string]int{}
	for _, e := range r.Repairs {
		n := name(e.Control, e.Account, e.Region)
		entries[n] = append(entries[n], e)
	}
	for _, t := range r.Waiting {
		if t.State.NeedsAttention() {
			attention[name(t.Control, t.Account, t.Region)]++
		}
	}
	for _, t := range r.Exempt {
		exempt[name(t.Control, t.Account, t.Region)]++
	}
	for _, f := range r.Open {
		open[name(f.Control, f.Account, f.Region)]++
	}
	all := map[string]Standing{}
	for _, names := range []map[string]int{attention, exempt, open} {
		for n := range names {
			all[n] = Standing{Attention: attention[n], Exempt: exempt[n], Open: open[n]}
		}
	}
	for n, some := range entries {
		all[n] = Standing{tally(some), attention[n], exempt[n], open[n]}
	}
	return all
}

func places(r Report, name func(account, region string) string) []Place {
	all := []Place{}
	for n, s := range group(r, func(_, account, region string) string { return name(account, region) }) {
		all = append(all, Place{n, s})
	}
	slices.SortFunc(all, func(x, y Place) int { return cmp.Compare(x.Name, y.Name) })
	return all
}

// controls gives those of the catalog, and others that the ledger has from an older catalog.
func controls(r Report, c *catalog.Catalog) []Control {
	standings := group(r, func(control, _, _ string) string { return control })
	all := []Control{}
	for _, one := range c.Controls {
		all = append(all, Control{one.ID, one.Title, one.Frameworks, standings[one.ID]})
		delete(standings, one.ID)
	}
	for id, s := range standings {
		all = append(all, Control{ID: id, Standing: s})
	}
	slices.SortFunc(all, func(x, y Control) int { return catalog.Compare(x.ID, y.ID) })
	return all
}

func frameworks(controls []Control, c *catalog.Catalog) []Framework {
	rules := map[string][]Rule{}
	for _, one := range controls {
		for id := range one.Frameworks {
			if !slices.ContainsFunc(c.Playbooks, func(p catalog.Playbook) bool { return p.Framework == id }) {
				continue // its numbers only identify findings
			}
			for _, number := range (catalog.Control{Frameworks: one.Frameworks}).Numbers(id) {
				rules[id] = append(rules[id], Rule{number, one})
			}
		}
	}
	all := []Framework{}
	for _, id := range slices.Sorted(maps.Keys(rules)) {
		slices.SortFunc(rules[id], func(x, y Rule) int { return catalog.Compare(x.Number, y.Number) })
		all = append(all, Framework{id, frameworkName(id, c), rules[id]})
	}
	return all
}

// frameworkName gives the display name of a framework from its playbook, or its id.
func frameworkName(id string, c *catalog.Catalog) string {
	for _, p := range c.Playbooks {
		if p.Framework == id {
			return p.Name
		}
	}
	return id
}

// AttentionByState counts what needs attention.
func (r Report) AttentionByState() map[string]int {
	n := map[string]int{}
	for _, t := range r.Attention() {
		n[string(t.State)]++
	}
	return n
}
