package report

import (
	"cmp"
	"slices"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// Open is a resource that fails a control, according to Security Hub.
type Open struct {
	Control  string    `json:"control"`
	Account  string    `json:"account"`
	Region   string    `json:"region"` // where a remediation would run, or "global"
	Resource string    `json:"resource"`
	Workflow string    `json:"workflow"`
	Observed time.Time `json:"observed"`       // the latest check
	Finding  string    `json:"finding"`        // the id of one of its findings
	V2ID     string    `json:"v2Id,omitempty"` // of that finding in the new Security Hub
	// Rule of the policy exempts some of its findings, but not all; empty for most.
	Rule string `json:"rule,omitempty"`
}

// openFindings is a resource that fails a control, with the ids of all of its findings.
type openFindings struct {
	Open
	ids []string
}

// AskedSecurityHub says that AddOpen is called for every open finding, even if there are none.
func (b *Builder) AskedSecurityHub() { b.known = true }

// AddOpen takes a finding. It ignores findings that are not open and controls that are not in the catalog.
// It keeps one finding per control and resource: each standard has its own, and a global resource has
// findings in every Region.
func (b *Builder) AddOpen(f finding.Finding) {
	control, ok := b.options.Catalog.Control(f)
	if !ok || f.Compliance != finding.Failed || f.RecordState != finding.Active || f.Workflow == finding.Resolved ||
		f.Workflow == finding.Suppressed {
		return
	}
	t, _, err := control.Bind(f)
	if err != nil { // Hubmend cannot remediate it, but it is open
		t = target.Target{Account: f.Account, Region: f.Region, Resource: f.ResourceID}
	}
	one := Open{Control: control.ID, Account: t.Account, Region: t.Region, Resource: t.Resource, Workflow: f.Workflow,
		Observed: f.ObservedAt.UTC(), Finding: f.ID, V2ID: f.V2.UID}
	key := control.ID + " " + t.String()
	other, twice := b.open[key]
	if twice && !one.before(other.Open) {
		one = other.Open
	}
	b.open[key] = openFindings{one, append(other.ids, f.ID)}
}

// before says which of two findings of one resource is shown: that of the latest check.
func (o Open) before(other Open) bool {
	return cmp.Or(other.Observed.Compare(o.Observed), cmp.Compare(o.Finding, other.Finding)) < 0
}

func (b *Builder) openSorted() []Open {
	all := []Open{}
	for _, o := range b.open {
		exempt := 0
		for _, id := range o.ids {
			if rule, is := b.exempt[id]; is {
				o.Rule = rule
				exempt++
			}
		}
		if exempt < len(o.ids) {
			all = append(all, o.Open)
		}
	}
	slices.SortFunc(all, func(x, y Open) int {
		return cmp.Or(catalog.Compare(x.Control, y.Control), cmp.Compare(x.Account, y.Account),
			cmp.Compare(x.Region, y.Region), cmp.Compare(x.Resource, y.Resource))
	})
	return all
}
