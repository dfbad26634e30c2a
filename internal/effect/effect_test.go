package effect_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/decide"
	"hubmend/internal/effect"
	"hubmend/internal/ledger"
	"hubmend/internal/target"
)

// world writes down what is done, in order, and fails at one of it.
type world struct {
	memory ledger.Memory
	done   []string
	failAt string
	// conflicts is how many saves find that somebody else was there first.
	conflicts int
}

var errBroken = errors.New("broken")

func (w *world) do(what string) error {
	w.done = append(w.done, what)
	if what == w.failAt {
		return errBroken
	}
	return nil
}

func (w *world) Update(_ context.Context, u decide.Update) error { return w.do("update " + u.Note) }

func (w *world) Notify(_ context.Context, n decide.Notification) error {
	return w.do("notify " + n.Subject)
}

func (w *world) Load(ctx context.Context, key string) (decide.Record, error) {
	if err := w.do("load"); err != nil {
		return decide.Record{}, err
	}
	return w.memory.Load(ctx, key)
}

func (w *world) Save(ctx context.Context, rec decide.Record) (decide.Record, error) {
	if err := w.do(fmt.Sprintf("save %d", rec.Version)); err != nil {
		return decide.Record{}, err
	}
	if w.conflicts > 0 {
		w.conflicts--
		if _, err := w.memory.Save(ctx, rec); err != nil { // the other one's
			return decide.Record{}, err
		}
	}
	return w.memory.Save(ctx, rec)
}

func (w *world) effects() effect.Effects {
	return effect.Effects{Ledger: w, Findings: w, Notifier: w}
}

func everything() decide.Decision {
	return decide.Decision{
		Updates:       []decide.Update{{Note: "1"}, {Note: "2"}},
		Notifications: []decide.Notification{{Subject: "3"}},
		Record:        decide.Record{Target: target.Target{Account: "1"}},
		Save:          true,
		Announce:      []decide.Update{{Note: "5"}},
		Start:         true,
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	order := []string{"update 1", "update 2", "notify 3", "save 0", "update 5"}
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
	one := decide.Record{Target: target.Target{Account: "1"}}
	// choose writes down the version that it decides about, in the note.
	choose := func(rec decide.Record) decide.Decision {
		return decide.Decision{Updates: []decide.Update{{Note: fmt.Sprint(rec.Version)}}, Record: rec, Save: true, Announce: []decide.Update{{Note: "announce"}}}
	}
	for name, tc := range map[string]struct {
		conflicts int
		failAt    string
		want      []string
		version   int
		err       error
	}{
		"alone": {want: []string{"update 0", "save 0", "update announce"}, version: 1},
		"somebody was first": {
			conflicts: 1, version: 2,
			want: []string{"update 0", "save 0", "load", "update 1", "save 1", "update announce"},
		},
		"an error ends it":                 {failAt: "save 0", err: errBroken, want: []string{"update 0", "save 0"}},
		"the record cannot be read again":  {conflicts: 1, failAt: "load", err: errBroken, want: []string{"update 0", "save 0", "load"}},
		"the announcement cannot be sent":  {failAt: "update announce", err: errBroken, version: 1, want: []string{"update 0", "save 0", "update announce"}},
		"the update before cannot be sent": {failAt: "update 0", err: errBroken, want: []string{"update 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{conflicts: tc.conflicts, failAt: tc.failAt}
			d, rec, err := w.effects().Transact(t.Context(), one, choose)
			if !errors.Is(err, tc.err) || rec.Version != tc.version {
				t.Errorf("Transact = version %d, %v", rec.Version, err)
			}
			if tc.err == nil && d.Record.Version != tc.version-1 {
				t.Errorf("the decision that held was about version %d", d.Record.Version)
			}
			if diff := cmp.Diff(tc.want, w.done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTransactGivesUp(t *testing.T) {
	t.Parallel()
	w := &world{conflicts: 1000}
	_, _, err := w.effects().Transact(t.Context(), decide.Record{Target: target.Target{Account: "1"}}, func(rec decide.Record) decide.Decision {
		return decide.Decision{Record: rec, Save: true}
	})
	if !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("Transact = %v", err)
	}
	if saves := len(slices.DeleteFunc(w.done, func(s string) bool { return s == "load" })); saves != 10 {
		t.Errorf("%d saves were tried", saves)
	}
}
