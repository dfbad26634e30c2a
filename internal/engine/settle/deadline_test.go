package settle_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/deadline"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/target"
)

// silent is a world with an execution in a Region that does not answer.
type silent struct {
	*world
	execution string
}

func (w silent) Outcome(ctx context.Context, account, region, id string) (decide.Outcome, error) {
	if id == w.execution {
		<-ctx.Done()
		return decide.Outcome{}, ctx.Err()
	}
	if ctx.Err() != nil {
		return decide.Outcome{}, ctx.Err()
	}
	return w.world.Outcome(ctx, account, region, id)
}

func (w silent) Save(ctx context.Context, rec decide.Record) (decide.Record, error) {
	if ctx.Err() != nil {
		return decide.Record{}, ctx.Err()
	}
	return w.world.Save(ctx, rec)
}

// An outcome that cannot be read in time comes back, and the one that was read before it is reported.
func TestSilentRegion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := silent{newWorld(t, running()), "exec-9"}
		far := target.Target{Account: group.Account, Region: "eu-central-1", Runbook: group.Runbook, Resource: "sg-9"}
		record := decide.Record{Target: far,
			Attempts: []decide.Attempt{running(func(a *decide.Attempt) { a.ExecutionID = "exec-9" })}}
		if _, err := w.memory.Save(t.Context(), record); err != nil {
			t.Fatal(err)
		}
		h := w.handler()
		h.Effects.Ledger, h.Executions = w, w
		begin := time.Now()
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		work, stop := deadline.Before(ctx, deadline.Reserve)
		defer stop()
		response, err := h.Handle(work, events.SQSEvent{Records: []events.SQSMessage{
			ended("m1", nil, nil),
			{MessageId: "m2", Body: messages.FollowUp{Key: far.Key(), ExecutionID: "exec-9"}.Body()},
		}})
		want := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: "m2"}}}
		if diff := cmp.Diff(want, response); diff != "" || err != nil {
			t.Errorf("Handle = %v (-want +got):\n%s", err, diff)
		}
		if w.state(t) != decide.Succeeded {
			t.Errorf("the outcome that was read is not reported: %q", w.done)
		}
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("reading took %s of the function's minute", took)
		}
	})
}
