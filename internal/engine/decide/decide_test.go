package decide_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// The tests share one target, one moment and a few findings.
var (
	noon     = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	settings = instantly(decide.Defaults)
	group    = target.Target{Account: "222222222222", Region: "eu-west-1", Runbook: "ClosePorts",
		Resource: "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-1"}
)

// instantly has checks know of every change, and updates show, in the moment that they are made.
func instantly(s decide.Settings) decide.Settings {
	s.EvidenceLag, s.UpdateLag = 0, 0
	return s
}

func ref(id, event string) decide.Ref {
	return decide.Ref{ID: id, Event: event}
}

func ports(values ...string) target.Parameters {
	return target.Parameters{"GroupId": {Values: []string{"sg-1"}}, "Ports": {Values: values, List: true}}
}

// ask is an automatic request about a finding whose check was made a minute before noon.
func ask(id, event string, edits ...func(*decide.Request)) decide.Request {
	r := decide.Request{Ref: ref(id, event), Control: "X.22", Trigger: finding.Automatic, AsOf: noon.Add(-time.Minute),
		Parameters: ports("22")}
	for _, edit := range edits {
		edit(&r)
	}
	return r
}

// byHand makes it one of a person who asks now.
func byHand(r *decide.Request) { r.Trigger, r.AsOf = finding.CustomAction, noon }

func forPorts(values ...string) func(*decide.Request) {
	return func(r *decide.Request) { r.Parameters = ports(values...) }
}

func asOf(at time.Time) func(*decide.Request) {
	return func(r *decide.Request) { r.AsOf = at }
}

func sentAt(at time.Time) func(*decide.Request) { return func(r *decide.Request) { r.At = at } }

// attempt is one of finding f1, claimed five minutes before noon.
func attempt(number int, state decide.State, edits ...func(*decide.Attempt)) decide.Attempt {
	a := decide.Attempt{
		Number: number, State: state, Control: "X.22", Trigger: finding.Automatic, Parameters: ports("22"),
		Findings: []decide.Ref{ref("f1", "e1")}, QueuedAt: noon.Add(-5 * time.Minute),
	}
	if state == decide.Queued {
		a.NotBefore = a.QueuedAt
	} else {
		a.ClaimedAt = a.QueuedAt
	}
	if state != decide.Claimed && state != decide.Queued {
		a.ExecutionID = "exec-" + string(rune('0'+number))
	}
	if state == decide.Succeeded || state == decide.Failed {
		a.EndedAt = noon.Add(-30 * time.Second)
	}
	for _, edit := range edits {
		edit(&a)
	}
	return a
}

func claimed(at time.Time) func(*decide.Attempt) {
	return func(a *decide.Attempt) { a.ClaimedAt = at }
}

func class(c decide.Class) func(*decide.Attempt) { return func(a *decide.Attempt) { a.Class = c } }

func ended(at time.Time) func(*decide.Attempt) { return func(a *decide.Attempt) { a.EndedAt = at } }

func record(attempts ...decide.Attempt) decide.Record {
	return decide.Record{Target: group, Version: len(attempts), Attempts: attempts}
}

// last returns the latest attempt of a decision.
func last(t *testing.T, d decide.Decision) decide.Attempt {
	t.Helper()
	if len(d.Record.Attempts) == 0 {
		t.Fatal("the record has no attempt")
	}
	return d.Record.Attempts[len(d.Record.Attempts)-1]
}

// told lists the ids of findings with the status that they are set to, in order.
func told(updates []decide.Update) []string {
	var all []string
	for _, u := range updates {
		for _, r := range u.Findings {
			all = append(all, r.ID+" "+u.Workflow)
		}
	}
	return all
}

// unchanged runs a decision and fails when it wrote to the record that it was given: the
// caller decides again with the same record when a save conflicts.
func unchanged(t *testing.T, rec decide.Record, choose func(decide.Record) decide.Decision) decide.Decision {
	t.Helper()
	given := deepCopy(rec)
	// Room behind the slices lets an append through the clone write into the original.
	for i := range given.Attempts {
		given.Attempts[i].Findings = slices.Grow(given.Attempts[i].Findings, 8)
	}
	given.Attempts = slices.Grow(given.Attempts, 8)
	d := choose(given)
	if diff := cmp.Diff(rec, given, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the input record was changed (-before +after):\n%s", diff)
	}
	again := choose(given)
	if diff := cmp.Diff(d, again); diff != "" {
		t.Errorf("the same input gave another decision:\n%s", diff)
	}
	return d
}

func deepCopy(rec decide.Record) decide.Record {
	rec.Attempts = slices.Clone(rec.Attempts)
	for i, a := range rec.Attempts {
		rec.Attempts[i].Findings = slices.Clone(a.Findings)
		rec.Attempts[i].Parameters = maps.Clone(a.Parameters)
	}
	return rec
}

// open lets everything start at noon.
var open = decide.Gate{Slot: noon}

func onFindings(t *testing.T, rec decide.Record, requests ...decide.Request) decide.Decision {
	t.Helper()
	return through(t, open, nil, rec, requests...)
}

// through decides behind a gate.
func through(t *testing.T, gate decide.Gate, seen map[string]decide.Seen, rec decide.Record,
	requests ...decide.Request) decide.Decision {
	t.Helper()
	d := unchanged(t, rec, func(rec decide.Record) decide.Decision {
		return decide.OnFindings(rec, requests, seen, gate, noon, settings)
	})
	if d.NeedsSlot {
		if diff := cmp.Diff(decide.Decision{NeedsSlot: true}, d); diff != "" {
			t.Errorf("it needs a slot, and more:\n%s", diff)
		}
		return d
	}
	if d.NeedsProbe {
		return d
	}
	if len(d.Log) != len(requests) {
		t.Errorf("Log has %d lines for %d requests", len(d.Log), len(requests))
	}
	checkDecision(t, d)
	return d
}

// follows reports whether an attempt may come after the one before it. Undos between them may have been dropped, and
// any attempt after a repair that is kept because it succeeded.
func follows(all []decide.Attempt, i int) bool {
	before := all[i-1]
	undos := slices.ContainsFunc(all, func(a decide.Attempt) bool { return a.Undo != "" })
	return all[i].Number == before.Number+1 || all[i].Number > before.Number &&
		(undos || before.State == decide.Succeeded)
}

// checkDecision demands what holds for every decision.
func checkDecision(t *testing.T, d decide.Decision) {
	t.Helper()
	if d.Start && !d.Save {
		t.Error("an attempt is started that is not saved first")
	}
	if d.Start && len(d.Announce) == 0 && len(d.Record.Last().Findings) > 0 && d.Record.Last().Undo == "" {
		t.Error("an attempt is started that nobody announces")
	}
	waiting, inFlight := 0, 0
	for i, a := range d.Record.Attempts {
		if a.InFlight() {
			inFlight++
		}
		if a.State == decide.Queued {
			waiting++
		}
		if i > 0 && !follows(d.Record.Attempts, i) {
			t.Errorf("attempt %d follows %d", a.Number, d.Record.Attempts[i-1].Number)
		}
	}
	if inFlight+waiting > 1 {
		t.Errorf("%d attempts are in flight and %d wait", inFlight, waiting)
	}
	// An undo that gets too old ends in the decision that finds requests waiting for it.
	if len(d.Later) > 0 && inFlight+waiting == 0 && d.Ended == nil {
		t.Error("a request waits for nothing")
	}
	for _, l := range d.Later {
		if l.After < time.Second {
			t.Errorf("request %d waits %s", l.Request, l.After)
		}
	}
	for _, u := range slices.Concat(d.Updates, d.Announce) {
		checkNote(t, u.Note)
		if len(u.Findings) == 0 {
			t.Errorf("the update %q is for no finding", u.Note)
		}
	}
	for _, n := range d.Notifications {
		checkSubject(t, n.Subject())
	}
}
