package announce_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

func with(r decide.Record, edit func(*decide.Record)) decide.Record {
	r = r.Clone()
	edit(&r)
	return r
}

func TestWhatIsAnnounced(t *testing.T) {
	t.Parallel()
	repaired := record(attempt(1, decide.Succeeded))
	later := noon.Add(time.Hour)
	for name, tc := range map[string]struct {
		was     decide.Record
		is      decide.Record
		checked decide.Checked
		tells   decide.Notification
		want    []string // state, number of the attempt, how many findings
	}{
		"nothing":         {was: repaired, is: repaired},
		"claimed at once": {is: record(attempt(1, decide.Claimed))},
		"queued":          {is: record(attempt(1, decide.Queued)), want: []string{"QUEUED 1 1"}},
		"another finding joins": {was: record(attempt(1, decide.Queued)),
			is: with(record(attempt(1, decide.Queued)), func(r *decide.Record) { r.Attempts[0].Findings = nil })},
		"it waits for another slot": {was: record(attempt(1, decide.Queued)),
			is: record(attempt(1, decide.Queued, cause(decide.Paced, later))), want: []string{"QUEUED 1 1"}},
		"it waits for the switch": {was: record(attempt(1, decide.Queued)),
			is: record(attempt(1, decide.Queued, cause(decide.Paused, noon))), want: []string{"QUEUED 1 1"}},
		"claimed after a wait": {was: record(attempt(1, decide.Queued)), is: record(attempt(1, decide.Claimed))},
		"claimed again":        {was: record(attempt(1, decide.Claimed)), is: record(attempt(1, decide.Claimed))},
		"Systems Manager is busy": {was: record(attempt(1, decide.Claimed)),
			is: record(attempt(1, decide.Queued, cause(decide.Busy, later))), want: []string{"QUEUED 1 1"}},
		"started": {was: record(attempt(1, decide.Claimed)), is: record(attempt(1, decide.Running)),
			want: []string{"STARTED 1 1"}},
		"repaired": {was: record(attempt(1, decide.Running)), is: repaired,
			want: []string{"REPAIRED 1 1"}},
		"the outcome comes first": {was: record(attempt(1, decide.Claimed)), is: repaired,
			want: []string{"REPAIRED 1 1"}},
		"failed": {was: record(attempt(1, decide.Running)), is: record(attempt(1, decide.Failed)),
			want: []string{"FAILED 1 1"}},
		"a finding repeats": {was: repaired,
			is: with(repaired, func(r *decide.Record) {
				r.Attempts[0].Findings = append(r.Attempts[0].Findings,
					ref)
			})},
		"failed, and tried again": {
			was:  record(attempt(1, decide.Running)),
			is:   record(attempt(1, decide.Failed), attempt(2, decide.Queued, cause(decide.Retry, later))),
			want: []string{"RETRYING 1 1"},
		},
		"the retry waits for the switch": {
			was:  record(attempt(1, decide.Failed), attempt(2, decide.Queued, cause(decide.Retry, later))),
			is:   record(attempt(1, decide.Failed), attempt(2, decide.Queued, cause(decide.Paused, noon))),
			want: []string{"QUEUED 2 1"},
		},
		"withdrawn": {was: record(attempt(1, decide.Succeeded), attempt(2, decide.Queued)), is: repaired,
			want: []string{"WITHDRAWN 2 1"}},
		"the first withdrawn": {was: record(attempt(1, decide.Queued)), is: record(), want: []string{"WITHDRAWN 1 1"}},
		"an old one is dropped": {
			was: record(attempt(1, decide.Failed), attempt(2, decide.Queued)), is: record(attempt(2, decide.Claimed)),
		},
		"an undo starts": {
			was: record(attempt(1, decide.Succeeded), attempt(2, decide.Claimed, undo)),
			is:  record(attempt(1, decide.Succeeded), attempt(2, decide.Running, undo)), want: []string{"STARTED 2 1"},
		},
		"undone": {
			was: record(attempt(1, decide.Succeeded), attempt(2, decide.Running, undo)),
			is: with(record(attempt(1, decide.Succeeded), attempt(2, decide.Succeeded, undo)),
				func(r *decide.Record) { r.HeldAt, r.HeldBy = noon, "ann" }),
			want: []string{"UNDONE 2 1", "HELD 2 1"},
		},
		"an undo fails": {
			was: record(attempt(1, decide.Succeeded), attempt(2, decide.Running, undo)),
			is:  record(attempt(1, decide.Succeeded), attempt(2, decide.Failed, undo)), want: []string{"FAILED 2 1"},
		},
		"an undo is refused": {
			was: repaired, is: with(repaired, func(r *decide.Record) { r.Refused = refusal("exec-1") }),
			want: []string{"UNDO_REFUSED 1 0"},
		},
		"an undo of an unknown repair is refused": {
			was: repaired, is: with(repaired, func(r *decide.Record) { r.Refused = refusal("exec-0") }),
			want: []string{"UNDO_REFUSED 0 0"},
		},
		"an undo of nothing is refused": {is: with(record(), func(r *decide.Record) { r.Refused = refusal("exec-1") }),
			want: []string{"UNDO_REFUSED 0 0"}},
		"suspended": {
			was: repaired, is: with(repaired, func(r *decide.Record) { r.SuspendedAt = noon }),
			tells: decide.Notification{Kind: decide.Exhausted, Attempt: *repaired.Last(), Findings: []decide.Ref{ref}},
			want:  []string{"SUSPENDED 1 1"},
		},
		"suspended from the start": {
			is: with(record(), func(r *decide.Record) { r.SuspendedAt = noon }),
			tells: decide.Notification{Kind: decide.Exhausted, Attempt: decide.Attempt{Control: "EC2.13"},
				Findings: []decide.Ref{ref}}, want: []string{"SUSPENDED 0 1"},
		},
		"still suspended": {was: with(repaired, func(r *decide.Record) { r.SuspendedAt = noon }),
			is: with(repaired, func(r *decide.Record) { r.SuspendedAt = noon })},
		"no longer held": {
			was: with(repaired, func(r *decide.Record) { r.HeldAt = noon }),
			is:  record(attempt(1, decide.Succeeded), attempt(2, decide.Claimed)),
		},
		"checked": {
			was: repaired, is: repaired,
			checked: decide.Checked{Confirmed: []decide.Ref{ref}, Reopened: []decide.Ref{ref, ref},
				Unconfirmed: []decide.Ref{ref}},
			want: []string{"CONFIRMED 1 1", "REOPENED 1 2", "UNCONFIRMED 1 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &bus{}
			a, _ := announcer(b)
			tc.was.Target = group
			a.Target(tc.was, decide.Decision{Record: tc.is, Save: true, Checked: tc.checked,
				Notifications: []decide.Notification{tc.tells}}, tc.is)
			a.Flush(t.Context())
			var got []string
			for _, e := range b.details(t) {
				number := 0
				if e.Attempt != nil {
					number = e.Attempt.Number
				}
				got = append(got, fmt.Sprint(e.State, " ", number, " ", e.FindingCount))
				if e.FindingCount != len(e.Findings) || e.Control.ID != "EC2.13" && number > 0 {
					t.Errorf("the event is %+v", e)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// A repair that found nothing to change is REPAIRED, so that existing rules match it, and marked as compliant.
func TestCompliant(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]bool{
		"Nothing to change: TCP 22 is not open to the world.": true, "Closed TCP 22 to the world.": false,
	} {
		b := &bus{}
		a, _ := announcer(b)
		is := record(attempt(1, decide.Succeeded, func(a *decide.Attempt) { a.Change = change }))
		a.Target(record(attempt(1, decide.Running)), decide.Decision{Record: is}, is)
		a.Flush(t.Context())
		d := b.details(t)[0]
		if d.State != announce.Repaired || d.Attempt.Compliant != want ||
			strings.Contains(*b.calls[0][0].Detail, `"compliant"`) != want {
			t.Errorf("%s: the event is %s", change, *b.calls[0][0].Detail)
		}
	}
}

func refusal(executionID string) decide.UndoRefusal {
	return decide.UndoRefusal{Request: "r1", ExecutionID: executionID, By: "ann", At: noon, Reason: "no"}
}

// The event has the repair that the user wanted to undo, which need not be the latest, and the user.
func TestRefusedUndo(t *testing.T) {
	t.Parallel()
	b := &bus{}
	a, _ := announcer(b)
	was := record(attempt(1, decide.Succeeded), attempt(2, decide.Succeeded))
	d := decide.OnUndo(was,
		decide.UndoRequest{ID: "r9", ExecutionID: "exec-1", By: "bob", Sender: "AROA:eve", At: noon}, decide.Gate{},
		noon, decide.Defaults)
	a.Target(was, d, d.Record)
	a.Flush(t.Context())
	got := b.details(t)[0]
	if got.State != announce.UndoRefused || got.Attempt.Number != 1 ||
		*got.Request != (announce.Request{AskedBy: "bob", Sender: "AROA:eve", Undoes: "exec-1"}) {
		t.Errorf("the event is %+v of %+v, request %+v", got, got.Attempt, got.Request)
	}
}

// The guard stops one control of a target. The event and the notification name the same control.
func TestSuspendedControl(t *testing.T) {
	t.Parallel()
	b := &bus{}
	a, _ := announcer(b)
	was := record(attempt(1, decide.Failed), attempt(2, decide.Failed), attempt(3, decide.Failed))
	ask := func(id string, asOf time.Time) decide.Request {
		return decide.Request{Ref: decide.Ref{ID: id, Event: "e"}, Control: "EC2.14", Trigger: "automatic",
			At: noon.Add(time.Hour), AsOf: asOf}
	}
	d := decide.OnFindings(was,
		[]decide.Request{ask("answered", noon.Add(-time.Minute)), ask("stopped", noon.Add(time.Hour))}, nil,
		decide.Gate{}, noon.Add(time.Hour), decide.Defaults)
	a.Target(was, d, d.Record)
	a.Flush(t.Context())
	got := b.details(t)[0]
	if got.State != announce.Suspended || got.Control.ID != "EC2.14" ||
		!slices.Equal(got.Findings, []string{"stopped"}) {
		t.Errorf("the event is %+v", got)
	}
}

// Text from others stays within the quotes of an input transformer, and is neither a link nor a mention in a chat.
func TestQuotable(t *testing.T) {
	t.Parallel()
	b := &bus{}
	a, _ := announcer(b)
	is := record(attempt(1, decide.Failed,
		func(a *decide.Attempt) { a.Reason = `"no" \n <!channel> <https://x|Open>` }))
	a.Target(record(attempt(1, decide.Running)), decide.Decision{Record: is}, is)
	a.Flush(t.Context())
	if got, want := b.details(t)[0].Reason, "'no' /n (!channel) (https://x|Open)"; got != want {
		t.Errorf("the reason is %s, want %s", got, want)
	}
}

// The event names the sender of a message, unless the sender confirms the requester.
func TestSender(t *testing.T) {
	t.Parallel()
	for _, sender := range []string{"AROA:ann", "AROA:eve"} {
		b := &bus{}
		a, _ := announcer(b)
		is := record(attempt(1, decide.Running, func(a *decide.Attempt) {
			a.Trigger, a.By, a.Sender = finding.CommandLine, "arn:aws:sts::111111111111:assumed-role/Admin/ann", sender
		}))
		a.Target(record(attempt(1, decide.Claimed)), decide.Decision{Record: is}, is)
		a.Flush(t.Context())
		want := map[string]string{"AROA:eve": "AROA:eve"}[sender]
		if got := b.details(t)[0].Attempt; got.Sender != want {
			t.Errorf("sent by %s: the event has the sender %q", sender, got.Sender)
		}
	}
}

// An event describes its subject completely.
func TestDetail(t *testing.T) {
	t.Parallel()
	b := &bus{}
	a, _ := announcer(b)
	is := record(attempt(1, decide.Failed), attempt(2, decide.Queued, cause(decide.Retry, noon.Add(time.Minute))))
	is.AccountName = "workload"
	a.Target(record(attempt(1, decide.Running)), decide.Decision{Record: is}, is)
	a.Flush(t.Context())
	want := `{"version":"1.0","id":"ID","state":"RETRYING",` +
		`"control":{"id":"EC2.13","title":"Security groups should not allow ingress from 0.0.0.0/0 or ::/0 to port 22","risk":"RISK","reversible":true},` +
		`"target":{"key":"` + group.Key() +
		`","account":"222222222222","accountName":"workload","region":"us-east-1",` +
		`"resource":"arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0","runbook":"CloseSecurityGroupPorts"},` +
		`"attempt":{"number":1,"kind":"repair","trigger":"automatic","queuedAt":"2026-03-01T11:59:00Z","endedAt":"2026-03-01T12:00:00Z","notBefore":"2026-03-01T12:01:00Z",` +
		`"failureClass":"verification","executionId":"exec-1","executionUrl":"https://us-east-1.console.aws.amazon.com/systems-manager/automation/execution/exec-1?region=us-east-1"},` +
		`"reason":"it is still open","findings":["` + ref.ID + `"],"findingCount":1}`
	e := b.calls[0][0]
	d := b.details(t)[0]
	got := strings.NewReplacer(d.ID, "ID", `"risk":"`+d.Control.Risk, `"risk":"RISK`).Replace(*e.Detail)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("detail (-want +got):\n%s", diff)
	}
	if *e.Source != "hubmend" || *e.DetailType != "Hubmend Repair State Change" || *e.EventBusName != "default" ||
		!e.Time.Equal(noon) {
		t.Errorf("the entry is of %s, %q, on %s, at %s", *e.Source, *e.DetailType, *e.EventBusName, e.Time)
	}
}

func TestGlobalTargetsRunAtHome(t *testing.T) {
	t.Parallel()
	b := &bus{}
	a, _ := announcer(b)
	is := with(record(attempt(1, decide.Running)), func(r *decide.Record) { r.Target.Region = "global" })
	a.Target(decide.Record{Target: is.Target}, decide.Decision{Record: is}, is)
	a.Flush(t.Context())
	if d := b.details(t)[0]; !strings.HasPrefix(d.Attempt.ExecutionURL, "https://eu-west-1.console") ||
		d.Target.Region != "global" {
		t.Errorf("the execution of %s is at %s", d.Target.Region, d.Attempt.ExecutionURL)
	}
}
