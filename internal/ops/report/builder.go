package report

import (
	"cmp"
	"slices"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/ledger"
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

// Builder takes what the ledger and Security Hub have, one by one and in any order.
type Builder struct {
	options  Options
	overview *overview.Builder
	past     map[string]map[int]ledger.Past // by the target's key and the attempt's number
	open     map[string]Open
	known    bool
	notes    []string
}

// New begins a report.
func New(o Options) *Builder {
	return &Builder{
		options:  o,
		overview: overview.New(overview.Options{Now: o.Now, Since: o.From, Settings: o.Settings}),
		past:     map[string]map[int]ledger.Past{}, open: map[string]Open{},
	}
}

// Add takes an entry of the ledger.
func (b *Builder) Add(e ledger.Entry) {
	b.overview.Add(e)
	switch {
	case e.Past != nil:
		b.keep(*e.Past)
	case e.Record != nil:
		for _, a := range e.Record.Attempts { // one that has just ended may not be archived yet
			if !a.EndedAt.IsZero() {
				b.keepBrief(ledger.Past{Target: e.Record.Target, Ended: decide.Ended{Attempt: a}})
			}
		}
	}
}

// Note adds a sentence about what the report lacks.
func (b *Builder) Note(sentence string) { b.notes = append(b.notes, sentence) }

func (b *Builder) keep(p ledger.Past) {
	key := p.Target.Key()
	if b.past[key] == nil {
		b.past[key] = map[int]ledger.Past{}
	}
	b.past[key][p.Attempt.Number] = p
}

// keepBrief keeps what a record has of an attempt, unless the archive said more about it.
func (b *Builder) keepBrief(p ledger.Past) {
	if _, archived := b.past[p.Target.Key()][p.Attempt.Number]; !archived {
		b.keep(p)
	}
}

// Report gives what was added.
func (b *Builder) Report() Report {
	o := b.options
	now := b.overview.Overview()
	r := Report{
		Period: o.Period, At: o.Now, Account: o.Account, Region: o.Region,
		Waiting: now.Targets, Paused: now.Breakers,
		OpenKnown: b.known, Open: b.openSorted(), Repairs: b.entries(), Notes: append([]string{}, b.notes...),
	}
	r.Total, r.Resources = tally(r.Repairs), repairedResources(r.Repairs)
	r.Controls = controls(r, o.Catalog)
	r.Frameworks = frameworks(r.Controls, o.Catalog)
	r.Accounts = places(r, func(account, _ string) string { return account })
	r.Regions = places(r, func(_, region string) string { return region })
	return r
}

// entries gives what ended in the period, the newest first.
func (b *Builder) entries() []Entry {
	all := []Entry{}
	for _, attempts := range b.past {
		taken := takenBack(attempts)
		for _, p := range attempts {
			if !b.options.has(p.Attempt.EndedAt) {
				continue
			}
			e := entryOf(p, foundAt(attempts, p.Attempt), b.options.Region)
			if control, ok := b.options.Catalog.ByID(e.Control); ok {
				e.Title = control.Title
				if e.Outcome == Repaired {
					e.Verified = control.Repair
				}
			}
			if e.Outcome == Repaired {
				e.TakenBackAt = taken[e.Execution]
			}
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(x, y Entry) int {
		return cmp.Or(y.EndedAt.Compare(x.EndedAt), cmp.Compare(x.Key, y.Key), y.Number-x.Number)
	})
	return all
}

// takenBack says when which execution of a target was taken back.
func takenBack(attempts map[int]ledger.Past) map[string]time.Time {
	at := map[string]time.Time{}
	for _, p := range attempts {
		if outcomeOf(p.Attempt) == Undone {
			at[p.Attempt.Undo] = p.Attempt.EndedAt.UTC()
		}
	}
	return at
}

// foundAt says when an attempt's finding was taken up: when it was asked for, or the attempt that
// it repeats, which ended in the moment in which it was queued.
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
		if e.Outcome == Repaired {
			different[[3]string{e.Account, e.Region, e.Resource}] = true
		}
	}
	return len(different)
}
