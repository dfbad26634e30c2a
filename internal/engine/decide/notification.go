package decide

import (
	"fmt"
	"strings"

	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/target"
)

// Notification is what people should know about, in facts. Package notify has the words of its body.
type Notification struct {
	Kind Kind
	// Record is the target's, as it is after the decision; empty of ControlPaused.
	Record Record
	// Attempt is the one that it is about; of Exhausted, the latest, with the control that asks now.
	Attempt  Attempt
	Findings []Ref
	Breaker  Breaker       // of ControlPaused only
	Account  string        // of ControlPaused, when only the repairs of one account are paused
	Scope    failure.Scope // of AccountNotReady: what is not ready
	Parked   Parked        // of those that are about the policy
	// Common is what the notifications in Collected have in common; of Digested only.
	Common    CommonCause
	Collected []Collected
}

// Kind is what happened that people should know about, in the words of a subject.
type Kind string

// The kinds of notifications.
const (
	NotRepaired   Kind = "failed"        // a repair failed, for good
	NotUndone     Kind = "not undone"    // an undo failed
	Exhausted     Kind = "suspended"     // the loop guard blocks automatic repair
	Contradicted  Kind = "contradicted"  // a check that was made after a repair failed
	NotConfirmed  Kind = "not confirmed" // no check was made after a repair
	ControlPaused Kind = "paused"        // the breaker of a control has opened
	// AccountNotReady: starts fail in an account because something is not set up yet
	AccountNotReady  Kind = "not ready"
	RepairDelayed    Kind = "delayed"           // the policy delays a repair
	RepairProposed   Kind = "approval needed"   // the policy asks a person
	ExemptionEnds    Kind = "exemption ends"    // within two weeks
	BudgetSpent      Kind = "over budget"       // a budget of the policy is used up
	PolicyUnreadable Kind = "policy unreadable" // nothing starts automatically
	Digested         Kind = "digest"            // what has the same cause as an earlier message
)

const (
	subjectLimit = 99 // SNS takes fewer than 100 characters
	shortName    = 20 // characters that are left of a resource's name at least
)

// Subject is a line of printable ASCII that SNS takes. A resource's name leaves room for the account,
// whose own name is there if it fits.
func (n Notification) Subject() string {
	switch {
	case n.Kind == ControlPaused && n.Account != "":
		return ascii(fmt.Sprintf("Hubmend: automatic repair of %s in %s is paused until %s", n.Breaker.Control,
			n.Account, Clock(n.Breaker.OpenUntil)))
	case n.Kind == ControlPaused:
		return ascii(fmt.Sprintf("Hubmend: automatic repair of %s is paused until %s", n.Breaker.Control,
			Clock(n.Breaker.OpenUntil)))
	case n.Kind == Digested:
		return n.digestSubject()
	case n.Kind == AccountNotReady:
		return ascii("Hubmend: account not ready for repairs: " + n.Record.Target.Account + accountSuffix(n.Record))
	}
	t := n.Record.Target
	what, where := fmt.Sprintf("Hubmend: repair %s: %s ", n.Kind, n.Attempt.Control), t.Account
	if name := lastName(t); name != t.Account { // the account itself may be what is repaired
		where = " in " + where
		where = Clip(name, max(shortName, subjectLimit-len(what)-len(where))) + where
	}
	subject := what + where
	if named := subject + " (" + n.Record.AccountName + ")"; n.Record.AccountName != "" && len(named) <= subjectLimit {
		subject = named
	}
	return ascii(subject)
}

// accountSuffix is the name of an account in brackets, if it is known.
func accountSuffix(rec Record) string {
	if rec.AccountName == "" {
		return ""
	}
	return " (" + rec.AccountName + ")"
}

// lastName is the name of a resource, behind which the ARN of a log group has a *.
func lastName(t target.Target) string {
	return target.Name(strings.TrimRight(t.Resource, "/:*"))
}

// ascii keeps a subject to what SNS allows.
func ascii(text string) string {
	return Clip(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text), subjectLimit)
}
