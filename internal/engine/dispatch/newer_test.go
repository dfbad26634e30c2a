package dispatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/ledger"
)

// Messages about an item of a newer version stay for that version, on the queue and then in the dead-letter queue.
// Follow-ups do not: the sweep sends them again.
func TestNewerSchemas(t *testing.T) {
	t.Parallel()
	for written, key := range map[string]string{
		"a record": targetOf(one).Key(), "a breaker": "breaker#EC2.13", "an account": "account#222222222222",
	} {
		for name, tc := range map[string]struct {
			message events.SQSMessage
			age     time.Duration
			back    []string
			buried  int
		}{
			"a finding":           {m1, ledger.NewerPatience - time.Second, []string{"m"}, 0},
			"an old finding":      {m1, ledger.NewerPatience, nil, 1},
			"a person's request":  {custom("m", sg("f1", "EC2.13", one)), 0, []string{"m"}, 0},
			"an old request":      {custom("m", sg("f1", "EC2.13", one)), time.Hour, nil, 1},
			"an undo":             {undoOf("m", one), 0, []string{"m"}, 0},
			"an old undo":         {undoOf("m", one), time.Hour, nil, 1},
			"a follow-up":         {followUpFor("m", one), 0, nil, 0},
			"a follow-up, so old": {followUpFor("m", one), time.Hour, nil, 0},
		} {
			t.Run(written+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld()
				w.hasRepaired(t, one, "EC2.13")
				w.memory.Rewrite(key, 3)
				m := sent(tc.message, noon.Add(-tc.age))
				m.MessageId = "m"
				if diff := cmp.Diff(tc.back, w.handle(t, m)); diff != "" {
					t.Errorf("messages that come back (-want +got):\n%s", diff)
				}
				if len(w.buried) != tc.buried || tc.buried > 0 &&
					!strings.Contains(w.buried[0], "newer version of Hubmend (schema 3") {
					t.Errorf("buried %q", w.buried)
				}
				if w.done != nil || w.started > 0 {
					t.Errorf("done %q", w.done)
				}
			})
		}
	}
}

// sent returns when a message was sent.
func sent(m events.SQSMessage, at time.Time) events.SQSMessage {
	m.Attributes = map[string]string{"SentTimestamp": fmt.Sprint(at.UnixMilli())}
	return m
}

func TestNewerSchemasStopNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.memory.Rewrite(targetOf(one).Key(), 3)
	if failed := w.handle(t, m1, imported("m2", sg("f2", "EC2.13", "sg-22222222"))); failed != nil || w.started != 1 ||
		len(w.buried) != 1 {
		t.Errorf("%q come back, %d starts, buried %q", failed, w.started, w.buried)
	}
	w = newWorld()
	w.memory.Rewrite(targetOf(one).Key(), 3)
	w.fail["Bury"] = true
	if failed := w.handle(t, m1); len(failed) != 1 {
		t.Errorf("%q come back, and the message could not be buried", failed)
	}
}
