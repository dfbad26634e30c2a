package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/policy"
)

const two = "sg-22222222"

// govern puts a policy in force that has one rule.
func (w *world) govern(r policy.Rule) {
	p := policy.Policy{Format: policy.Format, Rules: []policy.Rule{r}}
	w.policy = policy.Version{Number: 1, Policy: p, Hash: p.Hash()}
}

func exempt(when policy.When) policy.Rule {
	return policy.Rule{Name: "r", Decision: policy.Exempt, When: when}
}

var started = []string{"save claimed", "update f1 NOTIFIED", "start sg-11111111 1 22", "save running"}

// The policy is read once for a batch, and facts only where a rule depends on them.
func TestPolicyIsAsked(t *testing.T) {
	t.Parallel()
	parked := []string{"save nothing", "update f1 NOTIFIED"}
	told := func(done ...string) []string {
		return append(append([]string{}, done...),
			"notify Hubmend: repair policy unreadable: EC2.13 sg-11111111 in 222222222222")
	}
	for name, tc := range map[string]struct {
		rule policy.Rule
		edit func(*world)
		want []string
	}{
		"another control": {exempt(policy.When{Controls: []string{"S3.1"}}), func(*world) {}, started},
		"this control":    {exempt(policy.When{Controls: []string{"EC2.13"}}), func(*world) {}, parked},
		"its group":       {exempt(policy.When{Groups: []string{"CIS4142"}}), func(*world) {}, parked},
		"its standard": {exempt(policy.When{Standards: []string{"cis-aws-foundations-benchmark/v/1.2.0"}}),
			func(*world) {}, parked},
		"its risk": {exempt(policy.When{Risks: []string{"low"}}), func(*world) {}, started},
		"its OU": {exempt(policy.When{OUs: []string{"ou-1"}}),
			func(w *world) { w.ous = []string{"ou-1", "r-1"} },
			append([]string{"read OUs of 222222222222"}, parked...)},
		"another OU": {exempt(policy.When{OUs: []string{"ou-1"}}),
			func(w *world) { w.ous = []string{"r-1"} }, append([]string{"read OUs of 222222222222"}, started...)},
		"its tag": {exempt(policy.When{Tags: []string{"keep"}}),
			func(w *world) { w.tags = map[string]string{"keep": ""} },
			append([]string{"read tags of sg-11111111"}, parked...)},
		"tags that cannot be read": {exempt(policy.When{Tags: []string{"keep"}}),
			func(w *world) { w.fail["Tags"] = true }, append(told("read tags of sg-11111111"), parked...)},
		"OUs that cannot be read": {exempt(policy.When{OUs: []string{"ou-1"}}),
			func(w *world) { w.fail["OUs"] = true }, append(told("read OUs of 222222222222"), parked...)},
		"no policy can be read": {policy.Rule{}, func(w *world) { w.fail["Current"] = true },
			append(told(), parked...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.govern(tc.rule)
			tc.edit(w)
			if failed := w.handle(t, m1); failed != nil {
				t.Errorf("%q come back", failed)
			}
			if diff := cmp.Diff(tc.want, w.take()); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
		})
	}
}

// A table that does not answer is no broken policy: the batch comes back, as when a record cannot be read.
func TestPolicyReadIsThrottled(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.policyErr = &types.ProvisionedThroughputExceededException{}
	if failed := w.handle(t, m1); len(failed) != 1 || len(w.take()) != 0 {
		t.Errorf("%q come back", failed)
	}
}

// Budgets are shared by all functions, by way of the ledger.
func TestBudget(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.policy.Policy.Budgets = policy.Budgets{HourlyPerControlAndAccount: 1}
	w.handle(t, m1)
	w.handle(t, imported("m2", sg("f2", "EC2.13", two)))
	w.take()
	if a := w.attempt(t, one); a.State != decide.Running {
		t.Errorf("the first is %s", a.State)
	}
	if a := w.attempt(t, two); a.State != decide.Queued || a.Cause != decide.OverBudget ||
		!a.NotBefore.Equal(noon.Truncate(time.Hour).Add(time.Hour)) {
		t.Errorf("the second is %+v", a)
	}
	w.fail["Take"] = true
	if failed := w.handle(t, imported("m3", sg("f3", "EC2.13", "sg-33333333"))); len(failed) != 1 {
		t.Errorf("%q come back when the budget cannot be counted", failed)
	}
}

// A proposal is planned by an execution in a slot of its own, and approved by a message.
func TestProposal(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.govern(policy.Rule{Name: "r", Decision: policy.Ask})
	w.seen["f1"] = asks()
	if failed := w.handle(t, m1); failed != nil {
		t.Fatalf("%q come back", failed)
	}
	want := []string{"save nothing", "update f1 NOTIFIED", "plan sg-11111111 22", "save nothing"}
	if diff := cmp.Diff(want, w.take()); diff != "" {
		t.Fatalf("done (-want +got):\n%s", diff)
	}
	rec := w.record(t, one)
	planned := decide.OnPlanned(rec,
		decide.Outcome{ExecutionID: rec.Proposal.ExecutionID, Planning: true, Succeeded: true,
			Change: "Closed.", Digest: "d1"}, nil, w.now)
	if _, err := w.memory.Save(t.Context(), planned.Record); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Minute)
	answer := messages.Answer{ID: repairID, Key: targetOf(one).Key(), Round: 1, Approve: true,
		By: "arn:aws:iam::111111111111:user/ann", At: w.now}
	if failed := w.handle(t, raw("a1", answer.Body())); failed != nil {
		t.Errorf("%q come back", failed)
	}
	if diff := cmp.Diff(started, w.take()); diff != "" {
		t.Errorf("approved (-want +got):\n%s", diff)
	}
	if a := w.attempt(t, one); a.Expected != "d1" || !strings.HasSuffix(a.By, "user/ann") {
		t.Errorf("attempt = %+v", a)
	}
	w.handle(t, raw("a2", `{"source":"hubmend.answer","detail":{"key":"k"}}`))
	answer.Key = targetOf(two).Key()
	w.handle(t, raw("a3", answer.Body()))
	if len(w.buried) != 2 {
		t.Errorf("buried %q", w.buried)
	}
}

// An account that is not ready for a planning execution is one that is not ready for a repair.
func TestPlanIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.govern(policy.Rule{Name: "r", Decision: policy.Ask})
	w.startErr = &executions.Refused{Reason: "no role.", Class: failure.NotReady, Scope: failure.Account}
	w.handle(t, m1)
	rec := w.record(t, one)
	account, err := w.memory.LoadAccount(t.Context(), "222222222222")
	if err != nil || len(account.Missing) != 1 || rec.Proposal.State != decide.Wanted || rec.Proposal.Problem == "" {
		t.Errorf("proposal %+v, account %+v, %v", rec.Proposal, account, err)
	}
	w.startErr = errThrottled
	w.govern(policy.Rule{Name: "r", Decision: policy.Ask})
	w.handle(t, imported("m2", sg("f2", "EC2.13", two)))
	if x := w.record(t, two).Proposal; x.State != decide.Wanted || x.Problem != "" {
		t.Errorf("throttled: %+v", x)
	}
}
