package apply_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
)

// People are notified by digests. Something may happen before a call, and a call may fail.
type people struct {
	ledger.Memory
	mu     sync.Mutex
	now    time.Time
	heard  []string
	before map[string]func()
	failAt string
}

func (p *people) call(name string) error {
	if do := p.before[name]; do != nil {
		delete(p.before, name)
		do()
	}
	if name == p.failAt {
		return errBroken
	}
	return nil
}

func (p *people) Notify(_ context.Context, n decide.Notification) error {
	if err := p.call("notify"); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	what := n.Record.Target.Resource
	for _, c := range n.Collected {
		what += " " + c.Resource
	}
	p.heard = append(p.heard, what)
	return nil
}

func (p *people) SaveDigest(ctx context.Context, d decide.Digest) (decide.Digest, error) {
	if err := p.call("save"); err != nil {
		return d, err
	}
	return p.Memory.SaveDigest(ctx, d)
}

func (p *people) Collect(ctx context.Context, key string, window int, c decide.Collected) error {
	if err := p.call("collect"); err != nil {
		return err
	}
	return p.Memory.Collect(ctx, key, window, c)
}

func (p *people) Collected(ctx context.Context, key string, window int) ([]decide.Collected, error) {
	if err := p.call("read"); err != nil {
		return nil, err
	}
	return p.Memory.Collected(ctx, key, window)
}

func (p *people) effects() apply.Effects {
	return apply.Effects{Notifier: p, Digests: p, Now: func() time.Time { return p.now }, Settings: decide.Defaults}
}

func newPeople() *people { return &people{now: noon, before: map[string]func(){}} }

func denied(resource string) decide.Notification {
	return decide.Notification{
		Kind: decide.NotRepaired, Record: decide.Record{Target: target.Target{Account: "1", Resource: resource}},
		Attempt: decide.Attempt{Number: 1, Control: "X.1", Class: decide.Permission},
	}
}

func (p *people) tell(t *testing.T, resources ...string) {
	t.Helper()
	for _, r := range resources {
		if err := p.effects().NotifyOrCollect(t.Context(), denied(r)); err != nil {
			t.Fatal(err)
		}
	}
}

// sweep sends what is due after a while.
func (p *people) sweep(t *testing.T, after time.Duration) {
	t.Helper()
	p.now = p.now.Add(after)
	keys, err := p.DueDigests(t.Context(), p.now)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if err := p.effects().SendDigest(t.Context(), key, p.now); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *people) hear(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, p.heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	p.heard = nil
}

func TestOneCauseIsOneDigest(t *testing.T) {
	t.Parallel()
	p := newPeople()
	p.tell(t, "a", "b", "c", "b")
	p.sweep(t, 59*time.Minute)
	p.hear(t, "a")
	p.sweep(t, time.Minute)
	p.hear(t, " b c")
	p.tell(t, "d") // it goes on, and that is no news
	p.sweep(t, time.Hour)
	p.hear(t, " d")
	p.sweep(t, time.Hour) // nothing more
	p.sweep(t, time.Hour)
	p.tell(t, "e")
	p.hear(t, "e")
	p.sweep(t, time.Hour)
	p.sweep(t, time.Hour)
	p.hear(t)
}

// Others have messages of their own: an undo, another cause, and all of them where nobody collects.
func TestAlone(t *testing.T) {
	t.Parallel()
	p := newPeople()
	p.tell(t, "a")
	undo, another := denied("undo"), denied("another")
	undo.Kind, another.Attempt.Class = decide.NotUndone, decide.TimedOut
	alone := p.effects()
	alone.Digests = nil
	if err := errors.Join(p.effects().NotifyOrCollect(t.Context(), undo),
		p.effects().NotifyOrCollect(t.Context(), another),
		alone.NotifyOrCollect(t.Context(), denied("b"))); err != nil {
		t.Fatal(err)
	}
	p.hear(t, "a", "undo", "another", "b")
}

// However many come at the same time, one opens the window and none is lost.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	p := newPeople()
	const many = 200
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			if err := p.effects().NotifyOrCollect(t.Context(), denied(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(p.heard) != 1 {
		t.Errorf("%d messages", len(p.heard))
	}
	kept, err := p.Collected(t.Context(), "failed/X.1/permission", 1)
	if err != nil || len(kept) != many-1 {
		t.Errorf("%d are collected, %v", len(kept), err)
	}
}

// A notification that comes while its window ends is in the window's digest, or is sent again.
func TestCollectedTooLate(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"collect", "save", "read", "notify"} {
		p := newPeople()
		p.tell(t, "a", "b")
		p.heard = nil
		if at == "collect" {
			p.before[at] = func() { p.sweep(t, time.Hour) }
			p.tell(t, "late")
			p.sweep(t, time.Hour)
			p.hear(t, " b", " late")
			continue
		}
		p.now = noon.Add(time.Hour) // the sweep has loaded the digest, and then
		p.before[at] = func() { p.tell(t, "late") }
		p.sweep(t, 0)
		p.hear(t, map[string][]string{"save": {" late b"}, "read": {"late", " b"}, "notify": {"late", " b"}}[at]...)
	}
}

// A failed notification is tried again with the next one, and nothing is lost.
func TestTellFails(t *testing.T) {
	t.Parallel()
	for at, tc := range map[string]struct {
		tellsAgain bool
		heard      []string
	}{
		"save":    {true, []string{"a"}},
		"notify":  {true, []string{"a"}},
		"collect": {true, []string{"a", " b"}},
	} {
		p := newPeople()
		first := "a"
		if at == "collect" {
			p.tell(t, "a")
			first = "b"
		}
		p.failAt = at
		if err := p.effects().NotifyOrCollect(t.Context(), denied(first)); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", at, err)
		}
		p.failAt = ""
		p.tell(t, first)
		p.sweep(t, time.Hour)
		p.hear(t, tc.heard...)
	}
}

func TestSendFails(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"save", "read", "notify"} {
		p := newPeople()
		p.tell(t, "a", "b")
		p.failAt = at
		p.now = noon.Add(time.Hour)
		const key = "failed/X.1/permission"
		if err := p.effects().SendDigest(t.Context(), key, p.now); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", at, err)
		}
		p.failAt = ""
		p.sweep(t, decide.SweepEvery)
		p.hear(t, "a", " b")
		p.sweep(t, decide.SweepEvery)
		p.hear(t)
	}
}

// Of two sweeps at the same time one sends the digest.
func TestTwoSweeps(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"save", "read", "notify"} {
		p := newPeople()
		p.tell(t, "a", "b")
		p.now = noon.Add(time.Hour)
		p.before[at] = func() { p.sweep(t, 0) }
		p.sweep(t, 0)
		p.hear(t, "a", " b")
	}
}

// A digest that a newer version wrote is left to that version, and people are notified of each thing alone meanwhile.
func TestNewerDigest(t *testing.T) {
	t.Parallel()
	p := newPeople()
	p.tell(t, "a", "b")
	p.Rewrite("digest#failed/X.1/permission", 3)
	p.tell(t, "c", "d")
	p.sweep(t, time.Hour)
	p.hear(t, "a", "c", "d")
}
