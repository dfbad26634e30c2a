package lab_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab"
)

// nothing is a document that ends at once.
const nothing = `{"schemaVersion": "0.3", "assumeRole": "arn:aws:iam::222222222222:role/runs", "mainSteps": [{"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}, "isEnd": true}]}`

// starting is a lab with a function that may start a document in the member's account.
func starting(t *testing.T) (world, *journal) {
	t.Helper()
	w, j := upWithFunction(t, stacks{
		admin:    merged(fed("starts"), resources{"Topic": resource("AWS::SNS::Topic", object{"TopicName": "people"})}),
		runbooks: resources{"Doc": resource("AWS::SSM::Document", object{"Name": "nothing", "Content": nothing})},
	})
	w.role(t, member, "runs", trust(object{"Service": "ssm.amazonaws.com"}, nil))
	w.role(t, member, "start", trust(object{"AWS": "arn:aws:iam::" + admin + ":role/starts-function"}, nil))
	return w, j
}

const startOrder = "start arn:aws:iam::" + member + ":role/start nothing"

func (w world) intervene(t *testing.T, i lab.Intervention) {
	t.Helper()
	if err := w.Intervene(i); err != nil {
		t.Fatal(err)
	}
}

// A function that is killed before a call did not make it, one that is killed after it
// did; either way its message comes back to a new process.
func TestKill(t *testing.T) {
	t.Parallel()
	w, j := starting(t)
	if err := w.Intervene(lab.Intervention{Before: "ssm:StartAutomationExecution", Function: "nobody",
		Kill: true}); err == nil || !strings.Contains(err.Error(), "function nobody not found") {
		t.Errorf("Intervene for an unknown function = %v", err)
	}
	const api = "ssm:StartAutomationExecution"
	executions := 0
	for _, tc := range []struct {
		name string
		i    lab.Intervention
		want int
		told string
	}{
		{"before", lab.Intervention{Before: api, Kill: true}, 1, "starts is killed before " + api},
		{"after", lab.Intervention{After: api, Kill: true}, 2, "starts is killed after " + api},
	} {
		tc.i.Function = "starts"
		w.intervene(t, tc.i)
		if diff := cmp.Diff([]string{"starts " + tc.name + " " + api}, w.Unused()); diff != "" {
			t.Errorf("interventions to come (-want +got):\n%s", diff)
		}
		w.send(t, "starts", "say "+tc.name, startOrder)
		w.quiet(t)
		if left := w.Unused(); left != nil {
			t.Errorf("interventions still to come are %q", left)
		}
		if got := len(w.Executions()) - executions; got != tc.want {
			t.Errorf("killed %s: %d executions, want %d", tc.name, got, tc.want)
		}
		executions = len(w.Executions())
		if diff := cmp.Diff([]string{"1", "2"}, j.texts(tc.name)); diff != "" {
			t.Errorf("killed %s: deliveries (-want +got):\n%s", tc.name, diff)
		}
		if faults := w.told(lab.KindFault); faults[len(faults)-1] != tc.told {
			t.Errorf("the story tells %q", faults)
		}
	}
	if cold := len(w.ColdStarts()); cold != 3 {
		t.Errorf("%d cold starts, want the first and one after each kill", cold)
	}
	if p := w.problems(); len(p) != 2 || !strings.Contains(p[0], "signal: killed") {
		t.Errorf("problems are %q", p)
	}
	for _, c := range w.Calls() {
		if c.API == "StartAutomationExecution" &&
			(c.Function != "starts" || !strings.HasSuffix(c.Caller, "assumed-role/start/target")) {
			t.Errorf("the call is of %q, %s", c.Function, c.Caller)
		}
	}
}

// A function gets an error in the protocol of the service, before a call or after it.
func TestForcedErrors(t *testing.T) {
	t.Parallel()
	w, j := starting(t)
	topic := "arn:aws:sns:us-east-1:" + admin + ":people"
	for name, tc := range map[string]struct {
		i       lab.Intervention
		order   string
		code    string
		notices int
	}{
		"JSON": {lab.Intervention{Before: "ssm:StartAutomationExecution",
			ErrorCode: "AutomationExecutionLimitExceededException", ErrorMessage: "m & n"}, startOrder,
			"AutomationExecutionLimitExceededException", 0},
		"query": {lab.Intervention{Before: "sns:Publish", ErrorCode: "AuthorizationError", ErrorMessage: "m & n"},
			"publish " + topic, "AuthorizationError", 1},
		"REST": {lab.Intervention{Before: "securityhub:BatchUpdateFindings", ErrorCode: "AccessDeniedException",
			ErrorMessage: "m & n"}, "update f", "AccessDeniedException", 0},
		"after": {lab.Intervention{After: "sns:Publish", ErrorCode: "AuthorizationError", ErrorMessage: "m & n"},
			"publish " + topic, "AuthorizationError", 2},
	} {
		t.Run(name, func(t *testing.T) {
			failures, notices := len(j.of("failed")), len(w.Notices())
			tc.i.Function = "starts"
			w.intervene(t, tc.i)
			w.send(t, "starts", tc.order)
			w.quiet(t)
			said := j.texts("failed")[failures:]
			if len(said) != 1 || !strings.Contains(said[0], tc.code) || !strings.Contains(said[0], "m & n") {
				t.Errorf("the function says %q, want %s: m & n", said, tc.code)
			}
			if got := len(w.Notices()) - notices; got != tc.notices {
				t.Errorf("%d notices, want %d", got, tc.notices)
			}
		})
	}
}

// An intervention that lasts begins with the first call that meets it.
func TestLastingIntervention(t *testing.T) {
	t.Parallel()
	w, j := starting(t)
	const lasts = 800 * time.Millisecond
	w.intervene(t, lab.Intervention{Function: "starts", Before: "sns:Publish", For: lasts,
		ErrorCode: "AuthorizationError", ErrorMessage: "no"})
	time.Sleep(lasts)
	topic := "arn:aws:sns:us-east-1:" + admin + ":people"
	w.send(t, "starts", "publish "+topic)
	w.send(t, "starts", "publish "+topic)
	w.quiet(t)
	if got := len(j.of("failed")); got != 2 || len(w.Notices()) != 2 {
		t.Errorf("%d calls failed and %d got through, want the first try of both and the second", got, len(w.Notices()))
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	notifications := object{"source": []any{"aws.ssm"}}
	imports := object{"source": []any{"aws.securityhub"}, "account": []any{admin}}
	s := stacks{
		admin: resources{"In": queue("in"), "InPolicy": allow("in", "*"),
			"Imports": onBus("default", "imports", imports, object{"Id": "t", "Arn": queueARN("in")})},
		runbooks: resources{
			"Doc":    resource("AWS::SSM::Document", object{"Name": "nothing", "Content": nothing}),
			"Status": onBus("default", "status", notifications, object{"Id": "t", "Arn": queueARN("in")}),
		},
	}
	w := upAs(t, s, func(c *lab.Config) {
		c.Faults = lab.Faults{DropStatusEvents: true, DeliverTwice: true, StartsPerSecond: 1}
	})
	w.role(t, member, "runs", trust(object{"Service": "ssm.amazonaws.com"}, nil))
	in := object{"DocumentName": "nothing"}
	started := 0
	for ; started < 20; started++ { // a slow machine needs more than two
		if _, err := w.try(t, member, "ssm", "StartAutomationExecution", in); err != nil {
			break
		}
	}
	w.refused(t, member, "ssm", "StartAutomationExecution", in, "ThrottlingException", "Rate exceeded")
	if problem := w.importOne(t, member, asff("f", nil)); problem != "" {
		t.Fatal(problem)
	}
	w.quiet(t)

	imported := admin + " Security Hub Findings - Imported"
	if diff := cmp.Diff([]string{imported, imported}, w.received(t, "in")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if n := len(w.Executions()); n != started {
		t.Errorf("%d executions, want those %d that were not throttled", n, started)
	}
	want := []string{"queue in gets the message twice", "the start of nothing is throttled",
		"the start of nothing is throttled"}
	for _, e := range w.Executions() {
		want = append(want, "the status event of "+e.ID+" is lost")
	}
	if diff := cmp.Diff(sorted(want), sorted(w.told(lab.KindFault))); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func sorted(texts []string) []string { return slices.Sorted(slices.Values(texts)) }
