package report

import (
	"cmp"
	"time"

	"hubmend/internal/aws/console"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
)

// Outcome is how an attempt ended.
type Outcome string

// The outcomes.
const (
	Repaired  Outcome = "repaired"
	Failed    Outcome = "failed"
	Refused   Outcome = "left alone"  // its runbook cannot repair it and changed nothing, or it was deleted before
	Undone    Outcome = "undone"      // the attempt took a repair back
	NotUndone Outcome = "undo failed" // the attempt was to
)

// outcomes has them in the order in which they are shown.
var outcomes = []Outcome{Repaired, Failed, Refused, Undone, NotUndone}

func outcomeOf(a decide.Attempt) Outcome {
	switch succeeded := a.State == decide.Succeeded; {
	case a.Undo != "" && succeeded:
		return Undone
	case a.Undo != "":
		return NotUndone
	case succeeded:
		return Repaired
	case a.Class == decide.Refused || a.Class == failure.Gone:
		return Refused
	}
	return Failed
}

// Entry is an attempt that ended in the period.
type Entry struct {
	Outcome  Outcome `json:"outcome"`
	Control  string  `json:"control"`
	Title    string  `json:"title,omitempty"`
	Account  string  `json:"account"`
	Region   string  `json:"region"`
	Resource string  `json:"resource"`
	Key      string  `json:"key"`    // of the target
	Number   int     `json:"number"` // of the attempt

	// FoundAt is when Hubmend took the finding up, before attempts that were repeated because a
	// service was busy; EndedAt when the runbook's result was known and the finding answered.
	FoundAt   time.Time `json:"foundAt"`
	StartedAt time.Time `json:"startedAt,omitzero"`
	EndedAt   time.Time `json:"endedAt"`

	Trigger   string `json:"trigger"`
	By        string `json:"by,omitempty"`     // who asked, as the message says
	Sender    string `json:"sender,omitempty"` // the id of who sent the message
	Document  string `json:"document"`
	Execution string `json:"execution,omitempty"`
	Console   string `json:"console,omitempty"` // the address of the execution

	// Before and After are as the runbook kept them: mostly a JSON list of texts. What lacks
	// After was repaired by a runbook of an earlier version.
	Before   string `json:"before,omitempty"`
	After    string `json:"after,omitempty"`
	Calls    string `json:"calls,omitempty"` // that the runbook made, such as kms:DescribeKey, in the same form
	Change   string `json:"change,omitempty"`
	Verified string `json:"verified,omitempty"` // what is true since then
	Class    string `json:"class,omitempty"`
	Reason   string `json:"reason,omitempty"`

	Findings []string `json:"findings,omitempty"`
	// Undoes is the execution that this attempt was to take back. TakenBackAt is when this repair
	// was taken back.
	Undoes      string    `json:"undoes,omitempty"`
	TakenBackAt time.Time `json:"takenBackAt,omitzero"`
}

// Took is how long it took from the finding to the end.
func (e Entry) Took() time.Duration { return e.EndedAt.Sub(e.FoundAt) }

// Asker is who asked, or what did, and who sent the message when that is in doubt.
func (e Entry) Asker() string { return cmp.Or(e.By, e.Trigger) + finding.SentBy(e.Sender, e.By) }

// entryOf writes an attempt for people. home is where what is global is repaired.
func entryOf(p ledger.Past, foundAt time.Time, home string) Entry {
	a, t := p.Attempt, p.Target
	e := Entry{
		Outcome: outcomeOf(a), Control: a.Control, Account: t.Account, Region: t.Region, Resource: t.Resource,
		Key: t.Key(), Number: a.Number,
		FoundAt: foundAt.UTC(), StartedAt: a.ClaimedAt.UTC(), EndedAt: a.EndedAt.UTC(),
		Trigger: string(a.Trigger), By: a.By, Sender: a.Sender, Document: naming.Document(a.Runbook(t)),
		Execution: a.ExecutionID,
		Before:    p.Outcome.Before, After: p.Outcome.After, Calls: p.Outcome.Calls, Change: a.Change,
		Class: string(a.Class), Reason: a.Reason, Undoes: a.Undo,
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
