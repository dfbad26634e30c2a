package decide

import (
	"slices"
	"time"

	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
)

// Outcome is how an execution ended.
type Outcome struct {
	ExecutionID string
	StartedAt   time.Time // when the execution began; zero when it cannot be read
	Succeeded   bool      // the runbook's own verification passed
	Change      string    // what the runbook says it did
	Before      string    // what it says was before, as a JSON list of texts; enough to undo
	After       string    // what it says is in its place, as Before
	Planned     string    // the calls that a plan withheld, as a JSON list of {Call, Parameters}; empty for a repair
	Digest      string    // of a plan, for Attempt.Expected; empty for a repair
	Calls       string    // the calls that it made, such as kms:DescribeKey, as Before; empty for a runbook of steps
	Planning    bool      // it ran in planning mode, which changes nothing
	Class       Class     // of a failure
	Reason      string    // why it failed, for people
}

// Class is the kind of failure that an attempt ended with.
type Class = failure.Class

// The classes that decisions and their readers name. Package failure has all of them, and what follows from each.
const (
	Throttling   = failure.Throttling
	Internal     = failure.Internal
	Permission   = failure.Permission
	Verification = failure.Verification
	Refused      = failure.Refused
	TimedOut     = failure.TimedOut
	Cancelled    = failure.Cancelled
)

// OnStarted records the execution of an attempt. Save is not set when the attempt has
// ended already, or is no longer the last.
func OnStarted(rec Record, number int, executionID string) Decision {
	d := Decision{Event: EventStarted, Record: rec.Clone()}
	if a := d.Record.Last(); a.startPending(number) {
		a.run(executionID)
		d.Save = true
	}
	return d
}

// OnStartRefused ends an attempt that could not be started and will not be by trying
// again. Nothing happens when another function started it meanwhile.
func OnStartRefused(rec Record, number int, class Class, reason string, now time.Time, s Settings) Decision {
	if !rec.Last().startPending(number) {
		return Decision{Record: rec, Log: []string{"the attempt is no longer to be started"}}
	}
	return end(EventStartRefused, rec, Outcome{Class: class, Reason: reason}, nil, now, s)
}

// OnStartDeferred queues an attempt again that Systems Manager does not accept now. mayRun says
// that it may have taken it all the same, and only the answer was lost. The attempt is
// given up when that has gone on for too long.
func OnStartDeferred(rec Record, number int, reason string, mayRun bool, now time.Time, s Settings) Decision {
	if a := rec.Last(); !a.startPending(number) || a.State == Queued {
		return Decision{Record: rec, Log: []string{"the attempt is no longer to be started"}}
	}
	d := Decision{Event: EventStartDeferred, Record: rec.Clone(), Save: true, Log: []string{"deferred"}}
	a := d.Record.Last()
	if patience := a.patience(s); now.Sub(a.QueuedAt) >= patience {
		return end(EventStartDeferred, rec, Outcome{Class: TimedOut,
			Reason: "it could not be started for " + Hours(patience) + ": " + reason}, nil, now, s)
	}
	a.Refusals++
	a.requeue(Busy, now.Add(s.backoff(s.StartBackoff, rec.Target.Key(), a.Refusals)), mayRun)
	return d
}

// startPending reports whether what is known about the start of an attempt is still news. A
// queued one may have been requeued because its claimer was slow.
func (a *Attempt) startPending(number int) bool {
	return a != nil && a.Number == number && (a.State == Claimed || a.State == Queued)
}

// OnOutcome ends the attempt that the outcome is of. An outcome that is late, repeated
// or of another execution changes nothing. seen tells how the findings are now; it may lack any.
func OnOutcome(rec Record, o Outcome, seen map[string]Seen, now time.Time, s Settings) Decision {
	a := rec.Last()
	switch {
	case !rec.WaitsFor(o.ExecutionID) || o.Planning:
		return Decision{Record: rec, Log: []string{"no attempt waits for this outcome"}}
	case a.State == Running && a.beganBefore(o):
		o = Outcome{ExecutionID: o.ExecutionID, Class: Internal,
			Reason: "Systems Manager answered the start with execution " + o.ExecutionID +
				", which began before the attempt."}
	case a.State != Running && (o.StartedAt.IsZero() || a.beganBefore(o)):
		return Decision{Record: rec, Log: []string{"the execution did not begin after the attempt was queued"}}
	}
	event := EventFailed
	if o.Succeeded {
		event = EventSucceeded
	}
	return end(event, rec, o, seen, now, s)
}

// clockTolerance is how far the clocks of Systems Manager and of a function may differ.
const clockTolerance = 30 * time.Second

// beganBefore reports whether an outcome is of an execution that began before the attempt was asked
// for, and so of an earlier attempt that the record no longer has.
func (a Attempt) beganBefore(o Outcome) bool {
	return !o.StartedAt.IsZero() && o.StartedAt.Before(a.QueuedAt.Add(-clockTolerance))
}

// WaitsFor reports whether the last attempt may be that of an execution. One that was claimed
// does not know its execution yet: it may be any that is not of an attempt before.
func (r Record) WaitsFor(executionID string) bool {
	a := r.Last()
	switch {
	case a == nil || a.ended() || a.notBegun():
		return false
	case a.State == Running:
		return a.ExecutionID == executionID
	}
	return !slices.ContainsFunc(r.Attempts, func(x Attempt) bool { return x.ExecutionID == executionID })
}

func end(e Event, rec Record, o Outcome, seen map[string]Seen, now time.Time, s Settings) Decision {
	d := Decision{Event: e, Record: rec.Clone()}
	d.end(o, seen, now, s)
	return d
}

// end ends the last attempt of the decision's record.
func (d *Decision) end(o Outcome, seen map[string]Seen, now time.Time, s Settings) {
	d.Save = true
	o.Reason = Brief(o.Reason, historyLimit)
	a := d.Record.Last()
	asks := a.asks()
	a.end(o, now)
	fate := failure.FateOf(o.Class)
	// An attempt that never ran is no evidence about the runbook.
	d.Ended = &Ended{Attempt: *a, Outcome: o, Counts: o.ExecutionID != "" && (o.Succeeded || fate.Breaker)}
	d.Log = append(d.Log, string(a.State))
	refs := findingsToAnswer(*a, seen)
	switch {
	case a.Undo != "":
		d.endUndo(*a, refs, now)
	case o.Succeeded:
		d.Record.Unconfirmed = addRefs(d.Record.Unconfirmed, refs)
		d.answer(answer(d.Record.Target, *a, refs))
		d.Metrics = []Metric{MetricRepaired}
		if a.Compliant() {
			d.Metrics = []Metric{MetricCompliant}
		}
	case o.Class == failure.Changed && a.Expected != "":
		d.proposeAgain(asks, refs, now)
	case fate.Retry == failure.Again && len(refs) > 0 && d.Record.attemptsSince(now.Add(-s.Window)) < s.MaxAttempts:
		queueRetry(d, *a, asks, refs, now, s)
	default:
		d.answer(answer(d.Record.Target, *a, refs))
		if fate.Told == failure.EachFailure {
			d.Notifications = []Notification{{Kind: NotRepaired, Record: d.Record, Attempt: *a, Findings: a.Findings}}
		}
		if fate.Told != failure.Nobody {
			d.Metrics = []Metric{MetricFailed}
		}
	}
}

// findingsToAnswer are the findings that get the outcome of an attempt. Findings that a person suppressed never do,
// and a failure is not reported to findings that have nothing left to repair.
func findingsToAnswer(a Attempt, seen map[string]Seen) []Ref {
	var refs []Ref
	for _, r := range a.Findings {
		now, ok := seen[r.ID]
		if !ok || now.needsRepair(finding.CustomAction) || (a.State == Succeeded || a.Undo != "") &&
			!now.suppressed() {
			refs = append(refs, r)
		}
	}
	return refs
}

// queueRetry queues the next attempt for findings after a transient failure.
func queueRetry(d *Decision, failed Attempt, asks []Request, refs []Ref, now time.Time, s Settings) {
	failures := 0
	for _, a := range d.Record.Attempts {
		if a.Undo != "" {
			continue
		}
		failures++
		if failure.FateOf(a.Class).Retry != failure.Again {
			failures = 0
		}
	}
	d.Log = append(d.Log, "retry")
	next := Attempt{
		Control: failed.Control, Trigger: failed.Trigger, By: failed.By, Sender: failed.Sender,
		Parameters: failed.Parameters, Findings: refs, EvidenceLag: failed.EvidenceLag,
		Expected: failed.Expected, Proposal: failed.Proposal,
		AskedBy: failed.AskedBy, ApprovedBy: failed.ApprovedBy, Despite: failed.Despite,
		ConfigRules: failed.ConfigRules, V2IDs: failed.V2IDs,
		Cause: Retry, QueuedAt: now, NotBefore: now.Add(s.backoff(s.RetryBackoff, d.Record.Target.Key(), failures)),
	}
	for _, r := range asks {
		if slices.ContainsFunc(refs, func(x Ref) bool { return x.ID == r.Ref.ID }) {
			next.keepAsk(r)
		}
	}
	d.Record.queue(next)
	d.answer(notify(refs, retryNote(failed, next)))
}

// answer adds an update that is for anybody.
func (d *Decision) answer(u Update) {
	if len(u.Findings) > 0 {
		d.Updates = append(d.Updates, u)
	}
}

// addRefs adds findings that are not among them, by id, and takes the newer event of the others.
func addRefs(refs, more []Ref) []Ref {
	for _, r := range more {
		if i := slices.IndexFunc(refs, func(x Ref) bool { return x.ID == r.ID }); i >= 0 {
			refs[i] = r
			continue
		}
		refs = append(refs, r)
	}
	return refs
}
