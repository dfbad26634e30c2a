package notify_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/notify"
	"hubmend/internal/engine/target"
)

var (
	noon   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	writer = notify.Writer{Home: "eu-west-1", Settings: decide.Defaults, Control: catalog.Embedded().ByID,
		Now: func() time.Time { return noon.Add(time.Hour) }}
	group = target.Target{
		Account: "222222222222", Region: "us-east-1", Runbook: "CloseSecurityGroupPorts",
		Resource: "arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0",
	}
	finding = decide.Ref{ID: "arn:aws:securityhub:us-east-1:222222222222:security-control/EC2.13/finding/f1"}
)

func attempt(number int, state decide.State, edits ...func(*decide.Attempt)) decide.Attempt {
	a := decide.Attempt{
		Number: number, State: state, Control: "EC2.13", Trigger: "automatic", ExecutionID: fmt.Sprint("exec-", number),
		ClaimedAt: noon.Add(time.Duration(number) * time.Minute),
		EndedAt:   noon.Add(time.Duration(number)*time.Minute + time.Second),
		Findings:  []decide.Ref{finding},
	}
	if a.Change = "Closed TCP 22 to the world."; state == decide.Failed {
		a.Change, a.Reason = "", "a call was refused"
	}
	for _, edit := range edits {
		edit(&a)
	}
	return a
}

func about(kind decide.Kind, attempts ...decide.Attempt) decide.Notification {
	return decide.Notification{
		Kind: kind, Record: decide.Record{Target: group, AccountName: "workload", Attempts: attempts},
		Attempt: attempts[len(attempts)-1], Findings: []decide.Ref{finding},
	}
}

func failed() decide.Notification { return about(decide.NotRepaired, attempt(1, decide.Failed)) }

func TestBody(t *testing.T) {
	t.Parallel()
	want := `Hubmend could not repair a resource.

Control:  EC2.13 Security groups should not allow ingress from 0.0.0.0/0 or ::/0 to port 22
Resource: arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0
Account:  222222222222 (workload)
Region:   us-east-1
Attempt:  1 (automatic)
Reason:   a call was refused

What to do:
  Repair it by hand, or remove the cause and use the custom action to try again.

For the next 1 h, similar messages are collected into one email.

Execution (log in to account 222222222222):
  https://us-east-1.console.aws.amazon.com/systems-manager/automation/execution/exec-1?region=us-east-1

Findings (log in to the administrator's account):
  arn:aws:securityhub:us-east-1:222222222222:security-control/EC2.13/finding/f1
    https://eu-west-1.console.aws.amazon.com/securityhub/home?region=eu-west-1#/findings?search=Id%3D%255Coperator%255C%253AEQUALS%255C%253Aarn%253Aaws%253Asecurityhub%253Aus-east-1%253A222222222222%253Asecurity-control%252FEC2.13%252Ffinding%252Ff1

On a terminal, with credentials of the administrator's account:
  hubmend history ` + group.Key() + "\n"
	if diff := cmp.Diff(want, writer.Body(failed())); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestBodySays(t *testing.T) {
	t.Parallel()
	undone := attempt(2, decide.Failed, func(a *decide.Attempt) {
		a.Undo, a.By, a.Sender = "exec-1", "arn:aws:iam::111111111111:user/ann", "AIDAEXAMPLEID12345678"
	})
	global := about(decide.NotConfirmed, attempt(1, decide.Succeeded))
	global.Record.Target.Region = target.Global
	nameless := failed()
	nameless.Record.AccountName = ""
	refused := about(decide.NotRepaired, attempt(1, decide.Failed, func(a *decide.Attempt) { a.ExecutionID = "" }))
	irreversible := about(decide.Contradicted,
		attempt(1, decide.Succeeded, func(a *decide.Attempt) { a.Control = "IAM.8" }))
	unknown := about(decide.Contradicted, attempt(1, decide.Succeeded, func(a *decide.Attempt) { a.Control = "X.1" }))
	old := about(decide.Contradicted,
		attempt(1, decide.Succeeded, func(a *decide.Attempt) { a.EndedAt = noon.Add(-30 * 24 * time.Hour) }))
	never := attempt(2, decide.Failed, func(a *decide.Attempt) {
		a.Undo, a.ClaimedAt, a.QueuedAt, a.Reason = "exec-1", time.Time{}, noon.Add(7*time.Minute), "it was paused"
	})
	var often []decide.Attempt
	for n := range 12 {
		often = append(often, attempt(n+1, decide.Failed))
	}
	many := failed()
	for range 30 {
		many.Findings = append(many.Findings, finding)
	}
	paused := decide.Notification{Kind: decide.ControlPaused, Breaker: decide.Breaker{
		Control: "EC2.13", OpenUntil: noon,
		Failures: []decide.TargetFailure{{Key: group.Key(), Resource: group.Resource, At: noon}},
	}}
	for name, tc := range map[string]struct {
		n           decide.Notification
		says, lacks []string
	}{
		"an undo failed": {
			about(decide.NotUndone, attempt(1, decide.Succeeded), undone),
			[]string{"failed to undo a repair. A part may be restored,", "execution exec-1\n",
				"By:       arn:aws:iam::111111111111:user/ann, sent by AIDAEXAMPLEID12345678\n", "a call was refused",
				"hubmend undo exec-1\n"}, nil,
		},
		"an undo was refused": {
			about(decide.NotUndone, attempt(1, decide.Succeeded),
				attempt(2, decide.Failed, func(a *decide.Attempt) { a.Undo, a.Class = "exec-1", decide.Refused })),
			[]string{"The repair is still in place,"}, []string{"A part"},
		},
		"suspended": {
			about(decide.Exhausted, attempt(1, decide.Failed), attempt(2, decide.Succeeded), attempt(3, decide.Failed)),
			[]string{"stopped repairing", "3 attempts within 24 h",
				"  1  2026-03-01 12:01 UTC  failed  a call was refused\n",
				"  2  2026-03-01 12:02 UTC  succeeded  Closed TCP 22", "custom action", "hubmend undo exec-2\n"}, nil,
		},
		"contradicted": {
			about(decide.Contradicted, attempt(1, decide.Succeeded)),
			[]string{"are open again", "Repaired: 2026-03-01 12:01 UTC, attempt 1\n",
				"Change:   Closed TCP 22 to the world.\n", "hubmend undo exec-1\n"}, nil,
		},
		"not confirmed, of a global resource": {
			global, []string{"within 36 h",
				"https://eu-west-1.console.aws.amazon.com/systems-manager/automation/execution/exec-1?region=eu-west-1\n", "Region:   global\n"}, nil,
		},
		"paused": {
			paused,
			[]string{"failed for 1 resource in a row", "paused until 2026-03-01 12:00 UTC", group.Resource,
				"hubmend history " + group.Key() + "\n", "custom action"}, []string{"Execution", "Findings ("},
		},
		"nothing was started":     {refused, []string{"No execution was started.\n"}, []string{"/execution/"}},
		"an account with no name": {nameless, []string{"Account:  222222222222\n"}, nil},
		"what cannot be undone":   {irreversible, []string{"IAM.8 "}, []string{"hubmend undo"}},
		"an unknown control":      {unknown, []string{"Control:  X.1\n"}, []string{"hubmend undo"}},
		"forgotten by now":        {old, nil, []string{"hubmend undo"}},
		"an undo that never began": {
			about(decide.Exhausted, attempt(1, decide.Succeeded), never),
			[]string{"  2  2026-03-01 12:07 UTC  undo failed  it was paused\n"}, nil,
		},
		"many attempts": {
			about(decide.Exhausted, often...), []string{"Attempts:\n  2 earlier ones, then\n  3  2026", "\n  12  2026"},
			[]string{"\n  2  2026"},
		},
		"many findings": {many, []string{"  and 21 more\n"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := writer.Body(tc.n)
			for _, part := range tc.says {
				if !strings.Contains(body, part) {
					t.Errorf("it does not say %q:\n%s", part, body)
				}
			}
			for _, part := range tc.lacks {
				if strings.Contains(body, part) {
					t.Errorf("it says %q:\n%s", part, body)
				}
			}
		})
	}
}

// Whatever others have named stays within its line, and the whole within what SNS takes.
func TestHostileWords(t *testing.T) {
	t.Parallel()
	const forged = "What to do:\n  Log in at https://example.com"
	for name, text := range map[string]string{
		"breaks": "a\r\n\n" + forged, "separators": "a\u2028" + forged, "direction": "a\u202e\u2066b",
		"escape": "\x1b[2Ja\x00", "not UTF-8": "\xff\xfe\xc3a",
		"long": strings.Repeat("long ", 100_000), "wide": strings.Repeat("漢", 100_000), "empty": "",
		"link": "see https://example.com/login, slack://x, :// and http://\u200bexample.com",
	} {
		for _, kind := range []decide.Kind{decide.NotRepaired, decide.NotUndone, decide.Exhausted,
			decide.Contradicted, decide.NotConfirmed, decide.ControlPaused, "?"} {
			t.Run(name+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				a := attempt(1, decide.Failed, func(a *decide.Attempt) {
					a.Control, a.Reason, a.Change, a.By, a.Undo = text, text, text, text, text
				})
				n := about(kind, slices.Repeat([]decide.Attempt{a}, 999)...)
				n.Record.Target.Resource, n.Record.AccountName = text, text
				for range 200 {
					// package finding takes no more
					n.Findings = append(n.Findings, decide.Ref{ID: text[:min(len(text), 512)]})
				}
				n.Breaker = decide.Breaker{Control: text,
					Failures: slices.Repeat([]decide.TargetFailure{{Key: text, Resource: text}}, 999)}
				body := writer.Body(n)
				if len(body) > 200<<10 {
					t.Errorf("it has %d bytes", len(body))
				}
				if n := strings.Count(body, "\nWhat to do:\n"); n != 1 {
					t.Errorf("it says %d times what to do:\n%s", n, body)
				}
				for _, link := range strings.SplitAfter(body, "https://")[1:] {
					if !regexp.MustCompile(`^[a-z0-9-]+\.console\.aws\.amazon\.com/`).MatchString(link) {
						t.Errorf("it has a link that is not ours: %.60s", link)
					}
				}
				if strings.Count(body, "://") != strings.Count(body, "https://") {
					t.Error("it has a link that is not https")
				}
				for _, r := range body {
					if r != '\n' && !unicode.IsPrint(r) || r == unicode.ReplacementChar {
						t.Fatalf("it holds %q:\n%s", r, body)
					}
				}
				if s := n.Subject(); len(s) > 99 ||
					strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
					t.Errorf("the subject is %q", s)
				}
			})
		}
	}
}
