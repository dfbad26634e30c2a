package decide

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"hubmend/internal/engine/failure"
)

// CommonCause is what notifications have in common that one thing may have caused in many accounts.
type CommonCause struct {
	Kind    Kind
	Control string        // empty of AccountNotReady
	Class   failure.Class // of NotRepaired
	Scope   failure.Scope // of AccountNotReady
	Rule    string        // of the policy, of those that are about it
	Owner   string        // whom the rule named when the digest began; no part of the key
}

// Key names the cause in the ledger.
func (c CommonCause) Key() string {
	parts := []string{string(c.Kind), c.Control, string(c.Class) + string(c.Scope)}
	if c.Rule != "" {
		parts = append(parts, c.Rule)
	}
	return strings.Join(parts, "/")
}

// CommonCause returns the cause of a notification, and false for one that always has a message of its own: a person
// waits for the end of an undo, and the breaker of a control sums up already.
func (n Notification) CommonCause() (CommonCause, bool) {
	switch n.Kind {
	case NotRepaired:
		return CommonCause{Kind: n.Kind, Control: n.Attempt.Control, Class: n.Attempt.Class}, true
	case Exhausted, Contradicted, NotConfirmed:
		return CommonCause{Kind: n.Kind, Control: n.Attempt.Control}, true
	case AccountNotReady:
		return CommonCause{Kind: n.Kind, Scope: n.Scope}, true
	case RepairDelayed, RepairProposed, ExemptionEnds:
		return CommonCause{Kind: n.Kind, Control: n.Attempt.Control, Rule: n.Parked.Rule,
			Owner: n.Parked.Owner}, true
	case BudgetSpent:
		return CommonCause{Kind: n.Kind, Control: n.Attempt.Control}, true
	case PolicyUnreadable:
		return CommonCause{Kind: n.Kind}, true
	}
	return CommonCause{}, false
}

// Digest is the state of the messages with one cause. The first message is sent at once and opens a window. Further
// ones are collected until the window ends, and are sent in one message then. If there were any, another window
// follows automatically.
type Digest struct {
	Cause   CommonCause
	Version int
	Window  int       // the number of the window that is open, or was last
	Opener  string    // the Collected.ID of what opened it and has a message of its own
	Until   time.Time // when the window ends; zero when none is open
	// Ended is a window whose digest is still to go out; 0 when there is none. TakenAt is when a sweep began to.
	Ended   int
	TakenAt time.Time
	Unknown Unknown `dynamodbav:"-" json:"-"`
}

// Collected is a notification as a digest tells it.
type Collected struct {
	ID                                          string // of the same thing, however often it is decided
	Key, Account, AccountName, Region, Resource string // of the target
	At                                          time.Time
	Reason                                      string
}

// digestSubject counts what is in the digest, and in how many accounts.
func (n Notification) digestSubject() string {
	c, accounts := n.Common, Accounts(n.Collected)
	if c.Kind == AccountNotReady {
		return ascii("Hubmend: " + Counted(accounts, "more account") + " not ready for repairs (" + string(c.Scope) +
			")")
	}
	subject := fmt.Sprintf("Hubmend: %s %s in %s", Counted(len(n.Collected), "more repair"), c.Kind,
		Counted(accounts, "account"))
	if c.Control != "" {
		subject += ": " + c.Control
	}
	if c.Class != "" {
		subject += " (" + string(c.Class) + ")"
	}
	return ascii(subject)
}

// Accounts counts the accounts in a digest.
func Accounts(all []Collected) int {
	accounts := map[string]bool{}
	for _, c := range all {
		accounts[c.Account] = true
	}
	return len(accounts)
}

// Counted writes a number of things: 1 account, 2 accounts.
func Counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}

// collectedLimit limits a reason in a digest, which has many.
const collectedLimit = 300

// Collect returns what a digest tells of a notification.
func (n Notification) Collect(now time.Time) Collected {
	t := n.Record.Target
	return Collected{
		ID: n.id(), Key: t.Key(), Account: t.Account, AccountName: n.Record.AccountName, Region: t.Region,
		Resource: t.Resource,
		At:       now, Reason: Brief(n.collectedReason(), collectedLimit),
	}
}

// collectedReason is what a digest says of one thing: why it failed or, of a proposal, how to answer it.
func (n Notification) collectedReason() string {
	if id := n.Record.ProposalID(); n.Kind == RepairProposed && id != "" {
		return fmt.Sprintf("hubmend approve %s. %s", id, cmp.Or(n.Attempt.Change, n.Attempt.Reason))
	}
	return n.Attempt.Reason
}

// id distinguishes notifications. An attempt of a record that was deleted has the number of another, and each finding
// of a repair may contradict it.
func (n Notification) id() string {
	t := n.Record.Target
	attempt := fmt.Sprintf("%s#%d#%d", t.Key(), n.Attempt.Number, n.Attempt.QueuedAt.Unix())
	switch n.Kind {
	case AccountNotReady:
		return t.Account
	case RepairProposed:
		return fmt.Sprintf("%s#proposal%d", t.Key(), n.Record.Proposal.Round)
	case Contradicted, NotConfirmed, RepairDelayed, ExemptionEnds, PolicyUnreadable:
		findings := fnv.New64a()
		for _, r := range n.Findings {
			findings.Write([]byte(r.ID)) // never fails
		}
		return fmt.Sprintf("%s#%x", attempt, findings.Sum64())
	}
	return attempt
}

// Delivery is how a notification reaches people.
type Delivery string

// The ways.
const (
	Opens    Delivery = "opens a window" // save the digest, then send a message of its own
	Alone    Delivery = "alone"          // send a message of its own, again: the first may be lost
	Collects Delivery = "in the digest"  // collect it for the window
)

// OnNotification returns how a notification with an id reaches people, and gives the digest to save when it
// opens a window.
func (d Digest) OnNotification(id string, now time.Time, s Settings) (Delivery, Digest) {
	switch {
	case d.Until.IsZero():
		d.Window++
		d.Opener, d.Until = id, now.Add(s.DigestEvery)
		return Opens, d
	case d.Opener == id:
		return Alone, d
	}
	return Collects, d
}

// Has reports whether what was collected for a window before is in the window's digest for sure.
func (d Digest) Has(window int) bool { return d.Window == window && !d.Until.IsZero() }

// digestLease is how long a sweep may take to send a digest that it has taken: the next one comes then.
const digestLease = SweepEvery

// OnSweep ends a window that is over, or takes a digest that another sweep did not finish. It returns false when there
// is nothing to do. Otherwise save the digest, send what was collected for Ended, and call OnSent.
func (d Digest) OnSweep(now time.Time) (Digest, bool) {
	switch {
	case d.Ended != 0 && now.Sub(d.TakenAt) < digestLease:
		return d, false
	case d.Ended != 0:
	case !d.Until.IsZero() && !now.Before(d.Until):
		// The window ends before anybody reads what was collected, so that nothing is collected after that.
		d.Ended, d.Until, d.Opener = d.Window, time.Time{}, ""
	default:
		return d, false
	}
	d.TakenAt = now
	return d, true
}

// OnSent notes that the digest of a window was sent, with so many notifications. It returns false if another function
// has noted it.
func (d Digest) OnSent(window, collected int, now time.Time, s Settings) (Digest, bool) {
	if d.Ended != window {
		return d, false
	}
	d.Ended, d.TakenAt = 0, time.Time{}
	if collected > 0 && d.Until.IsZero() {
		d.Window++
		d.Until = now.Add(s.DigestEvery)
	}
	return d, true
}

// Due is when the sweep has something to do about the digest; zero when it has nothing.
func (d Digest) Due() time.Time {
	if d.Ended != 0 {
		return d.TakenAt.Add(digestLease)
	}
	return d.Until
}
