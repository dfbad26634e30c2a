package apply_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

// everything has something to do in every field.
func everything() decide.Decision {
	return decide.Decision{
		Updates: []decide.Update{{Note: "1"}, {Note: "2"}},
		Notifications: []decide.Notification{{Attempt: decide.Attempt{Control: "3"},
			Record: decide.Record{Target: one}}},
		Ended:    failed(4),
		Record:   decide.Record{Target: one},
		Save:     true,
		Announce: []decide.Update{{Note: "announce"}},
		Start:    true,
		Metrics:  []decide.Metric{decide.MetricFailed},
	}
}

// Notes, notifications and counts come before the record, which states that they were made. The caller
// announces a whole batch at once.
func TestRun(t *testing.T) {
	t.Parallel()
	order := []string{"update 1", "update 2", "notify Hubmend: repair : 3 sg-1 in 1", "archive sg-1 4",
		"load breaker X.1", "save breaker 0", "save 0"}
	w := &world{}
	rec, err := w.effects().Run(t.Context(), everything())
	if err != nil || rec.Version != 1 {
		t.Errorf("Run = version %d, %v", rec.Version, err)
	}
	if diff := cmp.Diff(order, w.done); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	for i, step := range order {
		w := &world{failAt: step}
		if _, err := w.effects().Run(t.Context(), everything()); !errors.Is(err, errBroken) {
			t.Errorf("%s breaks: Run = %v", step, err)
		}
		if diff := cmp.Diff(order[:i+1], w.done); diff != "" {
			t.Errorf("%s breaks (-want +got):\n%s", step, diff)
		}
	}
}

func TestRunSavesOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	w := &world{}
	d := everything()
	d.Save = false
	d.Record.Version = 7
	rec, err := w.effects().Run(t.Context(), d)
	if err != nil || rec.Version != 7 || slices.Contains(w.done, "save 7") {
		t.Errorf("Run = version %d, %v, %v", rec.Version, err, w.done)
	}
}

func TestTransact(t *testing.T) {
	t.Parallel()
	// choose writes down the version that it decides about, in the note.
	choose := func(rec decide.Record) decide.Decision {
		return decide.Decision{
			Updates: []decide.Update{{Note: fmt.Sprint(rec.Version)}}, Record: rec, Save: true,
			Announce: []decide.Update{{Note: "announce"}},
			Metrics:  []decide.Metric{decide.MetricRepaired, decide.MetricSuspended},
		}
	}
	const counted = "level=INFO msg=metric target=1///sg-1 metric=Repaired Repaired=1\nlevel=INFO msg=metric " +
		"target=1///sg-1 metric=Suspended Suspended=1\n"
	for name, tc := range map[string]struct {
		conflicts int
		failAt    string
		want      []string
		version   int
		err       error
	}{
		"alone": {want: []string{"update 0", "save 0"}, version: 1},
		"somebody was first": {
			conflicts: 1, version: 2,
			want: []string{"update 0", "save 0", "load", "update 1", "save 1"},
		},
		"an error ends it": {failAt: "save 0", err: errBroken, want: []string{"update 0", "save 0"}},
		"the record cannot be read again": {conflicts: 1, failAt: "load", err: errBroken,
			want: []string{"update 0", "save 0", "load"}},
		"the update before cannot be sent": {failAt: "update 0", err: errBroken, want: []string{"update 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{conflicts: tc.conflicts, failAt: tc.failAt}
			d, rec, err := w.effects().Transact(t.Context(), decide.Record{Target: one}, choose)
			if !errors.Is(err, tc.err) || rec.Version != tc.version {
				t.Errorf("Transact = version %d, %v", rec.Version, err)
			}
			if tc.err == nil && (d.Record.Version != tc.version-1 || len(d.Announce) != 1) {
				t.Errorf("the decision that held was %+v", d)
			}
			if diff := cmp.Diff(tc.want, w.done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			want := counted // once, and only of what held
			if tc.err != nil {
				want = ""
			}
			if diff := cmp.Diff(want, w.log.String()); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTransactGivesUp(t *testing.T) {
	t.Parallel()
	w := &world{conflicts: 1000}
	_, _, err := w.effects().Transact(t.Context(), decide.Record{Target: one}, func(rec decide.Record) decide.Decision {
		return decide.Decision{Record: rec, Save: true}
	})
	if !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("Transact = %v", err)
	}
	if saves := len(slices.DeleteFunc(w.done, func(s string) bool { return s == "load" })); saves != 10 {
		t.Errorf("%d saves were tried", saves)
	}
}

func TestUpdatesThatSayTheSameGoOutTogether(t *testing.T) {
	t.Parallel()
	refs := func(ids ...string) (refs []decide.Ref) {
		for _, id := range ids {
			refs = append(refs, decide.Ref{ID: id})
		}
		return refs
	}
	first := refs("a", "b", "x")
	updates := []decide.Update{
		{Findings: first[:1], Workflow: "N", Note: "1"}, {Findings: refs("c"), Workflow: "R", Note: "1"},
		{Findings: refs("d", "e"), Workflow: "N", Note: "1"}, {Findings: refs("f"), Workflow: "N", Note: "2"},
	}
	want := []string{"update N1 a d e", "update R1 c", "update N2 f"}
	w := &world{}
	if err := w.effects().Update(t.Context(), updates); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(want, w.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if first[1].ID != "b" || first[2].ID != "x" || len(updates[0].Findings) != 1 {
		t.Errorf("the caller's updates were written into: %v %v", first, updates[0])
	}
	w = &world{failAt: want[1]}
	if err := w.effects().Update(t.Context(), updates); !errors.Is(err, errBroken) || len(w.done) != 2 {
		t.Errorf("Update = %v after %q", err, w.done)
	}
}
