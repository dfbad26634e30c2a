package notify_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/notify"
)

// Subscriptions filter by what a message is about. SNS takes no empty attribute.
func TestAttributes(t *testing.T) {
	t.Parallel()
	repair := decide.Attempt{Control: "EC2.13"}
	for name, tc := range map[string]struct {
		n    decide.Notification
		want map[string]string
	}{
		"a failure": {decide.Notification{Kind: decide.NotRepaired, Attempt: repair},
			map[string]string{"kind": "failed", "control": "EC2.13"}},
		"a proposal": {decide.Notification{Kind: decide.RepairProposed, Attempt: repair,
			Parked: decide.Parked{Owner: "team-a@example.com"}},
			map[string]string{"kind": "approval needed", "control": "EC2.13", "owner": "team-a@example.com"}},
		"a breaker": {decide.Notification{Kind: decide.ControlPaused, Breaker: decide.Breaker{Control: "EC2.14"}},
			map[string]string{"kind": "paused", "control": "EC2.14"}},
		"a digest": {decide.Notification{Kind: decide.Digested,
			Common: decide.CommonCause{Kind: decide.NotRepaired, Control: "EC2.15"}},
			map[string]string{"kind": "failed", "control": "EC2.15"}},
		"a digest of a rule": {ruleDigest(decide.Notification{Kind: decide.RepairDelayed, Attempt: repair,
			Parked: decide.Parked{Rule: "later", Owner: "team-a@example.com"}}),
			map[string]string{"kind": "delayed", "control": "EC2.13", "owner": "team-a@example.com"}},
		"an account": {decide.Notification{Kind: decide.AccountNotReady, Attempt: repair},
			map[string]string{"kind": "not ready"}},
	} {
		c := &topic{}
		if err := (&notify.Topic{Client: c, Writer: writer}).Notify(t.Context(), tc.n); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for key, a := range c.in.MessageAttributes {
			got[key] = *a.StringValue
			if *a.DataType != "String" {
				t.Errorf("%s: %s is a %s", name, key, *a.DataType)
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// ruleDigest is the digest of more notifications like one.
func ruleDigest(n decide.Notification) decide.Notification {
	cause, _ := n.CommonCause()
	return decide.Notification{Kind: decide.Digested, Common: cause}
}

// The owner is text of the policy. SNS takes only characters that XML has, and a filter policy only short values.
func TestOwnerIsCut(t *testing.T) {
	t.Parallel()
	c := &topic{}
	owner := "team\x00\ufffe\n" + strings.Repeat("漢", 1000)
	if err := (&notify.Topic{Client: c, Writer: writer}).Notify(t.Context(),
		decide.Notification{Kind: decide.ExemptionEnds, Parked: decide.Parked{Owner: owner}}); err != nil {
		t.Fatal(err)
	}
	got := *c.in.MessageAttributes["owner"].StringValue
	if n := utf8.RuneCountInString(got); n > 256 || strings.ContainsAny(got, "\x00\ufffe\n") ||
		!strings.HasPrefix(got, "team 漢") {
		t.Errorf("the owner is %d characters: %q", n, got)
	}
}
