package sweep_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

// Resolved findings are compared with the later checks of Security Hub.
func TestChecks(t *testing.T) {
	t.Parallel()
	const since, before = -time.Minute, -2 * time.Hour // the repair was an hour ago
	reopened := []string{"read f1", "update f1 NEW", "notify Hubmend: repair contradicted", "save sg-1"}
	for name, tc := range map[string]struct {
		seen   map[string]decide.Seen
		paused bool
		later  time.Duration
		want   []string
		left   int // unconfirmed
		metric string
	}{
		"confirmed": {map[string]decide.Seen{"f1": checked("PASSED", since)}, false, 0,
			[]string{"read f1", "save sg-1"}, 0, ""},
		"contradicted": {map[string]decide.Seen{"f1": checked(finding.Failed, since)}, false, 0, reopened, 0,
			"Unproven"},
		"contradicted, paused": {map[string]decide.Seen{"f1": checked(finding.Failed, since)}, true, 0, reopened, 0,
			"Unproven"},
		"not checked since": {map[string]decide.Seen{"f1": checked(finding.Failed, before)}, false, 0,
			[]string{"read f1"}, 1, ""},
		"gone": {nil, false, 0, []string{"read f1", "save sg-1"}, 0, ""},
		"not checked for long": {map[string]decide.Seen{"f1": checked(finding.Failed, before)}, false, 35 * time.Hour,
			[]string{"read f1", "notify Hubmend: repair not confirmed", "save sg-1"}, 0, "Unproven"},
		"a person took it over": {
			map[string]decide.Seen{"f1": {Workflow: finding.New, Compliance: finding.Failed,
				RecordState: finding.Active, ObservedAt: noon}}, false, 0, []string{"read f1", "save sg-1"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.paused, w.seen, w.now = tc.paused, tc.seen, noon.Add(tc.later)
			one := w.put(t, "sg-1", repaired("f1"))
			if err := w.sweep(t); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(tc.want, w.done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			rec, err := w.Load(t.Context(), one.Key())
			if err != nil || len(rec.Unconfirmed) != tc.left {
				t.Errorf("%v, unconfirmed are %v", err, rec.Unconfirmed)
			}
			if tc.metric != "" && strings.Count(w.log.String(), `"metric":"`+tc.metric+`"`) != 1 {
				t.Errorf("log:\n%s", w.log.String())
			}
			// what is done with is not looked at again
			if err := w.sweep(t); err != nil || tc.left == 0 && w.done != nil {
				t.Errorf("the next sweep did %q, %v", w.done, err)
			}
		})
	}
}

// An attempt that runs does not keep its target from being checked.
func TestCheckWhileTheNextAttemptRuns(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.put(t, "sg-1", repaired("f1"), func(r *decide.Record) {
		r.Attempts = append(r.Attempts,
			decide.Attempt{Number: 2, State: decide.Running, ExecutionID: "exec-2", ClaimedAt: noon.Add(-time.Hour)})
	})
	if err := w.sweep(t); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"look sg-1 exec-2", "read f1", "save sg-1"}, w.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// Security Hub accepts three reads per second, with twenty findings in each.
func TestChecksAreReadTogether(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for i, n := range []int{8, 12, 8, 25, 3, 4} { // a target's findings are never parted
		var ids []string
		for j := range n {
			ids = append(ids, fmt.Sprintf("f%d.%d", i, j))
		}
		w.put(t, fmt.Sprint("sg-", i), repaired(ids...),
			func(r *decide.Record) { r.Last().QueuedAt = noon.Add(time.Duration(i-60) * time.Second) })
	}
	if err := w.sweep(t); err != nil {
		t.Error(err)
	}
	var reads []int
	saves := 0
	for _, step := range w.done {
		if what, ok := strings.CutPrefix(step, "read "); ok {
			reads = append(reads, len(strings.Split(what, "+")))
		} else {
			saves++
		}
	}
	if diff := cmp.Diff([]int{20, 8, 25, 7}, reads); diff != "" || saves != 6 {
		t.Errorf("%d saves, reads (-want +got):\n%s", saves, diff)
	}
}

func TestOneCheckStopsNoOther(t *testing.T) {
	t.Parallel()
	many := func(name string) []string {
		ids := []string{name}
		for i := range 19 {
			ids = append(ids, fmt.Sprint(name, i))
		}
		return ids
	}
	for name, tc := range map[string]struct {
		ids   [2][]string // of two targets
		fails string
		want  []string
	}{
		"one is not read": {[2][]string{many("f"), many("g")}, "read " + strings.Join(many("f"), "+"),
			[]string{"save sg-2"}},
		"one is not saved": {[2][]string{{"f"}, {"g"}}, "save sg-1", []string{"save sg-1", "save sg-2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.put(t, "sg-1", repaired(tc.ids[0]...),
				func(r *decide.Record) { r.Last().QueuedAt = noon.Add(-2 * time.Hour) })
			w.put(t, "sg-2", repaired(tc.ids[1]...))
			w.fail[tc.fails] = true
			if err := w.sweep(t); !errors.Is(err, errDown) {
				t.Errorf("Handle = %v", err)
			}
			var saves []string
			for _, step := range w.done {
				if strings.HasPrefix(step, "save") {
					saves = append(saves, step)
				}
			}
			if diff := cmp.Diff(tc.want, saves); diff != "" {
				t.Errorf("saves (-want +got):\n%s", diff)
			}
		})
	}
}

// Each target is checked once in ConfirmEvery, whatever sweep that is.
func TestChecksTakeTurns(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.settings = decide.Defaults
	const targets = 60
	for i := range targets {
		id := fmt.Sprint("f", i)
		w.put(t, fmt.Sprint("sg-", i), repaired(id), func(r *decide.Record) { r.Last().EndedAt = noon })
		w.seen[id] = checked(finding.Failed, -2*time.Hour)
	}
	read := map[string]int{}
	sweeps := int(decide.Defaults.ConfirmEvery / decide.SweepEvery)
	for range sweeps {
		w.now = w.now.Add(decide.SweepEvery)
		if err := w.sweep(t); err != nil {
			t.Fatal(err)
		}
		once := 0
		for _, step := range w.done {
			if ids, is := strings.CutPrefix(step, "read "); is {
				for _, id := range strings.Split(ids, "+") {
					read[id]++
					once++
				}
			}
		}
		if once > 3*targets/sweeps {
			t.Errorf("%d targets are checked in one sweep", once)
		}
	}
	for i := range targets {
		if id := fmt.Sprint("f", i); read[id] != 1 {
			t.Errorf("%s was read %d times", id, read[id])
		}
	}
}
