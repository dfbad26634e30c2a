package report

import (
	"cmp"
	"slices"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/overview"
)

// Options say what a report is about.
type Options struct {
	Period
	Now      time.Time
	Account  string // of the administrator
	Region   string // the home Region
	Settings decide.Settings
	Catalog  *catalog.Catalog
}

// Builder takes the entries of the ledger and the findings of Security Hub in any order.
type Builder struct {
	options  Options
	overview *overview.Builder
	past     map[string]map[int]ledger.Past // by the target's key and the attempt's number
	open     map[string]openFindings
	exempt   map[string]string // the rule that exempts a finding, by the finding's id
	known    bool
	notes    []string
}

// New begins a report.
func New(o Options) *Builder {
	return &Builder{
		options:  o,
		overview: overview.New(overview.Options{Now: o.Now, Since: o.From, Until: o.To, Settings: o.Settings}),
		past:     map[string]map[int]ledger.Past{}, open: map[string]openFindings{}, exempt: map[string]string{},
	}
}

// Add takes an entry of the ledger.
func (b *Builder) Add(e ledger.Entry) {
	b.overview.Add(e)
	switch {
	case e.Past != nil:
		b.keep(*e.Past)
	case e.Record != nil:
		for _, p := range e.Record.Waiting(decide.Exempted) {
			b.exempt[p.Request.Ref.ID] = p.Rule
		}
		for _, a := range e.Record.Attempts { // an attempt that has just ended may not be archived yet
			if !a.EndedAt.IsZero() {
				b.keepBrief(ledger.Past{Target: e.Record.Target, Ended: decide.Ended{Attempt: a}})
			}
		}
	}
}

// Note adds a sentence about what is missing in the report.
func (b *Builder) Note(sentence string) { b.notes = append(b.notes, sentence) }

func (b *Builder) keep(p ledger.Past) {
	key := p.Target.Key()
	if b.past[key] == nil {
		b.past[key] = map[int]ledger.Past{}
	}
	b.past[key][p.Attempt.Number] = p
}

// keepBrief keeps an attempt of a record, unless the archive has more about it.
func (b *Builder) keepBrief(p ledger.Past) {
	if _, archived := b.past[p.Target.Key()][p.Attempt.Number]; !archived {
		b.keep(p)
	}
}

// Report returns the report of what was added.
func (b *Builder) Report() Report {
	o := b.options
	now := b.overview.Overview()
	r := Report{
		Period: o.Period, At: o.Now, Account: o.Account, Region: o.Region,
		Waiting: now.Targets, Exempt: now.Exempt, Unconfirmed: now.Unconfirmed, Paused: now.Breakers,
		Confirmations: now.Confirmations,
		OpenKnown:     b.known, Open: b.openSorted(), Repairs: b.entries(), Notes: append([]string{}, b.notes...),
	}
	r.Total, r.Resources = tally(r.Repairs), repairedResources(r.Repairs)
	r.Controls = controls(r, o.Catalog)
	r.Frameworks = frameworks(r.Controls, o.Catalog)
	r.Accounts = places(r, func(account, _ string) string { return account })
	r.Regions = places(r, func(_, region string) string { return region })
	return r
}

// entries gives the attempts that ended in the period, the latest first.
func (b *Builder) entries() []Entry {
	all := []Entry{}
	for _, attempts := range b.past {
		undos := outcomes.Undos{}
		for _, p := range attempts {
			undos.Add(p.Attempt)
		}
		for _, p := range attempts {
			if !b.options.has(p.Attempt.EndedAt) {
				continue
			}
			e := entryOf(p, outcomes.Of(p.Attempt, undos), foundAt(attempts, p.Attempt), b.options.Region)
			if e.Outcome == outcomes.Undone {
				e.UndoneAt = undos[e.Execution]
			}
			if control, ok := b.options.Catalog.ByID(e.Control); ok {
				e.Title = control.Title
				if p.Attempt.State == decide.Succeeded && p.Attempt.Undo == "" {
					e.Verified = control.Repair
				}
			}
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(x, y Entry) int {
		return cmp.Or(y.EndedAt.Compare(x.EndedAt), cmp.Compare(x.Key, y.Key), y.Number-x.Number)
	})
	return all
}

// foundAt says when Hubmend received an attempt's finding: when the attempt was queued or, for a retry,
// when the first attempt was. A retry is queued at the moment in which the previous attempt ends.
func foundAt(attempts map[int]ledger.Past, a decide.Attempt) time.Time {
	for {
		before, ok := attempts[a.Number-1]
		passes := failure.FateOf(before.Attempt.Class).Retry == failure.Again
		repeated := ok && a.Undo == "" && before.Attempt.Undo == "" && passes &&
			before.Attempt.EndedAt.Truncate(time.Second).Equal(a.QueuedAt.Truncate(time.Second))
		if !repeated {
			return a.QueuedAt
		}
		a = before.Attempt
	}
}

func repairedResources(entries []Entry) int {
	different := map[[3]string]bool{}
	for _, e := range entries {
		if e.Outcome == outcomes.Repaired {
			different[[3]string{e.Account, e.Region, e.Resource}] = true
		}
	}
	return len(different)
}

func tally(entries []Entry) outcomes.Tally {
	all := make([]outcomes.Timed, len(entries))
	for i, e := range entries {
		all[i] = outcomes.Timed{Outcome: e.Outcome, Took: e.Took()}
	}
	return outcomes.Count(all)
}
