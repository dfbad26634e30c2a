package announce_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/announce/contract"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/target"
)

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	group = target.Target{
		Account: "222222222222", Region: "us-east-1", Runbook: "CloseSecurityGroupPorts",
		Resource: "arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0",
	}
	ref = decide.Ref{ID: "arn:aws:securityhub:us-east-1:222222222222:security-control/EC2.13/finding/f1"}
)

// bus takes what is put on it, unless it answers otherwise.
type bus struct {
	calls  [][]types.PutEventsRequestEntry
	answer func(context.Context, []types.PutEventsRequestEntry) (*eventbridge.PutEventsOutput, error)
}

func (b *bus) PutEvents(ctx context.Context, in *eventbridge.PutEventsInput,
	_ ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error) {
	b.calls = append(b.calls, in.Entries)
	if b.answer != nil {
		return b.answer(ctx, in.Entries)
	}
	return &eventbridge.PutEventsOutput{Entries: make([]types.PutEventsResultEntry, len(in.Entries))}, nil
}

// details reads what was put, which the schema must allow.
func (b *bus) details(t *testing.T) []announce.Repair {
	t.Helper()
	var all []announce.Repair
	for _, call := range b.calls {
		for _, e := range call {
			if err := contract.Check(*e.DetailType, []byte(*e.Detail)); err != nil {
				t.Errorf("%v\n%s", err, *e.Detail)
			}
			var r announce.Repair
			if err := json.Unmarshal([]byte(*e.Detail), &r); err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
	}
	return all
}

func announcer(b *bus) (*announce.Announcer, *bytes.Buffer) {
	var log bytes.Buffer
	return &announce.Announcer{
		Client: b, Bus: "default", Home: "eu-west-1", Control: catalog.Embedded().ByID,
		Now: func() time.Time { return noon },
		Log: slog.New(slog.NewJSONHandler(&log, nil)),
	}, &log
}

func attempt(number int, state decide.State, edits ...func(*decide.Attempt)) decide.Attempt {
	a := decide.Attempt{
		Number: number, State: state, Control: "EC2.13", Trigger: "automatic", Findings: []decide.Ref{ref},
		QueuedAt: noon.Add(-time.Minute),
	}
	if state != decide.Queued {
		a.ClaimedAt, a.ExecutionID = noon, fmt.Sprint("exec-", number)
	}
	switch state {
	case decide.Succeeded:
		a.EndedAt, a.Change = noon, "Closed TCP 22 to the world."
	case decide.Failed:
		a.EndedAt, a.Class, a.Reason = noon, decide.Verification, "it is still open"
	case decide.Queued:
		a.Cause, a.NotBefore = decide.Paced, noon.Add(time.Minute)
	case decide.Claimed:
		a.ExecutionID = ""
	}
	for _, edit := range edits {
		edit(&a)
	}
	return a
}

func undo(a *decide.Attempt) {
	a.Undo, a.Request, a.Trigger, a.By = "exec-1", "r1", "command line", "arn:aws:iam::111111111111:user/ann"
}

func cause(c decide.Cause, until time.Time) func(*decide.Attempt) {
	return func(a *decide.Attempt) { a.Cause, a.NotBefore = c, until }
}

func record(attempts ...decide.Attempt) decide.Record {
	return decide.Record{Target: group, Version: 3, Attempts: attempts}
}
