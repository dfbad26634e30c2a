package sweep_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

// park puts a target into the ledger with a finding that a policy exempts until a time.
func (w *world) park(t *testing.T, name, hash string, until time.Time) {
	t.Helper()
	one := target.Target{Account: "222222222222", Region: "eu-west-1", Runbook: "ClosePorts", Resource: name}
	w.names[one.Key()] = name
	rec := decide.Record{Target: one, Parked: []decide.Parked{{Cause: decide.Exempted, Policy: hash, Until: until,
		Request: decide.Request{Ref: decide.Ref{ID: "f-" + name}, Trigger: finding.Automatic}}}}
	w.Memory.DueAt = func(rec decide.Record) time.Time { return rec.Due(w.settings) }
	if _, err := w.Memory.Save(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
}

// Parked findings are looked at when they are due, and all of them when another policy is in force, until dispatch has
// decided about each.
func TestPolicySweep(t *testing.T) {
	t.Parallel()
	later, hash := noon.Add(time.Hour), policy.Policy{Format: 1}.Hash()
	for name, tc := range map[string]struct {
		swept, hash string // of the policy: for which all was looked at, and that decided
		until       time.Time
		fail        string
		want        []string
		sweptAfter  string
	}{
		"it is due":                 {hash, hash, noon, "", []string{"wake sg-1"}, hash},
		"it is not due":             {hash, hash, later, "", nil, hash},
		"another policy":            {"old", "old", later, "", []string{"wake sg-1"}, "old"},
		"dispatch has decided":      {"old", hash, later, "", nil, hash},
		"the policy is not known":   {"old", "old", later, "Current", nil, "old"},
		"due, and it is not known":  {"old", "old", noon, "Current", []string{"wake sg-1"}, "old"},
		"it was cut off in between": {"old", "old", later, "wake sg-1", []string{"wake sg-1"}, "old"},
	} {
		w := newWorld()
		w.policy = policy.Version{Number: 1, Policy: policy.Policy{Format: 1}, Hash: hash}
		w.park(t, "sg-1", tc.hash, tc.until)
		if err := w.SaveSweptPolicy(t.Context(), tc.swept); err != nil {
			t.Fatal(err)
		}
		w.fail[tc.fail] = true
		_ = w.sweep(t)
		if diff := cmp.Diff(tc.want, w.done); diff != "" {
			t.Errorf("%s: done (-want +got):\n%s", name, diff)
		}
		if got, _ := w.LoadSweptPolicy(t.Context()); got != tc.sweptAfter {
			t.Errorf("%s: everything was looked at for %q, want %q", name, got, tc.sweptAfter)
		}
	}
}
