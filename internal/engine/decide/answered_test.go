package decide_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/policy"
)

// The decision that ends a proposal says how, and by whom.
func TestProposalEnd(t *testing.T) {
	t.Parallel()
	g := under(proposes)
	rec := proposed(t, g, ask("f1", "e1"))
	no := func(a *decide.Answer) { a.Approve, a.Reason, a.Sender = false, "not now", "AROAEXAMPLE:eve" }
	for name, tc := range map[string]struct {
		d    decide.Decision
		want decide.ProposalEnd
	}{
		"approved": {decide.OnAnswer(rec, answer(rec), nil, g, noon, settings),
			decide.ProposalEnd{Result: decide.Approved, By: ann}},
		"approved in Security Hub": {through(t, g, nil, rec, ask("f1", "e2", byHand)),
			decide.ProposalEnd{Result: decide.Approved, By: "a person who used the custom action"}},
		"rejected": {decide.OnAnswer(rec, answer(rec, no), nil, g, noon, settings),
			decide.ProposalEnd{Result: decide.Rejected, By: ann, Sender: "AROAEXAMPLE:eve", Reason: "not now"}},
		"expired": {decide.OnWake(rec, nil, g, noon.Add(policy.ExpireDefault), settings),
			decide.ProposalEnd{Result: decide.Expired}},
		"an answer that is refused": {decide.OnAnswer(rec, answer(rec, func(a *decide.Answer) { a.Round = 9 }), nil, g,
			noon, settings), decide.ProposalEnd{}},
		"nothing happens": {decide.OnWake(rec, nil, g, noon, settings), decide.ProposalEnd{}},
	} {
		if diff := cmp.Diff(tc.want, tc.d.ProposalEnd); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A retry is of the same people as the attempt before: who asked, who approved, and why despite the policy.
func TestRetryKeepsWhoAnswersForIt(t *testing.T) {
	t.Parallel()
	running := attempt(1, decide.Running, func(a *decide.Attempt) {
		a.AskedBy, a.ApprovedBy, a.Despite = "bob", ann, "the application is gone"
	})
	d := decide.OnOutcome(record(running), decide.Outcome{ExecutionID: running.ExecutionID, Class: failure.Throttling},
		nil, noon, settings)
	if a := d.Record.Last(); a.Number != 2 || a.AskedBy != "bob" || a.ApprovedBy != ann ||
		a.Despite != "the application is gone" {
		t.Errorf("the retry is %+v", a)
	}
}

// A person who requests a repair despite the policy answers for an attempt that is queued already.
func TestDespiteJoins(t *testing.T) {
	t.Parallel()
	queued := record(attempt(1, decide.Queued))
	d := through(t, open, nil, queued, ask("f2", "e2", byHand,
		func(r *decide.Request) { r.Despite = "the application is gone" }))
	if a := d.Record.Last(); a.Despite != "the application is gone" {
		t.Errorf("the attempt is %+v", a)
	}
}

// Repairs that the policy holds up because it cannot be read are counted once, when they begin to wait.
func TestUnreadableIsCounted(t *testing.T) {
	t.Parallel()
	d := through(t, unreadable(), nil, record(), ask("f1", "e1"))
	if diff := cmp.Diff([]decide.Metric{decide.MetricPolicyUnreadable}, d.Metrics); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
	if again := through(t, unreadable(), nil, d.Record, ask("f1", "e2")); len(again.Metrics) > 0 {
		t.Errorf("counted again: %v", again.Metrics)
	}
}
