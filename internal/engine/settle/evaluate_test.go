package settle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/settle"
)

const findingARN = "arn:aws:securityhub:eu-west-1:222222222222:security-control/X.22/finding/1"

// checked is a repair that runs, of a finding whose check a rule made.
func checked(rules ...string) decide.Attempt {
	return running(func(a *decide.Attempt) {
		a.Findings, a.ConfigRules = []decide.Ref{{ID: findingARN, Event: "e1"}}, rules
	})
}

// reevaluating is the handler with the setting on.
func (w *world) reevaluating() *settle.Handler {
	h := w.handler()
	h.Rules, h.Holds = w, w
	return h
}

// evaluations returns the calls about rules and the follow-ups.
func (w *world) evaluations() []string {
	var steps []string
	for _, step := range w.done {
		if strings.HasPrefix(step, "evaluate ") || strings.HasPrefix(step, "send in") {
			steps = append(steps, step)
		}
	}
	return steps
}

func TestEvaluation(t *testing.T) {
	t.Parallel()
	errand := messages.Evaluate{Key: group.Key(), Number: 1}.Body()
	const evaluate = "evaluate r1 in eu-west-1 of 222222222222"
	denied := &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "An AWS service owns the rule."}
	rule := decide.ConfigRule{Account: "222222222222", Region: "eu-west-1", Name: "r1"}
	for name, tc := range map[string]struct {
		edit func(*world)
		want []string
		at   time.Time // of the evaluation; zero if the record has none
	}{
		"after a repair": {func(*world) {}, []string{evaluate}, noon},
		"of a compliant resource": {func(w *world) {
			w.outcomes["exec-1"] = decide.Outcome{ExecutionID: "exec-1", Succeeded: true, Change: "Nothing to change."}
		}, []string{evaluate}, noon},
		"after a failure": {func(w *world) {
			w.outcomes["exec-1"] = decide.Outcome{ExecutionID: "exec-1", Class: decide.Verification}
		}, nil, time.Time{}},
		"denied":    {func(w *world) { w.evaluate = denied }, []string{evaluate}, time.Time{}},
		"throttled": {func(w *world) { w.evaluate = errDown }, []string{evaluate}, time.Time{}},
		"no ledger": {func(w *world) { w.fail["Hold"] = true }, nil, time.Time{}},
		"no rule": {func(w *world) {
			w.edit(t, func(r *decide.Record) { r.Last().ConfigRules = nil })
		}, nil, time.Time{}},
		"not saved": {func(w *world) { w.fail["Save"] = true }, nil, time.Time{}},
		"known as denied": {func(w *world) {
			_ = w.memory.KeepHeld(t.Context(), rule.Key(), noon.Add(decide.NotOffered))
		}, nil, time.Time{}},
		"asked for another repair before": {func(w *world) {
			_ = w.memory.KeepHeld(t.Context(), rule.Key(), noon.Add(4*time.Minute))
		}, []string{"send in 4m1s " + errand}, time.Time{}},
		"asked for another repair at the same time": {func(w *world) {
			_ = w.memory.KeepHeld(t.Context(), rule.Key(), noon.Add(decide.EvaluateEvery))
		}, nil, noon},
	} {
		w := newWorld(t, checked("r1"))
		tc.edit(w)
		failed := handled(t, w.reevaluating(), ended("m", nil, nil))
		if (failed != nil) != (name == "not saved") {
			t.Errorf("%s: %q come back", name, failed)
		}
		if diff := cmp.Diff(tc.want, w.evaluations()); diff != "" {
			t.Errorf("%s: done (-want +got):\n%s", name, diff)
		}
		if got := w.last(t).EvaluatedAt; !got.Equal(tc.at) {
			t.Errorf("%s: evaluated at %s", name, got)
		}
	}
}

// The setting is off by default.
func TestNoEvaluationByDefault(t *testing.T) {
	t.Parallel()
	w := newWorld(t, checked("r1"))
	w.handle(t, ended("m", nil, nil))
	if got := w.evaluations(); got != nil {
		t.Errorf("done: %q", got)
	}
}

// A rule is evaluated again when its latest evaluation began before the end of a repair. A rule that cannot be
// evaluated is tried again after a week.
func TestEvaluationAgain(t *testing.T) {
	t.Parallel()
	errand := message("m", messages.Evaluate{Key: group.Key(), Number: 1}.Body())
	w := newWorld(t, checked("r1"))
	w.edit(t, func(r *decide.Record) {
		a := r.Last()
		a.State, a.EndedAt, r.Unconfirmed = decide.Succeeded, noon, a.Findings
	})
	ask := func(at time.Duration, answer error, calls int) {
		t.Helper()
		w.now, w.evaluate, w.done = noon.Add(at), answer, nil
		handled(t, w.reevaluating(), errand)
		if got := w.evaluations(); len(got) != calls {
			t.Errorf("after %s: %q", at, got)
		}
	}
	const day = 24 * time.Hour
	ask(time.Minute, &smithy.GenericAPIError{Code: "NoSuchConfigRuleException"}, 1)
	ask(6*day, nil, 0)
	ask(7*day+time.Minute, errDown, 1)
	ask(8*day, nil, 1)
	ask(8*day+time.Minute, nil, 0)
	if got := w.last(t).EvaluatedAt; !got.Equal(noon.Add(8 * day)) {
		t.Errorf("evaluated at %s", got)
	}
	w.handle(t, message("m", `{"source":"hubmend.evaluate","detail":{}}`))
	if len(w.buried) != 1 {
		t.Errorf("buried %q", w.buried)
	}
}
