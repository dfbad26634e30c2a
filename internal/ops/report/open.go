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
	Observed time.Time `json:"observed"` // the latest check
	Finding  string    `json:"finding"`  // the id of one of its findings
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
	one := Open{control.ID, t.Account, t.Region, t.Resource, f.Workflow, f.ObservedAt.UTC(), f.ID}
	key := control.ID + " " + t.String()
	if other, twice := b.open[key]; !twice || one.before(other) {
		b.open[key] = one
	}
}

// before says which of two findings of one resource is shown: that of the latest check.
func (o Open) before(other Open) bool {
	return cmp.Or(other.Observed.Compare(o.Observed), cmp.Compare(o.Finding, other.Finding)) < 0
}

func (b *Builder) openSorted() []Open {
	all := []Open{}
	for _, o := range b.open {
		all = append(all, o)
	}
	slices.SortFunc(all, func(x, y Open) int {
		return cmp.Or(catalog.Compare(x.Control, y.Control), cmp.Compare(x.Account, y.Account),
			cmp.Compare(x.Region, y.Region), cmp.Compare(x.Resource, y.Resource))
	})
	return all
}
