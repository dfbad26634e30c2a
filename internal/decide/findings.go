package decide

import (
	"slices"
	"time"

	"hubmend/internal/finding"
	"hubmend/internal/target"
)

// Request is a finding that asks for the repair of a record's target.
type Request struct {
	Ref     Ref
	Control string
	Trigger finding.Trigger
	// AsOf is when the check that failed was made, or when the person asked.
	AsOf       time.Time
	Parameters target.Parameters
}

// OnFindings decides about requests for one target that arrived together.
//
// They are decided in order and share one attempt where one execution repairs them
// all. A request never waits without an attempt in flight that it waits for.
func OnFindings(rec Record, requests []Request, now time.Time, s Settings) Decision {
	d := &findings{Decision: Decision{Record: rec.Clone()}, now: now, settings: s}
	for i, r := range requests {
		d.Log = append(d.Log, d.one(i, r))
	}
	d.settleExhausted(requests)
	if d.claimed {
		a := *d.Record.last()
		d.Announce = []Update{{Findings: a.Findings, Workflow: finding.Notified, Note: startNote(d.Record.Target, a)}}
	}
	return d.Decision
}

type findings struct {
	Decision
	now      time.Time
	settings Settings
	claimed  bool // the last attempt was claimed by this decision and is not stored yet
	// exhausted are the requests, by index, that the guard alone stands against.
	exhausted []int
}

func (d *findings) one(i int, r Request) string {
	a := d.Record.last()
	switch {
	case a != nil && a.inFlight() && d.claimed:
		return d.share(i, r, a)
	case a != nil && a.State == Claimed && !d.Start && d.now.Sub(a.ClaimedAt) >= d.settings.ClaimLease:
		return d.resume(i, r, a)
	case a != nil && a.inFlight():
		return d.join(i, r, a)
	case a != nil && (a.brought(r.Ref) || settledBy(r, a)):
		return d.repeat(r, a)
	case r.Trigger == finding.Automatic && d.spent():
		d.exhausted = append(d.exhausted, i)
		return "suspended"
	default:
		return d.claim(r)
	}
}

// settledBy says whether the attempt answers the request: the check that failed was made,
// or the person asked, before the attempt ended, and so without knowing its result.
func settledBy(r Request, a *Attempt) bool {
	return !r.AsOf.After(a.EndedAt) && a.Parameters.Covers(r.Parameters)
}

// spent says whether automatic repair has used up its attempts.
func (d *findings) spent() bool {
	return d.Record.attemptsSince(d.now.Add(-d.settings.Window)) >= d.settings.MaxAttempts
}

func (d *findings) claim(r Request) string {
	number := 1
	if a := d.Record.last(); a != nil {
		number = a.Number + 1
	}
	d.Record.Attempts = append(d.Record.Attempts, Attempt{
		Number: number, State: Claimed, Control: r.Control, Trigger: r.Trigger,
		Parameters: r.Parameters, Findings: []Ref{r.Ref}, ClaimedAt: d.now,
	})
	if extra := len(d.Record.Attempts) - max(keptAttempts, d.settings.MaxAttempts); extra > 0 {
		d.Record.Attempts = slices.Delete(d.Record.Attempts, 0, extra)
	}
	d.claimed, d.Start, d.Save = true, true, true
	return "start"
}

// share adds a request to the attempt that an earlier request of this decision claimed.
func (d *findings) share(i int, r Request, a *Attempt) string {
	joined, ok := a.Parameters.Join(r.Parameters)
	if !ok {
		return d.wait(i, d.settings.Wait)
	}
	a.Parameters = joined
	addFinding(a, r.Ref)
	return "share"
}

// resume starts an attempt whose claimer died before it could.
func (d *findings) resume(i int, r Request, a *Attempt) string {
	d.Start = true
	a.ClaimedAt = d.now
	d.Save = true
	if a.Parameters.Covers(r.Parameters) {
		addFinding(a, r.Ref)
		d.Announce = []Update{{Findings: a.Findings, Workflow: finding.Notified, Note: startNote(d.Record.Target, *a)}}
		return "resume"
	}
	d.Announce = []Update{{Findings: a.Findings, Workflow: finding.Notified, Note: startNote(d.Record.Target, *a)}}
	return "resume and " + d.wait(i, d.settings.Wait)
}

func (d *findings) join(i int, r Request, a *Attempt) string {
	switch {
	case a.brought(r.Ref) && a.State == Claimed && !d.Start:
		// Its claimer may be about to start it, or may have died: the lease will tell.
		return d.wait(i, d.settings.ClaimLease-d.now.Sub(a.ClaimedAt))
	case a.holds(r.Ref):
		return "already in flight"
	case !a.Parameters.Covers(r.Parameters):
		return d.wait(i, d.settings.Wait)
	}
	addFinding(a, r.Ref)
	d.Updates = append(d.Updates, Update{Findings: []Ref{r.Ref}, Workflow: finding.Notified, Note: startNote(d.Record.Target, *a)})
	d.Save = true
	return "join"
}

// repeat gives a finding the answer of an attempt that is over.
func (d *findings) repeat(r Request, a *Attempt) string {
	d.Updates = append(d.Updates, answer(d.Record.Target, *a, []Ref{r.Ref}))
	return "answer from attempt " + string(a.State)
}

// settleExhausted answers the requests that the guard stopped: they share the attempt that
// a person started in the same moment, or else they are told, and people once.
func (d *findings) settleExhausted(requests []Request) {
	if len(d.exhausted) == 0 {
		return
	}
	if d.claimed {
		for _, i := range d.exhausted {
			d.Log[i] = d.share(i, requests[i], d.Record.last())
		}
		return
	}
	var refs []Ref
	for _, i := range d.exhausted {
		refs = append(refs, requests[i].Ref)
	}
	d.Updates = append(d.Updates, Update{Findings: refs, Workflow: finding.Notified, Note: suspendNote(d.settings)})
	d.Notifications = append(d.Notifications, suspendNotification(d.Record, requests[d.exhausted[0]], refs, d.settings))
}

func (d *findings) wait(i int, after time.Duration) string {
	d.Later = append(d.Later, Later{Request: i, After: max(after, time.Second)})
	return "wait"
}

func addFinding(a *Attempt, r Ref) {
	if !a.holds(r) {
		a.Findings = append(a.Findings, r)
	}
}
