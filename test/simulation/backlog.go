package simulation

import (
	"context"
	"fmt"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// Backlog is how the sweep does with many open records.
type Backlog struct {
	Records, Places int
	Took            time.Duration // one sweep
	Woken, Looked   int           // follow-ups that it sent
	Checked         int           // records of which it compared the findings
	Left            int           // records that are still to be checked
	Refused         map[string]int
	Violations      []string
}

// Sweep simulates one sweep of open records, one after the other in accounts and Regions: a third is pending for a
// message that was lost, a third runs for too long, and a third is repaired and unconfirmed. With allDue the sweep
// checks all of these, as after a day without sweeps, otherwise only those that are due.
func Sweep(accounts, regions, records int, allDue bool, latency Latency) Backlog {
	w := newWorld(1)
	w.second = &second{world: w}
	w.latency, w.limits = latency, newLimits(w.now)
	w.findings.concurrency, w.outcomes.concurrency = 0, 0 // nobody takes the follow-ups
	for n := range records {
		w.leave(n, place{fmt.Sprintf("2222222%05d", n%accounts), fmt.Sprintf("eu-west-%d", 1+n/accounts%regions)},
			allDue)
	}
	begin := w.now
	w.sweep()
	for w.sweeping {
		w.run(w.now.Add(100 * time.Millisecond))
	}
	b := Backlog{Records: records, Places: accounts * regions, Took: w.now.Sub(begin), Refused: w.limits.refused,
		Violations: w.violations}
	w.run(w.now.Add(time.Minute)) // until the queues have everything
	b.Woken, b.Looked = w.findings.sent, w.outcomes.sent
	w.memory.Each(func(rec decide.Record) {
		switch {
		case !rec.CheckedAt.Before(begin):
			b.Checked++
		case decide.OnSweep(rec, false, "", begin, w.settings).Check:
			b.Left++
		}
	})
	return b
}

// leave makes an open record that nobody is at work on.
func (w *world) leave(n int, at place, due bool) {
	r := newResource(at, n)
	f := w.hub.add(fmt.Sprint("f", n), "EC2.13", r)
	f.Compliance = finding.Failed
	a := decide.Attempt{
		Number: 1, State: decide.Queued, Cause: decide.Busy, Control: "EC2.13", Trigger: finding.Automatic,
		QueuedAt:  w.now.Add(-24 * time.Hour),
		NotBefore: w.now.Add(-time.Hour), Findings: []decide.Ref{{ID: f.id}},
	}
	rec := decide.Record{Target: target.Target{Account: at.account, Region: at.region,
		Runbook: "CloseSecurityGroupPorts", Resource: r.arn}}
	switch n % 3 {
	case 1:
		a.State, a.Cause, a.ClaimedAt, a.ExecutionID = decide.Running, "", w.now.Add(-time.Hour), fmt.Sprint("e", n)
	case 2:
		a.State, a.Cause, a.ClaimedAt, a.EndedAt = decide.Succeeded, "", w.now.Add(-23*time.Hour), w.now.Add(
			-23*time.Hour)
		f.Workflow, rec.Unconfirmed = finding.Resolved, a.Findings
		if !due {
			rec.CheckedAt = w.now.Add(
				-time.Duration(w.rng.Int64N(int64(w.settings.ConfirmEvery + decide.SweepEvery/2))))
		}
	}
	rec.Attempts = []decide.Attempt{a}
	if _, err := w.memory.Save(context.Background(), rec); err != nil {
		w.violate("save %s: %v", rec.Target, err)
	}
}
