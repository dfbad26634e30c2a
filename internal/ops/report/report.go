// Package report summarizes a period: what was remediated, where and how fast, what needs attention,
// and which findings are open.
//
// It is pure: what the ledger and Security Hub contain goes in and one Report comes out, which can be
// written as an HTML page, a CSV table or OSCAL. It calls no API and reads no clock.
package report

import (
	"time"

	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/overview"
)

// Period covers attempts that ended at From or later, and before To.
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

func (p Period) has(t time.Time) bool { return !t.Before(p.From) && t.Before(p.To) }

// Report is everything about a period. The order of its lists does not depend on that of the ledger;
// times are in UTC.
type Report struct {
	Period
	At      time.Time `json:"at"`      // when it was generated; waiting, unconfirmed, paused and open are as of then
	Account string    `json:"account"` // of the administrator
	Region  string    `json:"region"`  // the home Region

	Total      outcomes.Tally `json:"total"`
	Resources  int            `json:"resources"` // how many different ones were repaired
	Controls   []Control      `json:"controls"`  // all of the catalog, and others in the ledger
	Frameworks []Framework    `json:"frameworks"`
	Accounts   []Place        `json:"accounts"`
	Regions    []Place        `json:"regions"`

	Waiting     []overview.Target  `json:"waiting"`     // needs attention or is in progress
	Exempt      []overview.Target  `json:"exempt"`      // with findings that a rule of the policy exempts
	Unconfirmed []overview.Target  `json:"unconfirmed"` // waits for Security Hub to re-check
	Paused      []overview.Breaker `json:"paused"`      // controls whose automatic remediation is paused

	// Confirmations is how long it took until a check passed that was made after a repair of the period.
	Confirmations overview.Confirmations `json:"confirmations"`

	// OpenKnown reports whether Security Hub was asked for open findings. If not, Open is empty.
	OpenKnown bool `json:"openKnown"`
	// Open leaves out resources of which the policy exempts every finding.
	Open    []Open  `json:"open"`
	Repairs []Entry `json:"repairs"` // all attempts, undos too, the latest first
	// Notes are sentences about what is missing in the report.
	Notes []string `json:"notes"`
}

// Control is how a control did.
type Control struct {
	ID         string            `json:"id"`
	Title      string            `json:"title,omitempty"`
	Frameworks map[string]string `json:"frameworks,omitempty"` // its number, by standard
	Standing
}

// Framework is how the controls of a standard did that Hubmend remediates.
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
	outcomes.Tally
	Attention int `json:"attention"` // resources that need attention, such as those that failed
	Exempt    int `json:"exempt"`    // resources that a rule of the policy exempts
	Open      int `json:"open"`      // other resources with an open finding; 0 when Security Hub was not asked
}

// Attention lists what needs attention.
func (r Report) Attention() []overview.Target { return r.waiting(true) }

// InProgress lists what continues automatically.
func (r Report) InProgress() []overview.Target { return r.waiting(false) }

func (r Report) waiting(attention bool) []overview.Target {
	var some []overview.Target
	for _, t := range r.Waiting {
		if t.State.NeedsAttention() == attention {
			some = append(some, t)
		}
	}
	return some
}

// UnconfirmedFindings counts the findings that Security Hub has not re-checked yet.
func (r Report) UnconfirmedFindings() int { return findingsOf(r.Unconfirmed) }

// ExemptFindings counts the findings that the policy exempts.
func (r Report) ExemptFindings() int { return findingsOf(r.Exempt) }

func findingsOf(targets []overview.Target) int {
	n := 0
	for _, t := range targets {
		n += t.Findings
	}
	return n
}
