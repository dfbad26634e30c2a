package decide_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/target"
)

// checkNote demands what Security Hub takes: 1 to 512 characters.
func checkNote(t *testing.T, note string) {
	t.Helper()
	if n := utf8.RuneCountInString(note); n == 0 || n > 512 {
		t.Errorf("the note has %d characters: %q", n, note)
	}
}

// checkSubject demands what SNS takes: fewer than 100 characters of printable ASCII.
func checkSubject(t *testing.T, subject string) {
	t.Helper()
	if len(subject) == 0 || len(subject) >= 100 {
		t.Errorf("the subject has %d characters", len(subject))
	}
	for _, r := range subject {
		if r < ' ' || r > '~' {
			t.Errorf("the subject holds %q: %q", r, subject)
		}
	}
}

// texts are reasons and names as somebody hostile or unlucky would have them.
var texts = map[string]string{
	"empty": "", "long": strings.Repeat("long ", 2000), "wide": strings.Repeat("漢字", 3000),
	"emoji":  strings.Repeat("🔥", 600),
	"breaks": "a\r\nSubject: b\n\n\tc", "no letters": "\x00\x1b[31m\x7f",
	"not UTF-8": "\xff\xfe" + strings.Repeat("\xc3", 700),
	"formats":   "%s%d%!v(MISSING) {{ global:ACCOUNT_ID }}", "just at the limit": strings.Repeat("x", 260),
	"just above": strings.Repeat("é", 261),
}

func TestWordsKeepToTheLimits(t *testing.T) {
	t.Parallel()
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := record(attempt(1, decide.Running))
			rec.Target.Resource, rec.Target.Runbook = text, text
			rec.Attempts[0].Control = text
			exec := rec.Attempts[0].ExecutionID
			checkDecision(t, decide.OnOutcome(rec, decide.Outcome{ExecutionID: exec, Reason: text}, nil, noon,
				settings))
			checkDecision(t, decide.OnOutcome(rec, decide.Outcome{ExecutionID: exec, Succeeded: true, Change: text},
				nil, noon, settings))
			checkDecision(t, decide.OnStartRefused(record(attempt(1, decide.Claimed)), 1, decide.Permission, text, noon,
				settings))
			r := ask(text, "e9", func(r *decide.Request) { r.Control = text })
			checkDecision(t, decide.OnFindings(rec, []decide.Request{r}, nil, open, noon, settings))
			exhausted := settings
			exhausted.MaxAttempts = 0
			empty := record()
			empty.Target = rec.Target
			checkDecision(t, decide.OnFindings(empty, []decide.Request{r}, nil, open, noon, exhausted))
		})
	}
}

// A long reason must leave room for the most useful parts of a note: what to do and where to look.
func TestLongReasonLeavesRoom(t *testing.T) {
	t.Parallel()
	d := decide.OnOutcome(record(attempt(1, decide.Running)),
		decide.Outcome{ExecutionID: "exec-1", Reason: texts["long"]}, nil, noon, settings)
	for _, part := range []string{"...", "use the custom action to try again.",
		"Execution exec-1 of hubmend-ClosePorts in account 222222222222."} {
		if note := d.Updates[0].Note; !strings.Contains(note, part) {
			t.Errorf("the note does not say %q: %s", part, note)
		}
	}
	d = decide.OnOutcome(record(attempt(1, decide.Running)),
		decide.Outcome{ExecutionID: "exec-1", Succeeded: true, Change: texts["long"]}, nil, noon, settings)
	if note := d.Updates[0].Note; !strings.HasSuffix(note,
		"Execution exec-1 of hubmend-ClosePorts in account 222222222222.") {
		t.Errorf("the note loses the execution: %s", note)
	}
}

// SNS takes 256 KB and DynamoDB 400 KB; a reason is written into both before the attempt ends,
// so one that is too long would keep it in flight.
func TestReasonIsBounded(t *testing.T) {
	t.Parallel()
	d := decide.OnOutcome(record(attempt(1, decide.Running)),
		decide.Outcome{ExecutionID: "exec-1", Reason: strings.Repeat("x", 1<<20)}, nil, noon, settings)
	if n := len(d.Notifications[0].Attempt.Reason); n > 30<<10 {
		t.Errorf("the notification repeats %d bytes", n)
	}
	if n := len(last(t, d).Reason); n > 30<<10 {
		t.Errorf("the record keeps %d bytes of reason for each of ten attempts", n)
	}
}

func TestSubject(t *testing.T) {
	t.Parallel()
	about := func(kind decide.Kind, control, resource, name string) decide.Notification {
		return decide.Notification{Kind: kind, Attempt: decide.Attempt{Control: control}, Record: decide.Record{
			Target: target.Target{Account: "222222222222", Resource: resource}, AccountName: name,
		}}
	}
	for want, n := range map[string]decide.Notification{
		"Hubmend: repair failed: X.22 sg-1 in 222222222222 (workload)": about(
			decide.NotRepaired, "X.22", "arn:aws:ec2:us-east-1:222222222222:security-group/sg-1", "workload"),
		"Hubmend: repair suspended: X.22 sg-1 in 222222222222": about(
			decide.Exhausted, "X.22", "arn:aws:ec2:us-east-1:222222222222:security-group/sg-1", ""),
		"Hubmend: repair failed: X.22 222222222222 (workload)": about(
			decide.NotRepaired, "X.22", "AWS::::Account:222222222222", "workload"),
		"Hubmend: repair failed: X.22 x in 222222222222": about(
			decide.NotRepaired, "X.22", "arn:aws:logs:eu-west-1:222222222222:log-group:x:*", ""),
		"Hubmend: repair failed: X.22 logs in 222222222222": about(
			decide.NotRepaired, "X.22", "arn:aws:s3:::logs/", ""),
		"Hubmend: repair contradicted: X.22 logs in 222222222222 (a)": about(
			decide.Contradicted, "X.22", "arn:aws:s3:::logs", "a"),
		"Hubmend: repair not confirmed: X.22 caf? in 222222222222": about(
			decide.NotConfirmed, "X.22", "arn:aws:s3:::café", ""),
		"Hubmend: repair not undone: CloudTrail.6 " + strings.Repeat("x", 39) +
			"... in 222222222222": about(decide.NotUndone, "CloudTrail.6", strings.Repeat("x", 63), "workload"),
	} {
		if got := n.Subject(); got != want {
			t.Errorf("the subject is %q, want %q", got, want)
		}
		checkSubject(t, n.Subject())
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "a  b\t\n c ": "a b c", "a\u2028b\u202ec\x00d": "a b c d", "\xff\xfea": "a", "wörter 漢字": "wörter 漢字",
		"0123456789012345678901": "01234567890123456...",
	} {
		if got := decide.Line(text, 20); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}
