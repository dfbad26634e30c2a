package replay

import (
	"context"
	"errors"
	"fmt"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

// Current implements dispatch.Policy and sweep.Policy.
func (w *world) Current(context.Context) (policy.Version, error) {
	if w.Policy.Format == 0 {
		return policy.Version{}, nil
	}
	return policy.Version{Number: 1, Policy: w.Policy, Hash: w.hash}, nil
}

// errUnknown is the error of a fact that is neither in the file of facts nor in a finding.
var errUnknown = errors.New("not known")

// OUs implements dispatch.Facts.
func (w *world) OUs(_ context.Context, account string) ([]string, error) {
	if ous, known := w.Facts.OUs[account]; known {
		return ous, nil
	}
	return nil, errUnknown
}

// Tags implements dispatch.Facts.
func (w *world) Tags(_ context.Context, t target.Target) (map[string]string, error) {
	if tags, known := w.Facts.Tags[t.Resource]; known {
		return tags, nil
	}
	for _, f := range w.ofTarget[t.Key()] {
		if f.Tags != nil {
			return f.Tags, nil
		}
	}
	return nil, errUnknown
}

// Plan implements dispatch.Starter. A planning execution costs as much as a repair.
func (w *world) Plan(_ context.Context, t target.Target, _ target.Parameters, _ string) (string, error) {
	d := w.day()
	d.Plans++
	e := execution{id: w.nextID(), target: t, runbook: t.Runbook, began: w.now(), plans: true}
	w.begin(e)
	return e.id, nil
}

// nextID gives the id of another execution.
func (w *world) nextID() string {
	return fmt.Sprintf("%08d-0000-4000-8000-000000000000", len(w.executions)+1)
}

// parked counts the findings that wait at the end, by why.
func (w *world) parked() map[string]int {
	counts := map[string]int{}
	w.Each(func(rec decide.Record) {
		for _, p := range rec.Parked {
			counts[string(p.Cause)]++
		}
	})
	return counts
}
