// Package preview says what would happen to the findings that are open now if control groups were ENABLED and a policy
// were in force.
//
// It is pure: findings, a policy, and what is known of accounts, resources and earlier repairs go in, a Report comes
// out. It decides nothing itself: dispatch says what a finding asks for, the policy whether it may start, and decide
// what stands against it.
package preview

import (
	"encoding/json"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/policy"
	"hubmend/internal/ops/findingfile"
)

// Outcome is what would happen to a finding.
type Outcome string

// The outcomes.
const (
	Repaired  Outcome = "repaired"
	Delayed   Outcome = "delayed" // repaired later, because a rule or a budget says so
	Asked     Outcome = "asked"   // a person has to approve or request it
	Exempt    Outcome = "exempt"
	Suspended Outcome = "suspended" // the loop guard has stopped automatic repair
	Held      Outcome = "held"      // a repair was undone
	Waiting   Outcome = "waiting"   // the circuit breaker, the switch or the account stands against it
	Refused   Outcome = "refused"   // Hubmend cannot repair the resource that the finding names
	Manual    Outcome = "manual"    // only a person can repair it
	Notified  Outcome = "notified"  // its workflow status is not NEW, so that nothing starts
	Uncovered Outcome = "not covered"
	Unknown   Outcome = "unknown" // the policy depends on a fact that is not known
)

// Outcomes lists all outcomes in the order in which they are shown.
func Outcomes() []Outcome {
	return []Outcome{Repaired, Delayed, Asked, Unknown, Exempt, Suspended, Held, Waiting, Notified, Refused, Manual,
		Uncovered}
}

// starts reports whether a repair would start.
func (o Outcome) starts() bool { return o == Repaired || o == Delayed }

// Finding is a finding with what else its document says.
type Finding struct {
	finding.Finding
	Tags map[string]string // of its resource, when the finding was updated; nil when it does not have them
	Raw  json.RawMessage
}

// Read reads the document of a finding.
func Read(raw json.RawMessage) (Finding, error) {
	f, tags, err := findingfile.Read(raw)
	return Finding{Finding: f, Tags: tags, Raw: raw}, err
}

// Open reports whether a finding counts as open: a check failed, and nobody has suppressed or resolved it.
func Open(f finding.Finding) bool {
	return f.Compliance == finding.Failed && f.RecordState == finding.Active &&
		(f.Workflow == finding.New || f.Workflow == finding.Notified)
}

// Facts are what findings do not say.
type Facts struct {
	// OUs are the organizational units of accounts, the closest first and the root last.
	OUs map[string][]string `json:"ous,omitempty"`
	// Tags are those of resources, by ARN. They win over the tags of a finding.
	Tags map[string]map[string]string `json:"tags,omitempty"`
}

// Options are everything that a preview depends on.
type Options struct {
	Now     time.Time
	Catalog *catalog.Catalog
	Enabled []catalog.Group
	Policy  policy.Policy
	Facts   Facts
	// Records are those of the ledger by key, and Breakers by control. Both are nil when the ledger was not read.
	Records  map[string]decide.Record
	Breakers map[string]decide.Breaker
	Paused   bool // the administrator's switch is off
	Settings decide.Settings
	Home     string  // the Region of global resources' repairs; empty: the finding's
	USD      float64 // that a repair costs
}

// Row is what would happen to one finding.
type Row struct {
	Outcome     Outcome `json:"outcome"`
	Control     string  `json:"control"`
	Account     string  `json:"account"`
	AccountName string  `json:"accountName,omitempty"`
	OU          string  `json:"ou,omitempty"`
	Region      string  `json:"region"` // global: the resource exists once per account
	Resource    string  `json:"resource"`
	Finding     string  `json:"finding"`
	V2ID        string  `json:"v2Id,omitempty"` // in the new Security Hub
	// Target is the same for findings that one repair would answer; empty when none would start.
	Target       string    `json:"target,omitempty"`
	Severity     string    `json:"severity,omitempty"`
	Since        time.Time `json:"since,omitzero"`
	Risk         string    `json:"risk,omitempty"`
	Irreversible bool      `json:"irreversible,omitempty"`
	ManagedBy    string    `json:"managedBy,omitempty"` // the infrastructure-as-code tool that tags name
	Reason       string    `json:"reason,omitempty"`
	Rule         string    `json:"rule,omitempty"` // of the policy
	Owner        string    `json:"owner,omitempty"`
	Ticket       string    `json:"ticket,omitempty"`
	// Until is when an exemption, a suspension or a pause ends, and the earliest start of what is delayed.
	Until time.Time `json:"until,omitzero"`

	raw json.RawMessage
}

// Raw returns the document of the finding.
func (r Row) Raw() json.RawMessage { return r.raw }
