package report

import (
	"cmp"
	"time"

	"hubmend/internal/aws/console"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/outcomes"
)

// Entry is an attempt that ended in the period.
type Entry struct {
	Outcome  outcomes.Outcome `json:"outcome"`
	Control  string           `json:"control"`
	Title    string           `json:"title,omitempty"`
	Account  string           `json:"account"`
	Region   string           `json:"region"`
	Resource string           `json:"resource"`
	Key      string           `json:"key"`    // of the target
	Number   int              `json:"number"` // of the attempt

	// FoundAt is when Hubmend received the finding, before any retries. EndedAt is when the runbook's
	// result was known and the finding updated.
	FoundAt   time.Time `json:"foundAt"`
	StartedAt time.Time `json:"startedAt,omitzero"`
	EndedAt   time.Time `json:"endedAt"`

	Trigger string `json:"trigger"`
	By      string `json:"by,omitempty"`     // who requested it, according to the message
	Sender  string `json:"sender,omitempty"` // the id of the identity that sent the message
	// Proposal is what By approved, and AskedBy the person who had requested it; empty when that was automatic.
	Proposal  string `json:"proposal,omitempty"`
	AskedBy   string `json:"askedBy,omitempty"`
	Despite   string `json:"despite,omitempty"` // why By requested it although the policy exempts it
	Document  string `json:"document"`
	Execution string `json:"execution,omitempty"`
	Console   string `json:"console,omitempty"` // URL of the execution

	// Before and After are as the runbook recorded them, mostly a JSON list of texts. Runbooks of
	// earlier versions recorded no After.
	Before   string `json:"before,omitempty"`
	After    string `json:"after,omitempty"`
	Calls    string `json:"calls,omitempty"` // API calls of the runbook, such as kms:DescribeKey, in the same form
	Change   string `json:"change,omitempty"`
	Verified string `json:"verified,omitempty"` // what the runbook verified
	Class    string `json:"class,omitempty"`
	Reason   string `json:"reason,omitempty"`

	Findings []string `json:"findings,omitempty"`
	// V2IDs are the ids of the findings in the new Security Hub, by their ids.
	V2IDs map[string]string `json:"v2Ids,omitempty"`
	// Undoes is the execution that this attempt was to undo. UndoneAt is when this repair was undone.
	Undoes   string    `json:"undoes,omitempty"`
	UndoneAt time.Time `json:"undoneAt,omitzero"`
}

// Took is the time from receiving the finding to the end.
func (e Entry) Took() time.Duration { return e.EndedAt.Sub(e.FoundAt) }

// RequestedBy is who or what requested the attempt, and the sender of the message if it does not confirm that.
func (e Entry) RequestedBy() string {
	if e.Proposal != "" {
		return cmp.Or(e.AskedBy, string(finding.Automatic))
	}
	return e.person()
}

// ApprovedBy is who approved the attempt, as RequestedBy; empty when nobody was asked.
func (e Entry) ApprovedBy() string {
	if e.Proposal == "" {
		return ""
	}
	return e.person()
}

func (e Entry) person() string { return cmp.Or(e.By, e.Trigger) + finding.SentBy(e.Sender, e.By) }

// entryOf describes an attempt. Global resources are remediated in the home Region.
func entryOf(p ledger.Past, o outcomes.Outcome, foundAt time.Time, home string) Entry {
	a, t := p.Attempt, p.Target
	e := Entry{
		Outcome: o, Control: a.Control, Account: t.Account, Region: t.Region, Resource: t.Resource,
		Key: t.Key(), Number: a.Number,
		FoundAt: foundAt.UTC(), StartedAt: a.ClaimedAt.UTC(), EndedAt: a.EndedAt.UTC(),
		Trigger: string(a.Trigger), By: a.By, Sender: a.Sender, AskedBy: a.AskedBy, Despite: a.Despite,
		Document:  naming.Document(a.Runbook(t)),
		Execution: a.ExecutionID,
		Before:    p.Outcome.Before, After: p.Outcome.After, Calls: p.Outcome.Calls, Change: a.Change,
		Class: string(a.Class), Reason: a.Reason, Undoes: a.Undo, V2IDs: a.V2IDs,
	}
	if a.Proposal > 0 {
		e.Proposal = decide.ProposalID(e.Key, a.Proposal)
	}
	if a.ClaimedAt.IsZero() {
		e.StartedAt = time.Time{}
	}
	if e.Execution != "" {
		region := t.Region
		if region == target.Global {
			region = home
		}
		e.Console = console.Execution(region, e.Execution)
	}
	for _, f := range a.Findings {
		e.Findings = append(e.Findings, f.ID)
	}
	return e
}
