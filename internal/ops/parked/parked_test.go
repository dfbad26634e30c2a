package parked_test

import (
	"testing"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/ops/parked"
)

func TestWhy(t *testing.T) {
	t.Parallel()
	march := time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)
	for want, p := range map[string]decide.Parked{
		`Rule "Payments" of the policy exempts it until 2027-03-31 00:00 UTC. Reason: It moves. Owner: ann@example.com. ` +
			`Ticket: T-1.`: {Cause: decide.Exempted, Rule: "Payments", Reason: "It moves.", Owner: "ann@example.com",
			Ticket: "T-1", RuleEnds: march},
		`Rule "Forever" of the policy exempts it without an end.`: {Cause: decide.Exempted, Rule: "Forever"},
		`Rule "Night" of the policy delays it until 2027-03-31 00:00 UTC. Owner: ops.`: {Cause: decide.Delayed,
			Rule: "Night", Owner: "ops", Until: march},
		`Rule "Prod" of the policy requires approval. Reason: Production.`: {Cause: decide.Asked, Rule: "Prod",
			Reason: "Production"},
		"A person has to approve each repair of this control. Reason: It deletes keys.": {Cause: decide.Asked,
			Reason: "It deletes keys."},
		"The policy does not allow or forbid it: it cannot be read.": {Cause: decide.Unreadable,
			Reason: "it cannot be read."},
	} {
		if got := parked.Why(p); got != want {
			t.Errorf("Why = %q, want %q", got, want)
		}
	}
}

// What Systems Manager did not accept is no matter of the policy, nor what may run already.
func TestUndecided(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		attempt decide.Attempt
		want    bool
	}{
		"the policy cannot be read": {decide.Attempt{State: decide.Queued, Cause: decide.Busy}, true},
		"it was not accepted":       {decide.Attempt{State: decide.Queued, Cause: decide.Busy, Refusals: 1}, false},
		"it may run":                {decide.Attempt{State: decide.Queued, Cause: decide.Busy, MayRun: true}, false},
		"its slot is to come":       {decide.Attempt{State: decide.Queued, Cause: decide.Paced}, false},
		"it is over":                {decide.Attempt{State: decide.Failed}, false},
	} {
		if got := parked.Undecided(tc.attempt); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
