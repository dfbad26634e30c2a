package main

import (
	"fmt"
	"testing"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

func benchmarkBind(b *testing.B, r repair) error {
	f, _, err := r.finding(1, time.Now())
	for b.Loop() && err == nil {
		_, _, err = r.control.Bind(f)
	}
	return err
}

// asked returns a new target, what a finding asks about it, and a way that is clear.
func (r repair) asked(now time.Time) (decide.Record, decide.Request, decide.Gate, error) {
	f, _, err := r.finding(1, now)
	if err != nil {
		return decide.Record{}, decide.Request{}, decide.Gate{}, err
	}
	t, parameters, err := r.control.Bind(f)
	request := decide.Request{
		Ref: decide.Ref{ID: f.ID, Event: "event"}, Control: r.control.ID, Trigger: finding.Automatic, AsOf: now,
		Parameters: parameters,
	}
	return decide.Record{Target: t}, request, decide.Gate{Slot: now}, err
}

func benchmarkOnFindings(b *testing.B, r repair) error {
	now := time.Now()
	rec, request, gate, err := r.asked(now)
	if err != nil {
		return err
	}
	var d decide.Decision
	for b.Loop() {
		d = decide.OnFindings(rec, []decide.Request{request}, nil, gate, now, decide.Defaults)
	}
	if !d.Start {
		return fmt.Errorf("the repair does not start: %q", d.Log)
	}
	return nil
}

func benchmarkOnOutcome(b *testing.B, r repair) error {
	now := time.Now()
	rec, request, gate, err := r.asked(now)
	if err != nil {
		return err
	}
	const execution = "execution"
	claimed := decide.OnFindings(rec, []decide.Request{request}, nil, gate, now, decide.Defaults).Record
	running := decide.OnStarted(claimed, claimed.Last().Number, execution).Record
	outcome := r.succeeds
	outcome.ExecutionID = execution
	var d decide.Decision
	for b.Loop() {
		d = decide.OnOutcome(running, outcome, nil, now, decide.Defaults)
	}
	if d.Record.Last().State != decide.Succeeded {
		return fmt.Errorf("the repair did not end: %q", d.Log)
	}
	return nil
}
