// Package overview summarizes the ledger: which resources need attention or are in progress, and how
// the repairs of each control went.
//
// It is pure: records, attempts and breakers go in, an overview comes out.
package overview

import (
	"cmp"
	"slices"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/ops/outcomes"
)

// Options say what an overview is about.
type Options struct {
	Now      time.Time
	Since    time.Time // attempts that ended before are left out
	Until    time.Time // attempts that ended then or later are left out; zero: none
	Control  string    // only this one; empty: all
	Account  string    // only this one; empty: all
	Settings decide.Settings
}

// covers reports whether an attempt that ended at a time counts.
func (o Options) covers(ended time.Time) bool {
	return !ended.Before(o.Since) && (o.Until.IsZero() || ended.Before(o.Until))
}

// Overview is the state of all targets.
type Overview struct {
	At          time.Time `json:"at"`
	Since       time.Time `json:"since"`
	Targets     []Target  `json:"targets"`     // those that need attention or are in progress
	Exempt      []Target  `json:"exempt"`      // those with findings that a rule of the policy exempts
	Unconfirmed []Target  `json:"unconfirmed"` // those that wait for Security Hub to re-check
	Controls    []Control `json:"controls"`
	Breakers    []Breaker `json:"breakers"` // the open ones
	// Confirmations is how long it took until a check passed that was made after a repair.
	Confirmations Confirmations `json:"confirmations"`
}

// Control is how the repairs of a control went that ended since Options.Since.
type Control struct {
	Control string `json:"control"`
	outcomes.Tally
}

// Breaker is a control whose automatic remediation is paused.
type Breaker struct {
	Control  string    `json:"control"`
	Until    time.Time `json:"until"`
	Failures int       `json:"failures"` // targets that failed in a row
}

// Builder takes the ledger entry by entry, so that the whole ledger need not be in memory.
type Builder struct {
	options  Options
	overview Overview
	ended    []ledger.Past
	undos    map[string]outcomes.Undos // by the target's key
	// confirmed is how long confirmations took, by whether Config was asked to evaluate again.
	confirmed map[bool][]time.Duration
}

// New begins an overview.
func New(o Options) *Builder {
	return &Builder{
		options: o,
		overview: Overview{At: o.Now, Since: o.Since, Targets: []Target{}, Exempt: []Target{},
			Unconfirmed: []Target{}, Controls: []Control{}, Breakers: []Breaker{}},
		undos: map[string]outcomes.Undos{}, confirmed: map[bool][]time.Duration{},
	}
}

// Add takes an entry of the ledger.
func (b *Builder) Add(e ledger.Entry) {
	switch {
	case e.Record != nil:
		b.addRecord(*e.Record)
	case e.Past != nil:
		b.addPast(*e.Past)
	case e.Breaker != nil:
		b.addBreaker(*e.Breaker)
	}
}

func (b *Builder) addRecord(rec decide.Record) {
	b.addConfirmations(rec)
	all := Parked(rec)
	if t, shown := targetOf(rec, b.options); shown {
		all = append(all, t)
	}
	for _, t := range all {
		switch {
		case !b.wants(t.Control, t.Account):
		case t.State == Unconfirmed:
			b.overview.Unconfirmed = append(b.overview.Unconfirmed, t)
		case t.State == Exempt:
			b.overview.Exempt = append(b.overview.Exempt, t)
		default:
			b.overview.Targets = append(b.overview.Targets, t)
		}
	}
}

func (b *Builder) addPast(p ledger.Past) {
	if !b.wants(p.Attempt.Control, p.Target.Account) || !b.options.covers(p.Attempt.EndedAt) {
		return
	}
	b.ended = append(b.ended, p)
	key := p.Target.Key()
	if b.undos[key] == nil {
		b.undos[key] = outcomes.Undos{}
	}
	b.undos[key].Add(p.Attempt)
}

// addBreaker ignores the account that is asked for: a breaker stops all accounts.
func (b *Builder) addBreaker(br decide.Breaker) {
	if b.wants(br.Control, "") && br.OpenUntil.After(b.options.Now) {
		b.overview.Breakers = append(b.overview.Breakers, Breaker{br.Control, br.OpenUntil, len(br.Failures)})
	}
}

// wants reports whether something is asked for; an empty account is of no account in particular.
func (b *Builder) wants(control, account string) bool {
	return (b.options.Control == "" || b.options.Control == control) &&
		(b.options.Account == "" || account == "" || b.options.Account == account)
}

// Overview returns what was added, in an order that does not depend on the ledger's: targets by
// state and the oldest first, controls by name.
func (b *Builder) Overview() Overview {
	o := b.overview
	o.Controls = b.controls()
	o.Confirmations = Confirmations{outcomes.TimesOf(b.confirmed[true]), outcomes.TimesOf(b.confirmed[false])}
	byAge := func(x, y Target) int {
		return cmp.Or(x.Since.Compare(y.Since), cmp.Compare(x.Key, y.Key),
			cmp.Compare(x.Control, y.Control), cmp.Compare(x.Rule, y.Rule))
	}
	slices.SortFunc(o.Targets, func(x, y Target) int {
		return cmp.Or(slices.Index(states, x.State)-slices.Index(states, y.State), byAge(x, y))
	})
	slices.SortFunc(o.Unconfirmed, byAge)
	slices.SortFunc(o.Exempt, byAge)
	slices.SortFunc(o.Breakers, func(x, y Breaker) int { return catalog.Compare(x.Control, y.Control) })
	return o
}

func (b *Builder) controls() []Control {
	ended := map[string][]outcomes.Timed{}
	for _, p := range b.ended {
		a := p.Attempt
		ended[a.Control] = append(ended[a.Control],
			outcomes.Timed{Outcome: outcomes.Of(a, b.undos[p.Target.Key()]), Took: a.EndedAt.Sub(a.QueuedAt)})
	}
	all := []Control{}
	for control, attempts := range ended {
		all = append(all, Control{control, outcomes.Count(attempts)})
	}
	slices.SortFunc(all, func(x, y Control) int { return catalog.Compare(x.Control, y.Control) })
	return all
}
