package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
)

func digestOf(c decide.CommonCause, all ...decide.Collected) decide.Notification {
	return decide.Notification{Kind: decide.Digested, Common: c, Collected: all}
}

func collected(account, region, name string) decide.Collected {
	return decide.Collected{
		ID: name, Key: "hubmend-0123456789abcdef0123456789abcdef", Account: account, AccountName: "workload",
		Region:   region,
		Resource: "arn:aws:ec2:" + region + ":" + account + ":security-group/" + name, At: noon,
		Reason: "a call was refused",
	}
}

var denied = decide.CommonCause{Kind: decide.NotRepaired, Control: "EC2.13", Class: decide.Permission}

func TestDigest(t *testing.T) {
	t.Parallel()
	nameless := collected("333333333333", "us-east-1", "sg-2")
	nameless.AccountName, nameless.Reason = "", ""
	want := `Hubmend could not repair 2 more resources in 2 accounts. The control and the kind of failure are the same for all. An earlier email explains the first failure.

Control:  EC2.13 Security groups should not allow ingress from 0.0.0.0/0 or ::/0 to port 22
Cause:    permission: IAM denied a call

Accounts, Regions and resources:
  2026-03-01 12:00 UTC  222222222222 (workload)  us-east-1  arn:aws:ec2:us-east-1:222222222222:security-group/sg-1
    a call was refused
    hubmend history hubmend-0123456789abcdef0123456789abcdef
  2026-03-01 12:00 UTC  333333333333  us-east-1  arn:aws:ec2:us-east-1:333333333333:security-group/sg-2
    hubmend history hubmend-0123456789abcdef0123456789abcdef

What to do:
  Look for what the accounts have in common: a service control policy, the trust policy of a role, a Region with an outage. Then request the repairs again.

On a terminal, with credentials of the administrator's account:
  hubmend status --control EC2.13
  hubmend remediate --failed --control EC2.13 --class permission
`
	if diff := cmp.Diff(want,
		writer.Body(digestOf(denied, nameless, collected("222222222222", "us-east-1", "sg-1")))); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestDigestSays(t *testing.T) {
	t.Parallel()
	var many []decide.Collected
	for n := range 800 {
		many = append(many, collected(fmt.Sprintf("%012d", n), "us-east-1", "sg-1"))
	}
	one := collected("222222222222", "us-east-1", "sg-1")
	for name, tc := range map[string]struct {
		n           decide.Notification
		says, lacks []string
	}{
		"many": {digestOf(denied, many...), []string{"800 more resources in 800 accounts", "  and 750 more\n"},
			[]string{"000000000050 "}},
		"suspended": {digestOf(decide.CommonCause{Kind: decide.Exhausted, Control: "EC2.13"}, one),
			[]string{"stopped repairing 1 more resource in 1 account", "hubmend status --control EC2.13\n"},
			[]string{"Cause:", "--failed"}},
		"contradicted": {digestOf(decide.CommonCause{Kind: decide.Contradicted, Control: "EC2.13"}, one),
			[]string{"are open again"}, []string{"--failed"}},
		"not confirmed": {digestOf(decide.CommonCause{Kind: decide.NotConfirmed, Control: "EC2.13"}, one),
			[]string{"has confirmed"}, []string{"--failed"}},
		"not ready": {
			digestOf(decide.CommonCause{Kind: decide.AccountNotReady, Scope: failure.Region}, one),
			[]string{"cannot start repairs in 1 account, because something is not set up there yet (Region)",
				"222222222222 (workload)  us-east-1\n", "hubmend status\n",
				"hubmend remediate --failed --class not-ready\n"},
			[]string{"Control:", "sg-1"},
		},
	} {
		body := writer.Body(tc.n)
		for _, part := range tc.says {
			if !strings.Contains(body, part) {
				t.Errorf("%s: it does not say %q:\n%s", name, part, body[:min(len(body), 3000)])
			}
		}
		for _, part := range tc.lacks {
			if strings.Contains(body, part) {
				t.Errorf("%s: it says %q", name, part)
			}
		}
		if len(body) > 200<<10 {
			t.Errorf("%s: %d bytes", name, len(body))
		}
	}
}

// A name that others chose stays on its line, and is no link.
func TestHostileDigest(t *testing.T) {
	t.Parallel()
	hostile := "a\nWhat to do:\n  Log in at https://example.com"
	one := decide.Collected{ID: hostile, Key: hostile, Account: "222222222222", AccountName: hostile, Region: hostile,
		Resource: hostile, Reason: hostile, At: noon.Add(time.Minute)}
	body := writer.Body(
		digestOf(decide.CommonCause{Kind: decide.NotRepaired, Control: hostile, Class: decide.Permission}, one))
	if strings.Count(body, "\nWhat to do:\n") != 1 || strings.Contains(body, "://") {
		t.Errorf("body:\n%s", body)
	}
}
