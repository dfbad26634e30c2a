// Package overview sums up for people what the ledger has: which targets wait for something or
// somebody, and how repairs went.
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
)

// Options say what an overview is about.
type Options struct {
	Now      time.Time
	Since    time.Time // what ended before is left out
	Control  string    // only this one; empty: all
	Account  string    // only this one; empty: all
	Settings decide.Settings
}

// Overview is how things stand.
type Overview struct {
	At       time.Time `json:"at"`
	Since    time.Time `json:"since"`
	Targets  []Target  `json:"targets"` // those that wait for something or somebody
	Controls []Control `json:"controls"`
	Breakers []Breaker `json:"breakers"` // the open ones
}

// Breaker is a control whose automatic repair is paused.
type Breaker struct {
	Control  string    `json:"control"`
	Until    time.Time `json:"until"`
	Failures int       `json:"failures"` // targets that failed one after the other
}

// Builder takes what the ledger has, entry by entry, so that nobody needs to have all of it.
type Builder struct {
	options  Options
	overview Overview
	ended    map[string][]decide.Attempt // by control
}

// New begins an overview.
func New(o Options) *Builder {
	return &Builder{
		options: o,
		overview: Overview{At: o.Now, Since: o.Since, Targets: []Target{}, Controls: []Control{},
			Breakers: []Breaker{}},
		ended: map[string][]decide.Attempt{},
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
	t, waits := stand(rec, b.options)
	if waits && b.wants(t.Control, t.Account) {
		b.overview.Targets = append(b.overview.Targets, t)
	}
}

func (b *Builder) addPast(p ledger.Past) {
	if b.wants(p.Attempt.Control, p.Target.Account) && !p.Attempt.EndedAt.Before(b.options.Since) {
		b.ended[p.Attempt.Control] = append(b.ended[p.Attempt.Control], p.Attempt)
	}
}

// addBreaker takes a breaker whatever account is asked for, because it stops all of them.
func (b *Builder) addBreaker(br decide.Breaker) {
	if b.wants(br.Control, "") && br.OpenUntil.After(b.options.Now) {
		b.overview.Breakers = append(b.overview.Breakers, Breaker{br.Control, br.OpenUntil, len(br.Failures)})
	}
}

// wants says whether something is asked for; an empty account is of no account in particular.
func (b *Builder) wants(control, account string) bool {
	return (b.options.Control == "" || b.options.Control == control) &&
		(b.options.Account == "" || account == "" || b.options.Account == account)
}

// Overview gives what was added, in an order that does not depend on the ledger's: the targets
// by state and the oldest first, controls by name.
func (b *Builder) Overview() Overview {
	o := b.overview
	for control, attempts := range b.ended {
		o.Controls = append(o.Controls, sum(control, attempts))
	}
	slices.SortFunc(o.Targets, func(x, y Target) int {
		return cmp.Or(slices.Index(states, x.State)-slices.Index(states, y.State), x.Since.Compare(y.Since),
			cmp.Compare(x.Key, y.Key))
	})
	slices.SortFunc(o.Controls, func(x, y Control) int { return catalog.Compare(x.Control, y.Control) })
	slices.SortFunc(o.Breakers, func(x, y Breaker) int { return catalog.Compare(x.Control, y.Control) })
	return o
}
