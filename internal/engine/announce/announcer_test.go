package announce_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"

	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/announce/contract"
	"hubmend/internal/engine/decide"
)

// start has an event of its own for each number.
func start(a *announce.Announcer, numbers ...int) {
	for _, n := range numbers {
		is := record(attempt(n, decide.Running))
		a.Target(record(attempt(n, decide.Claimed)), decide.Decision{Record: is}, is)
	}
}

func upTo(n int) []int {
	var all []int
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

func TestNothingToPut(t *testing.T) {
	t.Parallel()
	b := &bus{}
	a, _ := announcer(b)
	a.Flush(t.Context())
	start(a, 1)
	a.Flush(t.Context())
	a.Flush(t.Context())
	if len(b.calls) != 1 || len(b.calls[0]) != 1 {
		t.Errorf("calls of %v", b.calls)
	}
}

func TestTenInACall(t *testing.T) {
	t.Parallel()
	b := &bus{}
	a, _ := announcer(b)
	var all sync.WaitGroup
	for _, n := range upTo(23) { // targets are decided at the same time
		all.Go(func() { start(a, n) })
	}
	all.Wait()
	a.Flush(t.Context())
	if len(b.calls) != 3 || len(b.calls[0]) != 10 || len(b.calls[1]) != 10 || len(b.calls[2]) != 3 {
		t.Errorf("%d calls", len(b.calls))
	}
	ids := map[string]bool{}
	for _, d := range b.details(t) {
		ids[d.ID] = true
	}
	if len(ids) != 23 {
		t.Errorf("%d ids for 23 events", len(ids))
	}
}

// The entries of a call have 256 KB together, however much others write.
func TestLongWords(t *testing.T) {
	t.Parallel()
	b := &bus{}
	a, _ := announcer(b)
	const texts = "\"\\<>&漢\n\u202e\x00"
	for n := range 30 {
		is := record(attempt(n+1, decide.Failed, func(a *decide.Attempt) {
			a.Reason, a.By = strings.Repeat(texts, 5000), strings.Repeat(texts, 5000)
			a.Control = strings.Repeat(texts, 5000)
			for range 500 {
				a.Findings = append(a.Findings, decide.Ref{ID: strings.Repeat(texts, 500)})
			}
		}))
		is.Target.Resource, is.AccountName = strings.Repeat(texts, 5000), "workload"
		a.Target(decide.Record{Target: is.Target}, decide.Decision{Record: is}, is)
	}
	a.Flush(t.Context())
	for _, d := range b.details(t) {
		if d.FindingCount != 501 || len(d.Findings) != 10 {
			t.Errorf("%d of %d findings", len(d.Findings), d.FindingCount)
		}
	}
	if len(b.details(t)) != 30 {
		t.Errorf("%d events", len(b.details(t)))
	}
	for _, call := range b.calls {
		bytes := 0
		for _, e := range call {
			bytes += len(*e.Detail) + len(*e.DetailType) + len(*e.Source)
		}
		if bytes > 256<<10 {
			t.Errorf("a call has %d bytes", bytes)
		}
	}
}

// The same change has the same id, whoever tells it, and another one has another.
func TestIDs(t *testing.T) {
	t.Parallel()
	id := func(version int, state decide.State) string {
		b := &bus{}
		a, _ := announcer(b)
		is := record(attempt(1, state))
		is.Version = version
		a.Target(decide.Record{Target: group}, decide.Decision{Record: is}, is)
		a.Flush(t.Context())
		return b.details(t)[0].ID
	}
	if once, twice := id(1, decide.Queued), id(1, decide.Queued); once != twice {
		t.Errorf("one change has two ids, %s and %s", once, twice)
	}
	if id(1, decide.Queued) == id(2, decide.Queued) || id(1, decide.Queued) == id(1, decide.Running) {
		t.Error("two changes have one id")
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	failures := []decide.TargetFailure{{Key: group.Key(), Resource: group.Resource, At: noon}}
	closed := decide.Breaker{Control: "EC2.13", Failures: failures}
	open, longer := closed, closed
	open.OpenUntil, longer.OpenUntil = noon.Add(time.Hour), noon.Add(2*time.Hour)
	for name, tc := range map[string]struct {
		was, is decide.Breaker
		want    string
	}{
		"another failure": {closed, closed, ""},
		"it opens":        {closed, open, "OPENED 2026-03-01T13:00:00Z"},
		"and again":       {open, longer, "OPENED 2026-03-01T14:00:00Z"},
		"it closes":       {open, decide.Breaker{Control: "EC2.13"}, "CLOSED"},
		"it was not open": {closed, decide.Breaker{Control: "EC2.13"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &bus{}
			a, _ := announcer(b)
			a.Breaker(tc.was, tc.is)
			a.Flush(t.Context())
			got := ""
			for _, call := range b.calls {
				if err := contract.Check(*call[0].DetailType, []byte(*call[0].Detail)); err != nil {
					t.Error(err)
				}
				var d announce.Breaker
				if err := json.Unmarshal([]byte(*call[0].Detail), &d); err != nil {
					t.Fatal(err)
				}
				got = string(d.State)
				if d.Until != nil {
					got += " " + d.Until.Format(time.RFC3339)
				}
				if *call[0].DetailType != announce.BreakerType || len(d.Failed) != 1 ||
					d.Failed[0].Key != group.Key() || d.Control.ID != "EC2.13" || d.Control.Title == "" {
					t.Errorf("the event is %+v", d)
				}
			}
			if got != tc.want {
				t.Errorf("announced %q, want %q", got, tc.want)
			}
		})
	}
}

// Events that cannot be put are logged in full and counted, and nothing else happens.
func TestLostEvents(t *testing.T) {
	t.Parallel()
	refuse := func(of []types.PutEventsRequestEntry, code string) *eventbridge.PutEventsOutput {
		out := &eventbridge.PutEventsOutput{Entries: make([]types.PutEventsResultEntry, len(of))}
		out.Entries[len(of)-1] = types.PutEventsResultEntry{ErrorCode: aws.String(code),
			ErrorMessage: aws.String("not now")}
		return out
	}
	for name, tc := range map[string]struct {
		answer      func(context.Context, []types.PutEventsRequestEntry) (*eventbridge.PutEventsOutput, error)
		lost, calls int
		reason      string
	}{
		"one of them is refused": {
			func(_ context.Context, e []types.PutEventsRequestEntry) (*eventbridge.PutEventsOutput, error) {
				return refuse(e, "MalformedDetail"), nil
			}, 2, 2, "MalformedDetail: not now",
		},
		"one of them is throttled again and again": {
			func(_ context.Context, e []types.PutEventsRequestEntry) (*eventbridge.PutEventsOutput, error) {
				return refuse(e, "ThrottlingException"), nil
			}, 2, 4, "ThrottlingException: not now",
		},
		"a whole call is refused": {
			func(context.Context, []types.PutEventsRequestEntry) (*eventbridge.PutEventsOutput, error) {
				return nil, &smithy.GenericAPIError{Code: "ValidationException", Message: "too long"}
			}, 12, 2, "ValidationException: too long",
		},
		"the bus is out of reach": {
			func(context.Context, []types.PutEventsRequestEntry) (*eventbridge.PutEventsOutput, error) {
				return nil, errors.New("no route")
			}, 12, 1, "no route",
		},
		"the bus does not answer": {
			func(ctx context.Context, _ []types.PutEventsRequestEntry) (*eventbridge.PutEventsOutput, error) {
				if at, limited := ctx.Deadline(); !limited || time.Until(at) > 5*time.Second {
					return nil, errors.New("it may wait for ever")
				}
				return nil, context.DeadlineExceeded
			}, 12, 1, context.DeadlineExceeded.Error(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &bus{answer: tc.answer}
			a, log := announcer(b)
			start(a, upTo(12)...)
			a.Flush(t.Context())
			if n := strings.Count(log.String(), `"metric":"NotAnnounced"`); n != tc.lost {
				t.Errorf("%d are counted", n)
			}
			if n := strings.Count(log.String(), `"detail":{"version":"1.0"`); n != tc.lost ||
				!strings.Contains(log.String(), tc.reason) {
				t.Errorf("%d are logged:\n%s", n, log.String())
			}
			if len(b.calls) != tc.calls {
				t.Errorf("%d calls", len(b.calls))
			}
			b.answer = nil
			a.Flush(t.Context())
			if len(b.calls) != tc.calls {
				t.Error("what was lost is put again")
			}
			start(a, 13)
			a.Flush(t.Context()) // of the next batch
			if len(b.calls) != tc.calls+1 {
				t.Error("the next event is lost too")
			}
		})
	}
}

// EventBridge may take an entry that it did not accept a moment before.
func TestThrottledEntry(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"ThrottlingException", "InternalFailure"} {
		b := &bus{}
		b.answer = func(_ context.Context, e []types.PutEventsRequestEntry) (*eventbridge.PutEventsOutput, error) {
			out := &eventbridge.PutEventsOutput{Entries: make([]types.PutEventsResultEntry, len(e))}
			if len(b.calls) == 1 {
				out.Entries[1].ErrorCode = &code
			}
			return out, nil
		}
		a, log := announcer(b)
		start(a, 1, 2, 3)
		a.Flush(t.Context())
		if len(b.calls) != 2 || len(b.calls[1]) != 1 || *b.calls[1][0].Detail != *b.calls[0][1].Detail ||
			log.Len() > 0 {
			t.Errorf("%s: calls of %v, logged %s", code, b.calls, log)
		}
	}
}

// A panic of the handler comes with its events, so Flush also runs in a context that is over.
func TestFlushAfterTheEnd(t *testing.T) {
	t.Parallel()
	over, stop := context.WithCancel(t.Context())
	stop()
	b := &bus{answer: func(ctx context.Context, _ []types.PutEventsRequestEntry) (*eventbridge.PutEventsOutput, error) {
		return nil, fmt.Errorf("put: %w", ctx.Err())
	}}
	a, log := announcer(b)
	start(a, 1)
	a.Flush(over)
	if !strings.Contains(log.String(), "canceled") {
		t.Errorf("logged %s", log.String())
	}
}
