package simulation

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/announce/contract"
)

// PutEvents takes events as everything else: it takes time, and may fail or be the last call.
func (c *client) PutEvents(ctx context.Context, in *eventbridge.PutEventsInput,
	_ ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error) {
	return call(ctx, c, func() (*eventbridge.PutEventsOutput, error) {
		if len(in.Entries) > 10 {
			c.violate("%d events in a call", len(in.Entries))
		}
		for _, e := range in.Entries {
			c.hear(*e.DetailType, *e.Detail)
		}
		return &eventbridge.PutEventsOutput{}, nil
	})
}

// hear checks an event against the schema and what is true.
func (w *world) hear(kind, detail string) {
	if err := contract.Check(kind, []byte(detail)); err != nil {
		w.violate("the event %s breaks its schema: %v", detail, err)
		return
	}
	var e announce.Repair // a breaker's lacks some of it
	if err := json.Unmarshal([]byte(detail), &e); err != nil {
		w.violate("read the event %s: %v", detail, err)
		return
	}
	if other, is := w.announced[e.ID]; is && other != detail {
		w.violate("two events have an id: %s and %s", other, detail)
	}
	w.announced[e.ID] = detail
	w.states[e.State]++
	if e.State == announce.Repaired || e.State == announce.Undone {
		if x := w.ssm.byID[e.Attempt.ExecutionID]; x == nil || !x.outcome.Succeeded {
			w.violate("the event %s tells of a success that there is not", detail)
		}
	}
}
