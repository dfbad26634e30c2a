package decide

import (
	"maps"
	"time"

	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
)

// Gate is what stands between a request and the start of a runbook.
type Gate struct {
	// Paused is set while the administrator's switch stops every start.
	Paused bool
	// Breakers are those of controls, by id, and Accounts those in which something is missing. A control or account
	// without an entry holds nothing.
	Breakers map[string]Breaker
	Accounts map[string]Account
	// Slot is the moment that is reserved for a start; zero when none is.
	Slot time.Time
	// Nonce is a random text that no other decision gets. The client token of an attempt is made
	// of the one that its first claim was decided with.
	Nonce string
	// Policy is the one in force.
	Policy InForce
	// Budget is what was asked of the budgets for this decision.
	Budget Budget
}

// startOrHold claims the last attempt, which is queued, if it may start now. Otherwise it stays
// queued, and knows why and until when.
func (d *decider) startOrHold() {
	a := d.Record.Last()
	if !d.dropRepaired(a) || !d.keepsToPolicy(a) {
		return
	}
	obstacle := d.obstacle(a)
	switch {
	case d.gate.Paused && a.dropsWhenPaused():
		d.end(Outcome{Class: Refused, Reason: pausedReason}, d.seen, d.now, d.settings)
	case a.notBegun() && a.Undo != "" && d.now.Sub(a.QueuedAt) >= undoPatience:
		d.end(Outcome{Class: TimedOut,
			Reason: "it was not started within " + Hours(undoPatience) + ". Request it again."}, d.seen,
			d.now, d.settings)
	case d.gate.Paused:
		d.hold(a, Paused, d.now)
	case obstacle.cause == Unready && (a.waitedForReady(d.now, d.settings) || a.Undo != "" && a.notBegun()):
		d.end(Outcome{Class: failure.NotReady, Reason: obstacle.reason}, d.seen, d.now, d.settings)
	case obstacle.cause != "":
		d.reason = obstacle.reason
		d.hold(a, obstacle.cause, obstacle.until)
	case d.needsBudget(a):
	case obstacle.probe:
		d.NeedsProbe = true
	case a.WaitsAs() == PhasePaced && d.now.Sub(a.NotBefore) < slotLife:
		d.claim(a, later(d.now, a.NotBefore))
	case d.gate.Slot.IsZero():
		d.NeedsSlot = true
	case d.gate.Slot.Sub(d.now) > d.settings.ShortWait:
		d.hold(a, Paced, d.gate.Slot)
	default:
		d.claim(a, d.gate.Slot)
	}
}

// slotLife is how late a start may come and still use its slot. Later than this, its
// second may be reserved for another attempt.
const slotLife = 2 * time.Second

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (d *decider) claim(a *Attempt, at time.Time) {
	a.claim(d.now, d.gate.Nonce)
	if a.Undo == "" {
		d.Record.SuspendedAt, d.Record.HeldAt, d.Record.HeldBy, d.Record.HeldSender = time.Time{}, time.Time{}, "", ""
	}
	d.Record.trim(d.settings)
	d.Start, d.StartAt, d.Save = true, at, true
	a = d.Record.Last()
	missing := d.gate.Accounts[d.Record.Target.Account].firstMissing(d.Record.Target, *a)
	switch {
	case a.Undo != "":
	case missing != nil && a.toldNotReady(): // it is only a try, and most of its findings have the note
		d.announce(d.asked, notReadyNote(missing.Reason))
	default:
		d.announce(a.Findings, startNote(d.Record.Target, *a))
	}
}

// hold keeps an attempt queued.
func (d *decider) hold(a *Attempt, cause Cause, until time.Time) {
	was := a.WaitsAs()
	if was == phaseOfCause[cause] && (cause == Paused || a.NotBefore.Equal(until)) {
		return
	}
	d.held = was != phaseOfCause[cause]
	if cause == Unready {
		// A slot or a lost answer in between is no news.
		d.held = d.held && !(a.toldNotReady() && was.in(PhasePaced, PhaseDeferred))
		if !a.toldNotReady() {
			a.UnreadySince = d.now
		}
	}
	a.waitFor(cause, until)
	d.Save = true
}

// explainWait notes on findings why nothing happens, if that takes longer than a person would
// wait. Findings that are only pending for their slot get no note, because there may be thousands
// of them and Security Hub accepts ten updates per second.
func (d *decider) explainWait() {
	a := d.Record.Last()
	if a == nil || a.State != Queued || a.Undo != "" || a.WaitsAs().in(PhasePaced, PhaseDeferred) {
		return
	}
	if d.held {
		d.announce(a.Findings, d.holdNote(*a))
	} else {
		d.announce(d.asked, d.holdNote(*a))
	}
}

// holdNote returns why an attempt waits.
func (d *decider) holdNote(a Attempt) string {
	if a.WaitsAs() == PhaseNotReady {
		return notReadyNote(d.reason)
	}
	return holdNote(a)
}

// Probe returns the gate with the probes taken that what is to be started for a record asks for. A planning execution
// shows nothing about the breaker.
func (g Gate) Probe(rec Record, now time.Time, s Settings) Probes {
	a, account := rec.Starting(), rec.Target.Account
	p := Probes{Breaker: g.Breakers[a.Control], Account: g.Accounts[account]}
	p.Account, p.TookAccount = p.Account.takeProbe(rec.Target, a, now, s)
	if !a.Trigger.ByPerson() && a.Number > 0 {
		p.Breaker, p.TookBreaker = p.Breaker.takeProbe(rec.Target.Key(), account, now, s)
	}
	return p
}

// Probes are a breaker and an account, and whether a probe of them was taken.
type Probes struct {
	Breaker                  Breaker
	Account                  Account
	TookBreaker, TookAccount bool
}

// With returns the gate with another breaker and account.
func (g Gate) With(b Breaker, a Account) Gate {
	breakers, accounts := map[string]Breaker{}, map[string]Account{}
	maps.Copy(breakers, g.Breakers)
	maps.Copy(accounts, g.Accounts)
	breakers[b.Control], accounts[a.ID] = b, a
	g.Breakers, g.Accounts = breakers, accounts
	return g
}

// dropRepaired drops findings that need no repair any longer, as far as anybody looked, and the
// attempt with the last of them. It reports whether the attempt goes on, which one that may run
// already does: to start it again is the way to find out. An undo is not about what findings say.
func (d *decider) dropRepaired(a *Attempt) bool {
	if a.Undo != "" {
		return true
	}
	var left []Ref
	for _, r := range a.Findings {
		if now, ok := d.seen[r.ID]; !ok || now.needsRepair(a.Trigger) {
			left = append(left, r)
		}
	}
	if len(left) == len(a.Findings) {
		return true
	}
	d.Save = true
	a.Findings = left
	if len(left) > 0 || !a.notBegun() {
		return true
	}
	d.Record.Attempts = d.Record.Attempts[:len(d.Record.Attempts)-1]
	d.Log = append(d.Log, "no longer needed")
	return false
}

// Seen is how Security Hub has a finding now; zero when it has none of that id any longer.
type Seen struct {
	Workflow, Compliance, RecordState string
	ObservedAt                        time.Time // of the check that gave Compliance
	Since                             time.Time // of the first check that gave it, with no other between; may be zero
	Note                              string    // of Hubmend itself; empty when the note is of somebody else
	V2                                finding.V2
}

// needsRepair reports whether a finding still needs a repair. A WARNING counts for a person's request.
func (s Seen) needsRepair(t finding.Trigger) bool {
	fails := s.Compliance == finding.Failed || s.Compliance == finding.Warning && t.ByPerson()
	return !s.suppressed() && s.RecordState == finding.Active && fails
}

// suppressed reports whether a person has suppressed the finding, in either Security Hub.
func (s Seen) suppressed() bool {
	return s.Workflow == finding.Suppressed || s.V2.Status == finding.Suppressed
}
