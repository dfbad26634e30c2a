// Package policy owns the rules that say what automatic remediation may touch. It is pure: a policy, what is to be
// repaired, what is known of it and the time go in; a verdict comes out.
//
// Functions link this package. Package policyfile reads and checks the file that people write.
package policy

import "time"

// Policy is an ordered list of rules, and what limits all of them. The zero Policy allows everything.
type Policy struct {
	// Format is the version of this form. A function that does not know it starts nothing automatically.
	Format    int       `json:"format"`
	Rules     []Rule    `json:"rules,omitempty"` // the first that matches decides
	Budgets   Budgets   `json:"budgets,omitzero"`
	Proposals Proposals `json:"proposals,omitzero"`
}

// Format is the latest form that this version knows.
const Format = 1

// Rule decides about everything that its conditions match.
type Rule struct {
	Name     string   `json:"name"`
	Line     int      `json:"line,omitempty"` // in the file that it was read from
	Decision Decision `json:"decision"`
	When     When     `json:"when,omitzero"`
	Reason   string   `json:"reason,omitempty"`
	Owner    string   `json:"owner,omitempty"` // an email address or a team
	Ticket   string   `json:"ticket,omitempty"`
	// Until is the first moment at which the rule no longer matches; zero when it has no end.
	Until time.Time `json:"until,omitzero"`
	// Delay is how long a repair waits after the finding first asked for it, and Windows are when it may
	// start then. Both are of Delay only. Without windows it may start at any time.
	Delay   time.Duration `json:"delay,omitempty"`
	Windows []Window      `json:"windows,omitempty"`
	// Approvers are patterns of the ARNs of who may approve, of Ask only; empty: everybody who may send requests.
	Approvers []string `json:"approvers,omitempty"`
}

// Decision is what a rule says about a repair.
type Decision string

// The decisions, the strictest first.
const (
	Exempt Decision = "exempt" // nothing is repaired, and the finding is answered
	Ask    Decision = "ask"    // a person has to approve
	Delay  Decision = "delay"  // it starts later
	Allow  Decision = "allow"
)

// When are the conditions of a rule. All that are given must hold; of a list, one entry must. An empty When matches
// everything.
type When struct {
	Controls []string `json:"controls,omitempty"` // ids such as EC2.13; * stands for any text
	Groups   []string `json:"groups,omitempty"`   // control groups of playbooks, such as CIS4142
	// as findings spell them, such as cis-aws-foundations-benchmark/v/1.2.0
	Standards  []string `json:"standards,omitempty"`
	Risks      []string `json:"risks,omitempty"`      // of the repair: low, medium, high
	Severities []string `json:"severities,omitempty"` // of the finding: LOW, MEDIUM, ...
	Accounts   []string `json:"accounts,omitempty"`   // 12 digits
	OUs        []string `json:"ous,omitempty"`        // ids of organizational units or the root; units below count too
	Regions    []string `json:"regions,omitempty"`    // patterns; "global" for what exists once per account
	Resources  []string `json:"resources,omitempty"`  // patterns of ARNs, or of a resource's own id
	Tags       []string `json:"tags,omitempty"`       // key, or key=value; the value is a pattern
	ManagedBy  []string `json:"managedBy,omitempty"`  // what ManagedBy returns, or "any"
	// FirstObservedBefore and FirstObservedAfter are about the finding. One that does not say it is as old as can be.
	FirstObservedBefore time.Time `json:"firstObservedBefore,omitzero"`
	FirstObservedAfter  time.Time `json:"firstObservedAfter,omitzero"`
}

// Budgets limit how many repairs start automatically; 0 means no limit.
type Budgets struct {
	HourlyPerControlAndAccount int `json:"hourlyPerControlAndAccount,omitempty"` // in an hour of the clock, in UTC
	DailyPerOrganization       int `json:"dailyPerOrganization,omitempty"`       // in a day in UTC
}

// Proposals are how people are asked.
type Proposals struct {
	// Expire is how long a proposal waits for an answer; zero means ExpireDefault.
	Expire time.Duration `json:"expire,omitempty"`
	// SecondPerson forbids that the person who requested a repair approves it.
	SecondPerson bool `json:"secondPerson,omitempty"`
}

// ExpireDefault is how long a proposal waits for an answer if the policy does not say it.
const ExpireDefault = 7 * 24 * time.Hour

// ExpireAfter is how long a proposal waits for an answer.
func (p Proposals) ExpireAfter() time.Duration {
	if p.Expire == 0 {
		return ExpireDefault
	}
	return p.Expire
}
