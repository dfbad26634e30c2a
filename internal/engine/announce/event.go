// Package announce publishes every change of state to an event bus.
//
// An event repeats what the ledger has stored already. A lost or duplicate event therefore changes no repair.
// docs/events.md says what readers may rely on.
package announce

import "time"

// Rules match on these.
const (
	Source      = "hubmend"
	RepairType  = "Hubmend Repair State Change"
	BreakerType = "Hubmend Breaker State Change"
)

// Version is the version of the details. An added field does not change it. The first number changes when a field is
// removed or changes its meaning.
const Version = "1.0"

// State is the new state of a target, or of the breaker of a control.
type State string

// The states of a target.
const (
	Queued      State = "QUEUED"       // it waits, for what waitsFor says
	Started     State = "STARTED"      // the execution runs
	Repaired    State = "REPAIRED"     // and the runbook has verified it; see Attempt.Compliant
	Undone      State = "UNDONE"       // a person took the repair back
	Failed      State = "FAILED"       // finally: nothing is retried automatically
	Gone        State = "GONE"         // the resource was deleted before its repair
	Retrying    State = "RETRYING"     // it failed for a transient reason
	Withdrawn   State = "WITHDRAWN"    // it waited, and is no longer needed
	Suspended   State = "SUSPENDED"    // the loop guard blocks automatic repair for now
	Held        State = "HELD"         // automatic repair is off until a person requests a repair
	UndoRefused State = "UNDO_REFUSED" // an undo was requested and not started
	Confirmed   State = "CONFIRMED"    // a later check of Security Hub passed
	Reopened    State = "REOPENED"     // a later check of Security Hub failed
	Unconfirmed State = "UNCONFIRMED"  // no later check came in time
)

// The states of what the policy stops, and of proposals.
const (
	Exempt           State = "EXEMPT"            // a rule exempts the findings
	Delayed          State = "DELAYED"           // a rule delays the repair
	PolicyUnreadable State = "POLICY_UNREADABLE" // the policy, or a fact that it depends on, cannot be read
	Proposed         State = "PROPOSED"          // the repair is planned, and people are asked
	Approved         State = "APPROVED"
	Rejected         State = "REJECTED"
	Expired          State = "EXPIRED"        // no answer came in time
	AnswerRefused    State = "ANSWER_REFUSED" // an answer was not taken
)

// The states of a breaker.
const (
	Opened State = "OPENED"
	Closed State = "CLOSED"
)

// Event is one change, ready to be put.
type Event struct {
	Type   string
	At     time.Time
	Detail any // Repair or Breaker
}

// Repair is the detail of an event about a target. Texts that others wrote are cut.
type Repair struct {
	Version string `json:"version"`
	// ID is the same when the same change is announced again.
	ID       string     `json:"id"`
	State    State      `json:"state"`
	Control  Control    `json:"control"`
	Target   Target     `json:"target"`
	Attempt  *Attempt   `json:"attempt,omitempty"` // that it is about
	Request  *Request   `json:"request,omitempty"` // of UNDO_REFUSED, ANSWER_REFUSED, and EXEMPT when a person asked
	Rule     *Rule      `json:"rule,omitempty"`    // of the policy, of what it stops and of proposals
	Until    *time.Time `json:"until,omitempty"`   // of EXEMPT: its end. Of DELAYED: when the repair may start.
	Proposal *Proposal  `json:"proposal,omitempty"`
	Reason   string     `json:"reason,omitempty"` // why, where somebody or something says so
	Change   string     `json:"change,omitempty"` // what was done, of REPAIRED, UNDONE and what follows
	Findings []string   `json:"findings"`         // ids, at most ten
	// FindingCount is how many findings there are.
	FindingCount int `json:"findingCount"`
}

// Control is what is repaired.
type Control struct {
	ID         string `json:"id"`
	Title      string `json:"title,omitempty"`
	Risk       string `json:"risk,omitempty"`
	Reversible bool   `json:"reversible"`
}

// Target is where.
type Target struct {
	Key         string `json:"key"` // as `hubmend history` takes it
	Account     string `json:"account"`
	AccountName string `json:"accountName,omitempty"`
	Region      string `json:"region"`
	Resource    string `json:"resource"`
	Runbook     string `json:"runbook"`
}

// Attempt is one execution, or the request for it.
type Attempt struct {
	Number     int    `json:"number"`
	Kind       string `json:"kind"`                // repair or undo
	Trigger    string `json:"trigger"`             // automatic, custom action or command line
	Compliant  bool   `json:"compliant,omitempty"` // the repair found nothing to change
	AskedBy    string `json:"askedBy,omitempty"`
	ApprovedBy string `json:"approvedBy,omitempty"` // the proposal
	// Sender is who sent the message, unless that confirms ApprovedBy or, of what needed no approval, AskedBy.
	Sender        string     `json:"sender,omitempty"`
	DespitePolicy string     `json:"despitePolicy,omitempty"` // why it was requested despite an exemption
	Undoes        string     `json:"undoes,omitempty"`        // the execution that an undo reverts
	QueuedAt      *time.Time `json:"queuedAt,omitempty"`
	EndedAt       *time.Time `json:"endedAt,omitempty"`
	WaitsFor      string     `json:"waitsFor,omitempty"`
	NotBefore     *time.Time `json:"notBefore,omitempty"`
	FailureClass  string     `json:"failureClass,omitempty"`
	ExecutionID   string     `json:"executionId,omitempty"`
	ExecutionURL  string     `json:"executionUrl,omitempty"`
}

// Request is a person's request or answer that Hubmend did not follow.
type Request struct {
	AskedBy string `json:"askedBy"`
	Sender  string `json:"sender,omitempty"` // who sent the message, unless that confirms AskedBy
	Undoes  string `json:"undoes,omitempty"` // of UNDO_REFUSED: the execution of the repair
}

// Rule is the rule of the policy that decided. It has no name when the catalog asks people.
type Rule struct {
	Name   string `json:"name,omitempty"`
	Reason string `json:"reason,omitempty"`
	Owner  string `json:"owner,omitempty"`
	Ticket string `json:"ticket,omitempty"`
}

// Proposal is a repair that people are asked to approve.
type Proposal struct {
	ID          string    `json:"id"`               // as `hubmend approve` takes it
	Plan        string    `json:"plan,omitempty"`   // what the repair would do
	Digest      string    `json:"digest,omitempty"` // of the plan: the repair refuses to do anything else
	ExpiresAt   time.Time `json:"expiresAt"`
	AskedBy     string    `json:"askedBy,omitempty"`     // who requested the repair; absent when it is automatic
	AskedSender string    `json:"askedSender,omitempty"` // who sent the request, unless that confirms AskedBy
	ApprovedBy  string    `json:"approvedBy,omitempty"`
	RejectedBy  string    `json:"rejectedBy,omitempty"`
	Sender      string    `json:"sender,omitempty"` // who sent the answer, unless that confirms who answered
}

// Breaker is the detail of an event about the automatic repair of a control.
type Breaker struct {
	Version string     `json:"version"`
	ID      string     `json:"id"`
	State   State      `json:"state"`
	Control Control    `json:"control"`
	Account string     `json:"account,omitempty"` // when only the repairs of one account are paused
	Until   *time.Time `json:"until,omitempty"`   // of OPENED
	Failed  []Failure  `json:"failed"`            // the targets that opened it
}

// Failure is a target that could not be repaired.
type Failure struct {
	Key      string    `json:"key"`
	Resource string    `json:"resource"`
	At       time.Time `json:"at"`
}
