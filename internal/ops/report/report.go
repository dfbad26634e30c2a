// Package report sums up a period for people who were not there: what was repaired, where and
// how fast, what needs a person, and which controls stay open.
//
// It is pure: what the ledger and Security Hub have goes in, one Report comes out, and a Report
// is written as a page, a table or OSCAL. It asks nobody and knows no clock.
package report

import (
	"time"

	"hubmend/internal/ops/overview"
)

// Period is what a report is about: what ended from From on and before To.
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

func (p Period) has(t time.Time) bool { return !t.Before(p.From) && t.Before(p.To) }

// Report is everything about a period. The lists are in an order that does not depend on that of
// the ledger; times are in UTC.
type Report struct {
	Period
	At      time.Time `json:"at"`      // when it was made; waiting, paused and open are as of then
	Account string    `json:"account"` // of the administrator
	Region  string    `json:"region"`  // the home Region

	Total      Tally       `json:"total"`
	Resources  int         `json:"resources"` // different ones that were repaired
	Controls   []Control   `json:"controls"`  // all of the catalog, and others that the ledger has
	Frameworks []Framework `json:"frameworks"`
	Accounts   []Place     `json:"accounts"`
	Regions    []Place     `json:"regions"`

	Waiting []overview.Target  `json:"waiting"` // for a person or for something
	Paused  []overview.Breaker `json:"paused"`  // controls whose automatic repair is paused

	// OpenKnown says whether Security Hub was asked what is open. Without, Open is empty.
	OpenKnown bool    `json:"openKnown"`
	Open      []Open  `json:"open"`
	Repairs   []Entry `json:"repairs"` // the newest first; undos too
	// Notes say in a sentence each what the report lacks.
	Notes []string `json:"notes"`
}

// Control is how a control did.
type Control struct {
	ID         string            `json:"id"`
	Title      string            `json:"title,omitempty"`
	Frameworks map[string]string `json:"frameworks,omitempty"` // its number, by standard
	Standing
}

// Framework is how the controls of a standard did that Hubmend repairs.
type Framework struct {
	ID    string `json:"id"` // as findings spell it
	Name  string `json:"name"`
	Rules []Rule `json:"rules"` // by number
}

// Rule is a control under its number in a framework.
type Rule struct {
	Number string `json:"number"`
	Control
}

// Place is how an account or a Region did.
type Place struct {
	Name string `json:"name"`
	Standing
}

// Standing is what happened in the period, and what is left to do now.
type Standing struct {
	Tally
	Attention int `json:"attention"` // resources that need a person: failed, suspended or held
	Open      int `json:"open"`      // resources with an open finding; 0 when Security Hub was not asked
}

// NeedsPerson says whether a state of a target ends only when a person does something.
func NeedsPerson(s overview.State) bool {
	return s == overview.Failed || s == overview.Suspended || s == overview.Held
}

// Attention lists what needs a person.
func (r Report) Attention() []overview.Target { return r.waiting(true) }

// Busy lists what goes on by itself.
func (r Report) Busy() []overview.Target { return r.waiting(false) }

func (r Report) waiting(person bool) []overview.Target {
	var some []overview.Target
	for _, t := range r.Waiting {
		if NeedsPerson(t.State) == person {
			some = append(some, t)
		}
	}
	return some
}
