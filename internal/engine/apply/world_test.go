package apply_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
)

var (
	errBroken = errors.New("broken")
	one       = target.Target{Account: "1", Resource: "sg-1"}
)

// world writes down what is done, in order, and fails at one of it.
type world struct {
	memory ledger.Memory
	done   []string
	log    bytes.Buffer
	failAt string
	// conflicts and breakerConflicts are how many saves find that another function was there first.
	conflicts, breakerConflicts int
}

func (w *world) do(what string) error {
	w.done = append(w.done, what)
	if what == w.failAt {
		return errBroken
	}
	return nil
}

func (w *world) Read(context.Context, []decide.Ref) (map[string]decide.Seen, error) {
	return nil, w.do("read")
}

func (w *world) Update(_ context.Context, u decide.Update) error {
	what := "update " + u.Workflow + u.Note
	for _, r := range u.Findings {
		what += " " + r.ID
	}
	return w.do(what)
}

func (w *world) Notify(_ context.Context, n decide.Notification) error {
	return w.do("notify " + n.Subject())
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

func (w *world) Archive(ctx context.Context, rec decide.Record, e decide.Ended) error {
	if err := w.do(fmt.Sprintf("archive %s %d", rec.Target.Resource, e.Attempt.Number)); err != nil {
		return err
	}
	return w.memory.Archive(ctx, rec, e)
}

func (w *world) LoadBreaker(ctx context.Context, control string) (decide.Breaker, error) {
	if err := w.do("load breaker " + control); err != nil {
		return decide.Breaker{}, err
	}
	return w.memory.LoadBreaker(ctx, control)
}

func (w *world) SaveBreaker(ctx context.Context, b decide.Breaker) error {
	if err := w.do(fmt.Sprintf("save breaker %d", b.Version)); err != nil {
		return err
	}
	if w.breakerConflicts > 0 {
		w.breakerConflicts--
		other := b
		other.Failures = []decide.TargetFailure{{Key: fmt.Sprint("other ", b.Version), At: b.Failures[0].At}}
		if err := w.memory.SaveBreaker(ctx, other); err != nil {
			return err
		}
	}
	return w.memory.SaveBreaker(ctx, b)
}

func (w *world) effects() apply.Effects {
	return apply.Effects{
		Ledger: w, Findings: w, Notifier: w, Settings: decide.Defaults,
		Log: slog.New(slog.NewTextHandler(&w.log,
			&slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey || a.Key == "_aws" {
					return slog.Attr{}
				}
				return a
			}})),
	}
}

// breaker returns what is stored.
func (w *world) breaker(t *testing.T, control string) decide.Breaker {
	t.Helper()
	b, err := w.memory.LoadBreaker(t.Context(), control)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
