package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
)

func TestFollowUps(t *testing.T) {
	t.Parallel()
	const lease, minute = time.Minute, time.Minute
	for name, tc := range map[string]struct {
		record func(*decide.Record)
		paused bool
		want   []string
	}{
		"claimed, and the claimer may live": {claimed(lease - time.Second), false, nil},
		"claimed by one that died":          {claimed(lease), false, []string{"wake sg-1"}},
		"running":                           {running(15*minute - time.Second), false, nil},
		"running for long":                  {running(15 * minute), false, []string{"look sg-1 exec-sg-1"}},
		"its slot is to come":               {queued(decide.Paced, minute), false, nil},
		"its message may still come":        {queued(decide.Paced, -minute+time.Second), false, nil},
		"its message did not come":          {queued(decide.Paced, -minute), false, []string{"wake sg-1"}},
		"the start is tried again later":    {queued(decide.Busy, minute), false, nil},
		"the start was not tried again":     {queued(decide.Busy, -minute), false, []string{"wake sg-1"}},
		// nobody else starts it
		"a retry whose time has come": {queued(decide.Retry, 0), false, []string{"wake sg-1"}},
		"a retry that has time":       {queued(decide.Retry, time.Second), false, nil},
		"the pause is over":           {queued(decide.Paused, -time.Hour), false, []string{"wake sg-1"}},
		"the breaker is closed":       {queued(decide.Broken, 0), false, []string{"wake sg-1"}},
		"the breaker is open":         {queued(decide.Broken, time.Hour), false, nil},

		"paused, queued":  {queued(decide.Retry, 0), true, nil},
		"paused, claimed": {claimed(time.Hour), true, nil},
		"paused, running": {running(time.Hour), true, []string{"look sg-1 exec-sg-1"}}, // what runs is not stopped
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.paused = tc.paused
			w.put(t, "sg-1", tc.record)
			w.put(t, "ended", func(r *decide.Record) { r.Last().State = decide.Failed })
			if err := w.sweep(t); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(tc.want, w.done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNothingIsOpen(t *testing.T) {
	t.Parallel()
	w := newWorld()
	if err := w.sweep(t); err != nil || w.done != nil {
		t.Errorf("Handle = %v, done %q", err, w.done)
	}
	if !strings.Contains(w.log.String(),
		`"msg":"swept","due":0,"woken":0,"looked":0,"checked":0,"unchecked":0,"paused":false`) {
		t.Errorf("log:\n%s", w.log.String())
	}
}

// A sweep wakes no more in an account and Region than can be started there until the next sweep. Those that
// have been due for longest come first.
func TestLimit(t *testing.T) {
	t.Parallel()
	w := newWorld()
	const most = int(decide.SweepEvery / ledger.SlotSpacing)
	oldest := func(i int) func(*decide.Record) {
		return func(r *decide.Record) { r.Last().QueuedAt = noon.Add(-time.Duration(i) * time.Second) }
	}
	for i := range most + 6 {
		w.put(t, fmt.Sprint("sg-", i), oldest(i))
	}
	elsewhere := func(account, region string) func(*decide.Record) {
		return func(r *decide.Record) { r.Target.Account, r.Target.Region = account, region }
	}
	w.put(t, "account", elsewhere("2", "eu-west-1"))
	w.put(t, "region", elsewhere("1", "eu-west-2"))
	w.put(t, "global", elsewhere("1", target.Global))
	w.put(t, "runs", running(time.Hour))
	if err := w.sweep(t); err != nil {
		t.Fatal(err)
	}
	woken := map[string]bool{}
	for _, step := range w.done {
		woken[strings.TrimPrefix(step, "wake ")] = true
	}
	if len(w.done) != most+4 || !woken["account"] || !woken["region"] || !woken["global"] ||
		!woken["look runs exec-runs"] {
		t.Errorf("%d follow-ups went out", len(w.done))
	}
	for i := range most + 6 {
		if name := fmt.Sprint("sg-", i); woken[name] != (i >= 6) {
			t.Errorf("%s woken: %t", name, woken[name])
		}
	}
}

func TestOneBrokenTargetStopsNoOther(t *testing.T) {
	t.Parallel()
	for what, missing := range map[string]string{
		"Load sg-2":           "wake sg-2",
		"wake sg-2":           "",
		"look sg-3 exec-sg-3": "",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.put(t, "sg-1")
			w.put(t, "sg-2")
			w.put(t, "sg-3", running(time.Hour))
			w.put(t, "sg-4", repaired("f4"))
			w.put(t, "sg-5")
			w.fail[what] = true
			err := w.sweep(t)
			if !errors.Is(err, errDown) || !strings.Contains(w.log.String(), "targets not swept") {
				t.Errorf("Handle = %v", err)
			}
			want := []string{"look sg-3 exec-sg-3", "read f4", "save sg-4", "wake sg-1", "wake sg-2", "wake sg-5"}
			var left []string
			for _, step := range want {
				if step != missing {
					left = append(left, step)
				}
			}
			if diff := cmp.Diff(left, w.sorted()); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNothingIsKnown(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"Paused", "Due"} {
		w := newWorld()
		w.put(t, "sg-1")
		w.fail[what] = true
		if err := w.sweep(t); !errors.Is(err, errDown) || w.done != nil {
			t.Errorf("%s fails: Handle = %v, done %q", what, err, w.done)
		}
	}
}

// An index may still have what is gone.
func TestRecordThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld()
	one := w.put(t, "sg-1")
	w.gone = map[string]bool{one.Key(): true}
	if err := w.sweep(t); err != nil || w.done != nil {
		t.Errorf("Handle = %v, done %q", err, w.done)
	}
}

// If the time is up, the remaining records are due at the next sweep, and this sweep did not succeed.
func TestNoTimeIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.put(t, "sg-1", queued(decide.Retry, 0))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := w.sweepIn(ctx, t); err == nil ||
		!strings.Contains(err.Error(), "1 of 1 targets were not looked at in time") || w.done != nil {
		t.Errorf("Handle = %v, done %q", err, w.done)
	}
}
