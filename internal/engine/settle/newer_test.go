package settle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

// A record that a newer version wrote waits for it. That version's sweep asks how the execution ended.
func TestNewerRecord(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		message events.SQSMessage
		age     time.Duration
		fails   bool
		back    []string
		buried  int
	}{
		"a status event": {ended("m", nil, nil), ledger.NewerPatience - time.Second, false, []string{"m"},
			0},
		"an old one":                   {ended("m", nil, nil), ledger.NewerPatience, false, nil, 1},
		"one that could not be buried": {ended("m", nil, nil), time.Hour, true, []string{"m"}, 0},
		"a follow-up":                  {followUpFor("m", "exec-1"), 0, false, nil, 0},
		"a follow-up, so old":          {followUpFor("m", "exec-1"), time.Hour, false, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, running())
			w.fail["Bury"] = tc.fails
			w.memory.Rewrite(group.Key(), 3)
			tc.message.Attributes = map[string]string{"SentTimestamp": fmt.Sprint(noon.Add(-tc.age).UnixMilli())}
			if diff := cmp.Diff(tc.back, w.handle(t, tc.message)); diff != "" {
				t.Errorf("messages that come back (-want +got):\n%s", diff)
			}
			if len(w.buried) != tc.buried || tc.buried > 0 &&
				!strings.Contains(w.buried[0], "newer version of Hubmend (schema 3") {
				t.Errorf("buried %q", w.buried)
			}
			if w.done != nil {
				t.Errorf("done %q", w.done)
			}
			w.memory.Rewrite(group.Key(), 1)
			if got := w.state(t); got != decide.Running {
				t.Errorf("the attempt is %s", got)
			}
		})
	}
}

// A breaker that a newer version wrote must neither stop the updates of findings nor repeat a notification.
func TestNewerBreaker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, running())
	w.outcomes["exec-1"] = decide.Outcome{ExecutionID: "exec-1", Class: decide.Verification, Reason: "It is open."}
	w.memory.Rewrite("breaker#X.22", 3)
	if failed := w.handle(t, ended("m", nil, nil)); failed != nil || w.state(t) != decide.Failed {
		t.Errorf("%q come back, and the attempt is %s", failed, w.state(t))
	}
	if !strings.Contains(w.log.String(), "end not counted for the breaker") {
		t.Errorf("log:\n%s", w.log.String())
	}
	w.memory.Rewrite("breaker#X.22", 1)
	if b, err := w.memory.LoadBreaker(t.Context(), "X.22"); err != nil || b.Version != 0 {
		t.Errorf("the breaker is %+v, %v", b, err)
	}
}
