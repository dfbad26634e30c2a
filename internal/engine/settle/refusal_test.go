package settle_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/target"
)

// Notices that are not about a repair of Hubmend are ignored, and cause no calls.
func TestRefusals(t *testing.T) {
	t.Parallel()
	key := group.Key()
	for name, tc := range map[string]struct {
		message events.SQSMessage
		log     string
	}{
		"no starter": {ended("m", nil, object{"ExecutedBy": ""}), "not started by Hubmend"},
		"a person": {ended("m", nil, object{"ExecutedBy": "arn:aws:iam::222222222222:user/alice"}),
			"not started by Hubmend"},
		"another role": {ended("m", nil,
			object{"ExecutedBy": "arn:aws:sts::222222222222:assumed-role/admin/" + key}), "not started by Hubmend"},
		"another session": {ended("m", nil,
			object{"ExecutedBy": "arn:aws:sts::222222222222:assumed-role/hubmend-dispatch/session"}),
			"not started by Hubmend"},
		"a target never saved": {ended("m", nil,
			object{"ExecutedBy": "arn:aws:sts::222222222222:assumed-role/hubmend-dispatch/" + target.Target{}.Key()}),
			"outcome refused"},
		"another account":    {ended("m", object{"account": "333333333333"}, nil), "outcome refused"},
		"another Region":     {ended("m", object{"region": "us-east-1"}, nil), "outcome refused"},
		"without an account": {ended("m", object{"account": ""}, nil), "outcome refused"},
		"without a Region":   {ended("m", object{"region": ""}, nil), "outcome refused"},
		"another account's key": {ended("m", object{"account": "333333333333"},
			object{"ExecutedBy": "arn:aws:sts::333333333333:assumed-role/hubmend-dispatch/" + key}), "outcome refused"},
		"the undo of it": {ended("m", nil, object{"Definition": "hubmend-UndoClosePorts"}),
			"does not run this document"},
		"another document": {ended("m", nil, object{"Definition": "hubmend-OpenPorts"}),
			"does not run this document"},
		"no document": {ended("m", nil, object{"Definition": nil}), "does not run this document"},
		"follow-up, never saved": {events.SQSMessage{MessageId: "m",
			Body: messages.FollowUp{Key: target.Target{}.Key(), ExecutionID: "exec-1"}.Body()}, "outcome refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, running())
			if failed := w.handle(t, tc.message); failed != nil {
				t.Errorf("%q come back, for ever", failed)
			}
			if w.done != nil || w.state(t) != decide.Running || w.buried != nil {
				t.Errorf("done: %q, attempt %s, buried %q", w.done, w.state(t), w.buried)
			}
			if !strings.Contains(w.log.String(), tc.log) || !strings.Contains(w.log.String(), `"WARN"`) {
				t.Errorf("the log does not say %q:\n%s", tc.log, w.log.String())
			}
		})
	}
}

// A message that can never be understood becomes a dead letter, with the reason, and is counted.
func TestPoisonIsBuried(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		message events.SQSMessage
		reason  string
	}{
		"not JSON":       {events.SQSMessage{MessageId: "m", Body: "hello"}, "not an event"},
		"nothing":        {events.SQSMessage{MessageId: "m"}, "not an event"},
		"another source": {ended("m", object{"source": "aws.ec2"}, nil), "not about an execution"},
		"no execution":   {ended("m", nil, object{"ExecutionId": ""}), "not about an execution"},
		// Without a status it would pass for a follow-up, which may speak of any account.
		"no status": {ended("m", object{"account": "333333333333"}, object{"Status": ""}),
			"not about an execution"},
		"a follow-up of dispatch": {followUpFor("m", ""), "names no execution"},
		"a follow-up that names no target": {events.SQSMessage{MessageId: "m",
			Body: `{"source":"hubmend.sweep","detail":{"executionId":"e"}}`}, "names no target"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, running())
			if failed := w.handle(t, tc.message); failed != nil {
				t.Errorf("%q come back, for ever", failed)
			}
			if w.done != nil || w.state(t) != decide.Running {
				t.Errorf("done: %q, attempt %s", w.done, w.state(t))
			}
			if len(w.buried) != 1 || !strings.HasPrefix(w.buried[0], tc.message.Body+": ") ||
				!strings.Contains(w.buried[0], tc.reason) {
				t.Errorf("buried: %q", w.buried)
			}
			if log := w.log.String(); !strings.Contains(log, tc.reason) {
				t.Errorf("log:\n%s", log)
			}

			w = newWorld(t, running())
			w.fail["Bury"] = true
			if diff := cmp.Diff([]string{"m"}, w.handle(t, tc.message)); diff != "" {
				t.Errorf("it cannot be buried; messages that come back:\n%s", diff)
			}
		})
	}
}

// The event names the Region where it looks for the execution; an execution elsewhere is not
// the attempt's.
func TestOutcomeOfAnotherRegionIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, running(func(a *decide.Attempt) { a.State, a.ExecutionID = decide.Claimed, "" }))
	if w.handle(t, ended("m", object{"region": "us-east-1"}, nil)); w.state(t) != decide.Claimed {
		t.Errorf("the attempt is %s, done %q", w.state(t), w.done)
	}
}
