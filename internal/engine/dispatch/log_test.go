package dispatch_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

func TestRefusalsAreLogged(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		message events.SQSMessage
		want    []string
	}{
		"wrong product": {imported("m1",
			sg("f1", "EC2.13", "sg-1",
				object{"ProductArn": "arn:aws:securityhub:eu-west-1:222222222222:product/222222222222/default"})),
			[]string{"finding refused", "event-m1", "ProductArn"}},
		"reference":     {imported("m1", sg("f1", "EC2.13", "{{x}}")), []string{"finding refused", "{{"}},
		"other control": {imported("m1", sg("f1", "Nothing.1", "sg-1")), []string{"no control repairs Nothing.1"}},
		"not new": {imported("m1",
			sg("f1", "EC2.13", "sg-11111111", object{"Workflow": object{"Status": "NOTIFIED"}})),
			[]string{"the finding is NOTIFIED"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if failed := w.handle(t, tc.message); failed != nil {
				t.Errorf("%q come back, for ever", failed)
			}
			if done := w.take(); done != nil || w.buried != nil {
				t.Errorf("done: %q, buried: %q", done, w.buried)
			}
			if !w.logged(tc.want...) {
				t.Errorf("no line of the log has %q:\n%s", tc.want, w.log.String())
			}
		})
	}
}

// A message that can never be understood becomes a dead letter, with the reason.
func TestPoisonIsBuried(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, reason string }{
		"not an event":       {"hello", "not an event"},
		"nothing":            {"", "not an event"},
		"without finding":    {`{"source":"aws.securityhub","id":"1"}`, "no finding"},
		"a broken follow-up": {`{"source":"hubmend.sweep","detail":{}}`, "names no target"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if failed := w.handle(t, raw("m1", tc.body)); failed != nil {
				t.Errorf("%q come back, for ever", failed)
			}
			if len(w.buried) != 1 || !strings.HasPrefix(w.buried[0], tc.body+": ") ||
				!strings.Contains(w.buried[0], tc.reason) {
				t.Errorf("buried: %q", w.buried)
			}
			if !w.logged("message refused", `"m1"`, tc.reason) {
				t.Errorf("log:\n%s", w.log.String())
			}

			w = newWorld()
			w.fail["Bury"] = true
			if diff := cmp.Diff([]string{"m1"},
				w.handle(t, raw("m1", tc.body), imported("m2", sg("f1", "EC2.13", a)))); diff != "" {
				t.Errorf("it cannot be buried; messages that come back:\n%s", diff)
			}
			if w.started != 1 {
				t.Errorf("%d repairs were started, log:\n%s", w.started, w.log.String())
			}
		})
	}
}

func TestLogHasNoWholeFinding(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.handle(t, imported("m1", sg("f1", "EC2.13", "sg-11111111", object{"Description": "secret-description"})))
	if w.logged("secret-description") {
		t.Error("the finding is in the log")
	}
	if !w.logged("EC2.13", "222222222222", "eu-west-1", "sg-11111111", "request") {
		t.Errorf("no line says what was decided:\n%s", w.log.String())
	}
}

func TestLogOfASuccessfulStart(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.handle(t, imported("m1", sg("f1", "EC2.13", "sg-11111111")))
	if w.logged("<nil>") {
		t.Errorf("log:\n%s", w.log.String())
	}
}
