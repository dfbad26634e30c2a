package request_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/control"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/messages"
	"hubmend/internal/ops/request"
)

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("down")
	ann     = request.Person{ARN: "arn:aws:sts::111111111111:assumed-role/Admin/ann", Account: "111111111111"}
)

// service answers for STS, SQS and CloudTrail.
type service struct {
	arn    string
	events map[string][]types.Event // by resource name
	asked  []string
	err    error
}

func (s *service) GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput,
	...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{Arn: &s.arn, Account: aws.String("111111111111")}, s.err
}

//nolint:revive // as SQS has it
func (s *service) GetQueueUrl(_ context.Context, in *sqs.GetQueueUrlInput,
	_ ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error) {
	return &sqs.GetQueueUrlOutput{QueueUrl: aws.String("https://sqs/" + *in.QueueName)}, s.err
}

func (s *service) SendMessage(_ context.Context, in *sqs.SendMessageInput,
	_ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	s.asked = append(s.asked, *in.QueueUrl+" "+*in.MessageBody)
	return &sqs.SendMessageOutput{}, s.err
}

func (s *service) LookupEvents(_ context.Context, in *cloudtrail.LookupEventsInput,
	_ ...func(*cloudtrail.Options)) (*cloudtrail.LookupEventsOutput, error) {
	name := *in.LookupAttributes[0].AttributeValue
	s.asked = append(s.asked, name)
	return &cloudtrail.LookupEventsOutput{Events: s.events[name]}, s.err
}

func TestCaller(t *testing.T) {
	t.Parallel()
	if p, err := request.Caller(t.Context(), &service{arn: ann.ARN}); p != ann || err != nil {
		t.Errorf("Caller = %+v, %v", p, err)
	}
	if _, err := request.Caller(t.Context(), &service{arn: "ann\nbob"}); err == nil {
		t.Error("what is no identity may ask")
	}
	if _, err := request.Caller(t.Context(), &service{err: errDown}); !errors.Is(err, errDown) {
		t.Errorf("Caller = %v", err)
	}
}

func TestFindingsQueue(t *testing.T) {
	t.Parallel()
	s := &service{}
	q, err := request.FindingsQueue(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Send(t.Context(), "hello"); err != nil || s.asked[0] != "https://sqs/hubmend-findings hello" {
		t.Errorf("sent %q, %v", s.asked, err)
	}
	if _, err := request.FindingsQueue(t.Context(), &service{err: &sqstypes.QueueDoesNotExist{}}); !errors.Is(err,
		request.ErrNoDeployment) {
		t.Errorf("without a queue: %v", err)
	}
	if _, err := request.FindingsQueue(t.Context(), &service{err: errDown}); !errors.Is(err, errDown) ||
		errors.Is(err, request.ErrNoDeployment) {
		t.Errorf("without SQS: %v", err)
	}
}

// Dispatch takes the message for the use of the custom action, by a person whose name it knows.
func TestActionIsAnEvent(t *testing.T) {
	t.Parallel()
	action := control.CustomAction{ID: "CIS22", Name: "CIS 2.2"}
	document := json.RawMessage(`{"Id":"f1","Title":"<b>"}`)
	body, err := request.Action{ID: "e1", Action: action, Finding: document, By: ann, Partition: "aws-us-gov",
		Region: "us-gov-west-1", At: noon.Add(time.Nanosecond)}.Body()
	if err != nil {
		t.Fatal(err)
	}
	got, err := finding.ParseEvent([]byte(body))
	want := finding.Event{ID: "e1", Time: noon.Add(time.Second - 1), Trigger: finding.CommandLine, ActionID: action.ID,
		By: ann.ARN, Findings: []json.RawMessage{json.RawMessage(`{"Id":"f1","Title":"\u003cb\u003e"}`)}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("ParseEvent = %v (-want +got):\n%s", err, diff)
	}
	body, err = request.Action{ID: "e1", Action: action, Finding: document, By: ann, Partition: "aws",
		Region: "us-east-1", At: noon, Despite: "the application is gone"}.Body()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := finding.ParseEvent([]byte(body)); err != nil || got.Despite != "the application is gone" {
		t.Errorf("despite the policy: %q, %v", got.Despite, err)
	}
	if _, err := (request.Action{Finding: json.RawMessage("{")}).Body(); err == nil {
		t.Error("half a finding is sent")
	}
}

func record(attempts ...decide.Attempt) decide.Record { return decide.Record{Attempts: attempts} }

func TestOfUndo(t *testing.T) {
	t.Parallel()
	running := record(decide.Attempt{Number: 1, State: decide.Succeeded},
		decide.Attempt{Number: 2, State: decide.Running, Undo: "x", Request: "r1", ExecutionID: "exec-2"})
	refused := record()
	refused.Refused = decide.UndoRefusal{Request: "r1", Reason: "It runs."}
	for name, tc := range map[string]struct {
		rec  decide.Record
		want string
		over bool
	}{
		"nobody came to it": {record(), "queued", false},
		"runs":              {running, "running as execution exec-2", false},
		"refused":           {refused, "refused: It runs.", true},
		"of another request": {record(decide.Attempt{Number: 1, State: decide.Succeeded, Request: "r2"}),
			"queued", false},
	} {
		if p := request.OfUndo(tc.rec, "r1"); p.String() != tc.want || p.Over() != tc.over || p.Succeeded() {
			t.Errorf("%s: %q, over %t, want %q", name, p, p.Over(), tc.want)
		}
	}
}

func TestOfFinding(t *testing.T) {
	t.Parallel()
	mine, other := decide.Ref{ID: "f1", Event: "mine"}, decide.Ref{ID: "f1", Event: "another"}
	attempt := func(number int, state decide.State, refs ...decide.Ref) decide.Attempt {
		return decide.Attempt{Number: number, State: state, Findings: refs}
	}
	for name, tc := range map[string]struct {
		rec     decide.Record
		settled int
		found   int // number of the attempt; 0 for none
	}{
		"nothing yet":               {record(), 0, 0},
		"what was over before":      {record(attempt(1, decide.Failed, other)), 1, 0},
		"what answered the request": {record(attempt(1, decide.Succeeded, mine)), 1, 1},
		"what ran already":          {record(attempt(1, decide.Running, other)), 0, 1},
		"a new one":                 {record(attempt(1, decide.Failed), attempt(2, decide.Queued, mine)), 1, 2},
		"a new one of another finding": {record(attempt(1, decide.Failed),
			attempt(2, decide.Queued, decide.Ref{ID: "f2"})), 1, 0},
		"an undo that has the finding too": {record(attempt(1, decide.Succeeded),
			decide.Attempt{Number: 2, State: decide.Running, Undo: "x", Findings: []decide.Ref{other}}), 1, 0},
	} {
		p := request.OfFinding(tc.rec, mine, tc.settled)
		if (p.Attempt != nil) != (tc.found > 0) || p.Attempt != nil && p.Attempt.Number != tc.found {
			t.Errorf("%s: %+v", name, p.Attempt)
		}
	}
	for want, rec := range map[int]decide.Record{
		0: record(), 1: record(attempt(1, decide.Failed)),
		2: record(attempt(1, decide.Failed), attempt(2, decide.Succeeded)), 3: record(attempt(4, decide.Running)),
	} {
		if got := request.Settled(rec); got != want {
			t.Errorf("Settled = %d, want %d", got, want)
		}
	}
}

// A request that the policy stops says so, with the next command.
func TestOfFindingThatWaits(t *testing.T) {
	t.Parallel()
	mine := decide.Ref{ID: "f1", Event: "mine"}
	waits := func(p decide.Parked, x decide.Proposal) decide.Record {
		p.Request.Ref = mine
		return decide.Record{Parked: []decide.Parked{p}, Proposal: x}
	}
	asked := func(x decide.Proposal) decide.Record {
		x.Round = 2
		return waits(decide.Parked{Cause: decide.Asked}, x)
	}
	id := asked(decide.Proposal{State: decide.Open}).ProposalID()
	for name, tc := range map[string]struct {
		rec  decide.Record
		want string
		over bool
	}{
		"exempt": {waits(decide.Parked{Cause: decide.Exempted, Rule: "Payments", RuleEnds: noon, Owner: "ann",
			Ticket: "T-1"}, decide.Proposal{}), `exempt: Rule "Payments" of the policy exempts it until 2026-03-01 12:00 UTC. Owner: ann. ` +
			`Ticket: T-1. To remediate it nevertheless, add --despite-policy REASON.`, true},
		"it was exempt": {waits(decide.Parked{Cause: decide.Exempted, ReturnedAt: noon}, decide.Proposal{}), "queued",
			false},
		"it is planned": {asked(decide.Proposal{State: decide.Wanted}),
			"pending: proposal " + id + " needs approval, and is being planned", false},
		"the plan failed": {asked(decide.Proposal{State: decide.Wanted, Problem: "No role."}), "pending: proposal " +
			id + " needs approval, but its plan failed: No role. Hubmend plans it again.", true},
		"it is proposed": {asked(decide.Proposal{State: decide.Open, Plan: "Would close it."}), "pending: proposal " +
			id + " needs approval: `hubmend approve " + id + "`. Plan: Would close it.", true},
	} {
		p := request.OfFinding(tc.rec, mine, 0)
		if p.String() != tc.want || p.Over() != tc.over || p.Succeeded() {
			t.Errorf("%s: %q, over %t, want %q", name, p, p.Over(), tc.want)
		}
	}
	another := decide.Ref{ID: "f1", Event: "another"}
	if p := request.OfFinding(asked(decide.Proposal{State: decide.Open}), another, 0); p != (request.Progress{}) {
		t.Errorf("another request of the finding: %q", p)
	}
}

func TestOfAnswer(t *testing.T) {
	t.Parallel()
	const id = "answer-1"
	attempt := func(number int, state decide.State, request string) decide.Attempt {
		return decide.Attempt{Number: number, State: state, Request: request, Proposal: 1, ExecutionID: "exec",
			Class: "denied", Reason: "No."}
	}
	answered := func(attempts ...decide.Attempt) decide.Record {
		return decide.Record{LastAnswer: id, Attempts: attempts}
	}
	refused := decide.Record{Refused: decide.UndoRefusal{Request: id, Reason: "It expired."},
		Proposal: decide.Proposal{Round: 2, State: decide.Open}}
	for name, tc := range map[string]struct {
		rec        decide.Record
		approve    bool
		want       string
		over, done bool
		replaced   bool
	}{
		"nobody came to it": {record(), true, "queued", false, false, false},
		"runs": {answered(attempt(1, decide.Running, id)), true, "running as execution exec", false, false,
			false},
		"is tried again": {answered(attempt(1, decide.Failed, id), attempt(2, decide.Running, "")), true,
			"running as execution exec", false, false, false},
		"is over, and something else followed": {answered(attempt(1, decide.Failed, id),
			decide.Attempt{Number: 2, State: decide.Running}), true, "failed (denied): No.", true, false, false},
		"rejected":               {answered(), false, "rejected", true, true, false},
		"refused, and replaced":  {refused, true, "refused: It expired.", true, false, true},
		"nothing is left of it":  {answered(), true, "refused: It was approved, but", true, false, false},
		"of another person, too": {decide.Record{LastAnswer: "another"}, true, "queued", false, false, false},
	} {
		p := request.OfAnswer(tc.rec, messages.Answer{ID: id, Round: 1, Approve: tc.approve})
		if !strings.HasPrefix(p.String(), tc.want) || p.Over() != tc.over || p.Succeeded() != tc.done ||
			(p.Proposal != nil) != tc.replaced {
			t.Errorf("%s: %q, over %t, done %t, replaced by %v", name, p, p.Over(), p.Succeeded(), p.Proposal)
		}
	}
}

func TestProgressIsTold(t *testing.T) {
	t.Parallel()
	for want, tc := range map[string]struct {
		attempt decide.Attempt
		over    bool
	}{
		"about to start": {decide.Attempt{State: decide.Queued}, false},
		"pending until 12:00:00 UTC": {decide.Attempt{State: decide.Queued, Cause: decide.Paced,
			NotBefore: noon}, false},
		"next attempt after 12:00:00 UTC": {decide.Attempt{State: decide.Queued, Cause: decide.Retry,
			NotBefore: noon}, false},
		"is paused until 12:00:00 UTC": {decide.Attempt{State: decide.Queued, Cause: decide.Broken,
			NotBefore: noon}, false},
		"pending until 12:00:00 UTC: a budget of the policy is used up": {decide.Attempt{State: decide.Queued,
			Cause: decide.OverBudget, NotBefore: noon}, false},
		"pending: The policy, or a fact that it depends on, cannot be read.": {decide.Attempt{State: decide.Queued,
			Cause: decide.Busy, NotBefore: noon}, true},
		"pending: Hubmend is paused; it continues after `hubmend resume`": {decide.Attempt{State: decide.Queued,
			Cause: decide.Paused}, true},
		"starting":                   {decide.Attempt{State: decide.Claimed}, false},
		"done and verified: Closed.": {decide.Attempt{State: decide.Succeeded, Change: "Closed."}, true},
		"failed (refused): Changed since.": {decide.Attempt{State: decide.Failed, Class: decide.Refused,
			Reason: "Changed since."}, true},
	} {
		p := request.Progress{Attempt: &tc.attempt}
		if !strings.Contains(p.String(), want) || p.Over() != tc.over ||
			p.Succeeded() != (tc.attempt.State == decide.Succeeded) {
			t.Errorf("%q, over %t; want %q", p, p.Over(), want)
		}
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	states := []decide.State{decide.Queued, decide.Running, decide.Succeeded}
	var told []string
	look := func(context.Context) (request.Progress, error) {
		state := states[len(told)]
		return request.Progress{Attempt: &decide.Attempt{State: state}}, nil
	}
	p, err := request.Follow(t.Context(), time.Microsecond, look,
		func(p request.Progress) { told = append(told, string(p.Attempt.State)) })
	if diff := cmp.Diff([]string{"queued", "running", "succeeded"}, told); err != nil || diff != "" || !p.Succeeded() {
		t.Errorf("Follow = %v, told:\n%s", err, diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, err = request.Follow(ctx, time.Hour,
		func(context.Context) (request.Progress, error) { return request.Progress{}, nil },
		func(request.Progress) { cancel() })
	if !errors.Is(err, context.Canceled) || p.Over() {
		t.Errorf("interrupted: %v, %v", p, err)
	}
	if _, err := request.Follow(t.Context(), time.Hour,
		func(context.Context) (request.Progress, error) { return request.Progress{}, errDown }, nil); !errors.Is(err,
		errDown) {
		t.Errorf("the ledger is down: %v", err)
	}
}

func call(name, by string, at time.Time, edits ...func(*types.Event)) types.Event {
	e := types.Event{EventName: &name, EventSource: aws.String("ec2.amazonaws.com"), Username: &by, EventTime: &at,
		ReadOnly: aws.String("false")}
	for _, edit := range edits {
		edit(&e)
	}
	return e
}

// inSessionOf makes a call one that was made in the session of a role.
func inSessionOf(role string) func(*types.Event) {
	return func(e *types.Event) {
		e.CloudTrailEvent = aws.String(
			`{"userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "` + role + `"}}}}`)
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-1"
	opened := call("AuthorizeSecurityGroupIngress", "bob", noon.Add(time.Hour))
	noise := []types.Event{
		call("DescribeSecurityGroups", "eve", noon.Add(2*time.Hour),
			func(e *types.Event) { e.ReadOnly = aws.String("true") }),
		call("RevokeSecurityGroupIngress", "Automation-5fea7756", noon.Add(time.Minute),
			inSessionOf("hubmend-CloseSecurityGroupPorts")),
		call("AuthorizeSecurityGroupIngress", "carol", noon.Add(-time.Minute)),
	}
	want := []request.Change{{At: noon.Add(time.Hour), By: "bob", Call: "ec2:AuthorizeSecurityGroupIngress"}}
	automated := call("AuthorizeSecurityGroupIngress", "Automation-0b0a7756", noon.Add(time.Hour),
		inSessionOf("patching"))
	for name, tc := range map[string]struct {
		events map[string][]types.Event
		asked  []string
		want   []request.Change
	}{
		"known by its id":  {map[string][]types.Event{"sg-1": append(noise, opened)}, []string{"sg-1"}, want},
		"known by its ARN": {map[string][]types.Event{"sg-1": noise, arn: {opened}}, []string{"sg-1", arn}, want},
		"nobody":           {map[string][]types.Event{"sg-1": noise}, []string{"sg-1", arn}, nil},
		"an automation of others": {map[string][]types.Event{"sg-1": append(noise, automated)}, []string{"sg-1"},
			[]request.Change{{At: noon.Add(time.Hour), By: "patching/Automation-0b0a7756",
				Call: "ec2:AuthorizeSecurityGroupIngress"}}},
	} {
		s := &service{events: tc.events}
		got, err := request.Changes(t.Context(), s, arn, noon)
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" || !cmp.Equal(tc.asked, s.asked) {
			t.Errorf("%s: asked %q, %v (-want +got):\n%s", name, s.asked, err, diff)
		}
	}
	if _, err := request.Changes(t.Context(), &service{err: errDown}, arn, noon); !errors.Is(err, errDown) {
		t.Errorf("Changes = %v", err)
	}
}
