package executions_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// answer is what an endpoint says: a JSON body of Systems Manager, or XML of STS.
type answer struct {
	status int
	body   string
}

// endpoint is STS and Systems Manager behind one address.
type endpoint struct {
	sts, ssm answer

	mu    sync.Mutex
	calls []string       // what was called, by whom, where
	input map[string]any // of the last call of Systems Manager
	forms []url.Values   // of the calls of STS

	lookups []map[string]any // the inputs of CloudTrail, with the Region
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	signer := r.Header.Get("Authorization") // ... Credential=KEY/date/region/service/aws4_request, ...
	scope := strings.Split(signer[strings.Index(signer, "Credential=")+len("Credential="):], "/")
	said := e.sts
	if operation := r.Header.Get("X-Amz-Target"); operation != "" {
		said = e.ssm
		e.calls = append(e.calls, fmt.Sprintf("%s by %s in %s", operation, scope[0], scope[2]))
		e.input = nil
		_ = json.Unmarshal(body, &e.input)
		if strings.Contains(operation, "LookupEvents") {
			e.input["region"] = scope[2]
			e.lookups = append(e.lookups, e.input)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	} else {
		form, _ := url.ParseQuery(string(body))
		e.forms = append(e.forms, form)
		e.calls = append(e.calls, fmt.Sprintf("%s by %s in %s", form.Get("Action"), scope[0], scope[2]))
		w.Header().Set("Content-Type", "text/xml")
	}
	w.WriteHeader(said.status)
	_, _ = io.WriteString(w, said.body)
}

var assumed = answer{200,
	`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>MEMBERKEY</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2126-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>`}

func stsError(code, message string) answer {
	return answer{403, fmt.Sprintf(
		`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, code, message)}
}

func ssmError(status int, code, message string) answer {
	text, _ := json.Marshal(map[string]string{"__type": code, "Message": message})
	return answer{status, string(text)}
}

func accounts(t *testing.T, e *endpoint) *executions.Accounts {
	t.Helper()
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return &executions.Accounts{Partition: "aws", Config: aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1, HTTPClient: server.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("ADMINKEY", "s", ""),
	}}
}

var (
	group   = target.Target{Account: "222222222222", Region: "eu-west-1", Runbook: "ClosePorts", Resource: "sg-1"}
	attempt = decide.Attempt{Number: 2, Trigger: finding.Automatic,
		Parameters: target.Parameters{"GroupId": {Values: []string{"sg-1"}},
			"Ports": {Values: []string{"22", "3389"}, List: true}}}
)

func TestStart(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ region, called string }{
		"regional": {"eu-west-1", "eu-west-1"},
		"global":   {target.Global, "us-east-1"}, // where the function is
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &endpoint{sts: assumed, ssm: answer{200, `{"AutomationExecutionId":"exec-1"}`}}
			one := group
			one.Region = tc.region
			id, err := accounts(t, e).Start(t.Context(), one, attempt)
			if err != nil || id != "exec-1" {
				t.Fatalf("Start = %q, %v", id, err)
			}
			if diff := cmp.Diff([]string{"AssumeRole by ADMINKEY in us-east-1",
				"AmazonSSM.StartAutomationExecution by MEMBERKEY in " + tc.called}, e.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			want := map[string]any{
				"DocumentName": "hubmend-ClosePorts", "ClientToken": attempt.ClientToken(one),
				"Parameters": map[string]any{
					"GroupId": []any{"sg-1"}, "Ports": []any{"22", "3389"},
					"AutomationAssumeRole": []any{"arn:aws:iam::222222222222:role/hubmend-ClosePorts"},
				},
			}
			if diff := cmp.Diff(want, e.input); diff != "" {
				t.Errorf("input (-want +got):\n%s", diff)
			}
			if f := e.forms[0]; f.Get("RoleArn") != "arn:aws:iam::222222222222:role/hubmend-dispatch" ||
				f.Get("RoleSessionName") != one.Key() {
				t.Errorf("assumed %s as %s", f.Get("RoleArn"), f.Get("RoleSessionName"))
			}
			if len(attempt.Parameters) != 2 {
				t.Error("the attempt's parameters were changed")
			}
		})
	}
}

// A plan is the same runbook under the same role, and so are its errors.
func TestPlan(t *testing.T) {
	t.Parallel()
	e := &endpoint{sts: assumed, ssm: answer{200, `{"AutomationExecutionId":"exec-1"}`}}
	id, err := accounts(t, e).Plan(t.Context(), group, attempt.Parameters, "token")
	if err != nil || id != "exec-1" {
		t.Fatalf("Plan = %q, %v", id, err)
	}
	want := map[string]any{
		"DocumentName": "hubmend-ClosePorts", "ClientToken": "token",
		"Parameters": map[string]any{
			"GroupId": []any{"sg-1"}, "Ports": []any{"22", "3389"}, "Mode": []any{"plan"},
			"AutomationAssumeRole": []any{"arn:aws:iam::222222222222:role/hubmend-ClosePorts"},
		},
	}
	if diff := cmp.Diff(want, e.input); diff != "" {
		t.Errorf("input (-want +got):\n%s", diff)
	}
	if len(attempt.Parameters) != 2 {
		t.Error("the parameters were changed")
	}
	e.ssm = ssmError(400, "InvalidAutomationExecutionParametersException", "parameter Mode is not declared")
	_, err = accounts(t, e).Plan(t.Context(), group, attempt.Parameters, "token")
	check(t, err, "may be too old; update the template hubmend-member-runbooks there (")
	var refused *executions.Refused
	if errors.As(err, &refused) && refused.Class != failure.NotReady {
		t.Errorf("the class is %q", refused.Class)
	}
}

// An approved repair never starts without its digest, even if the runbook is too old to compare it.
func TestStartOfWhatWasApproved(t *testing.T) {
	t.Parallel()
	e := &endpoint{sts: assumed, ssm: answer{200, `{"AutomationExecutionId":"exec-1"}`}}
	approved := attempt
	approved.Expected = strings.Repeat("a1", 32)
	if _, err := accounts(t, e).Start(t.Context(), group, approved); err != nil {
		t.Fatal(err)
	}
	given := e.input["Parameters"].(map[string]any)
	if diff := cmp.Diff([]any{approved.Expected}, given["Expected"]); diff != "" || given["Mode"] != nil {
		t.Errorf("parameters %v", given)
	}
	e.ssm = ssmError(400, "InvalidAutomationExecutionParametersException", "parameter Expected is not declared")
	e.calls = nil
	_, err := accounts(t, e).Start(t.Context(), group, approved)
	check(t, err, "may be too old")
	if len(e.calls) != 2 { // AssumeRole, and the one start
		t.Errorf("calls %v", e.calls)
	}
}

// The undo of a repair is another document under another role, and runs where the repair ran.
func TestStartOfAnUndo(t *testing.T) {
	t.Parallel()
	e := &endpoint{sts: assumed, ssm: answer{200, `{"AutomationExecutionId":"exec-2"}`}}
	undo := decide.Attempt{Number: 3, Undo: "exec-1",
		Parameters: target.Parameters{"ExecutionId": {Values: []string{"exec-1"}}}}
	if id, err := accounts(t, e).Start(t.Context(), group, undo); err != nil || id != "exec-2" {
		t.Fatalf("Start = %q, %v", id, err)
	}
	want := map[string]any{
		"DocumentName": "hubmend-UndoClosePorts", "ClientToken": undo.ClientToken(group),
		"Parameters": map[string]any{
			"ExecutionId":          []any{"exec-1"},
			"AutomationAssumeRole": []any{"arn:aws:iam::222222222222:role/hubmend-UndoClosePorts"},
		},
	}
	if diff := cmp.Diff(want, e.input); diff != "" {
		t.Errorf("input (-want +got):\n%s", diff)
	}
	e.ssm = ssmError(400, "AutomationDefinitionNotFoundException", "no")
	var refused *executions.Refused
	if _, err := accounts(t, e).Start(t.Context(), group, undo); !errors.As(err, &refused) ||
		!strings.Contains(refused.Reason, "no runbook hubmend-UndoClosePorts") {
		t.Errorf("without the document: %v", err)
	}
}

func TestStartErrors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sts, ssm answer
		refused  string // part of the reason; empty when trying again may help
	}{
		"no document": {assumed, ssmError(400, "AutomationDefinitionNotFoundException", "x"),
			"account 222222222222 has no runbook hubmend-ClosePorts in Region eu-west-1; deploy the template"},
		"not enabled": {assumed,
			ssmError(400, "UnrecognizedClientException", "The security token included in the request is invalid."),
			"Region eu-west-1 rejects the credentials of account 222222222222 (UnrecognizedClientException); " +
				"check whether the account has enabled the Region."},
		"no role": {stsError("AccessDenied", "User is not authorized to perform sts:AssumeRole"), answer{},
			"role hubmend-dispatch of account 222222222222 cannot be assumed; deploy the template"},
		"not allowed": {assumed,
			ssmError(400, "AccessDeniedException", "not authorized to perform: ssm:StartAutomationExecution"),
			"AccessDeniedException: not authorized to perform: ssm:StartAutomationExecution"},
		"parameters": {assumed,
			ssmError(400, "InvalidAutomationExecutionParametersException", "GroupId does not match"),
			"GroupId does not match"},
		"token": {assumed, ssmError(400, "IdempotentParameterMismatch", "the token was used"),
			"the token was used"},
		"throttled":      {assumed, ssmError(400, "ThrottlingException", "Rate exceeded"), ""},
		"too many":       {assumed, ssmError(400, "AutomationExecutionLimitExceededException", "x"), ""},
		"fault":          {assumed, ssmError(500, "InternalServerError", "x"), ""},
		"role throttled": {stsError("Throttling", "Rate exceeded"), answer{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := accounts(t, &endpoint{sts: tc.sts, ssm: tc.ssm}).Start(t.Context(), group, attempt)
			check(t, err, tc.refused)
		})
	}
	t.Run("nobody answers", func(t *testing.T) {
		t.Parallel()
		a := accounts(t, &endpoint{})
		gone := httptest.NewServer(nil)
		gone.Close()
		a.Config.BaseEndpoint = &gone.URL
		_, err := a.Start(t.Context(), group, attempt)
		check(t, err, "")
	})
}

func check(t *testing.T, err error, refused string) {
	t.Helper()
	var r *executions.Refused
	switch final := errors.As(err, &r); {
	case err == nil:
		t.Error("no error")
	case refused == "" && (final || !awserr.IsTransient(err)):
		t.Errorf("the error is final: %v", err)
	case refused != "" && (!final || !strings.Contains(r.Reason, refused)):
		t.Errorf("error = %v, want it final with %q", err, refused)
	case final && !strings.HasSuffix(r.Reason, "."):
		t.Errorf("the reason is no sentence: %q", r.Reason)
	}
}

// A load balancer or an overloaded service answers in its own words; the start is not over.
func TestStartWhenTheServiceIsDown(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]answer{
		"unavailable":      ssmError(503, "ServiceUnavailable", "x"),
		"internal failure": ssmError(500, "InternalFailure", "x"),
		"a page":           {502, "<html>Bad Gateway</html>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := accounts(t, &endpoint{sts: assumed, ssm: tc}).Start(t.Context(), group, attempt)
			check(t, err, "")
		})
	}
}

func TestReasonsEndOnce(t *testing.T) {
	t.Parallel()
	_, err := accounts(t,
		&endpoint{sts: assumed, ssm: ssmError(400, "InvalidParameters", "It is wrong.")}).Start(t.Context(), group,
		attempt)
	if err == nil || strings.HasSuffix(err.Error(), "..") {
		t.Errorf("reason = %v", err)
	}
}

func TestSessionsAreKept(t *testing.T) {
	t.Parallel()
	e := &endpoint{sts: assumed, ssm: answer{200, `{"AutomationExecutionId":"exec-1"}`}}
	a := accounts(t, e)
	other := group
	other.Account = "333333333333"
	var wait sync.WaitGroup
	for _, one := range []target.Target{group, group, other, group} {
		wait.Go(func() {
			if _, err := a.Start(t.Context(), one, attempt); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	roles := map[string]int{}
	for _, f := range e.forms {
		roles[f.Get("RoleArn")]++
	}
	want := map[string]int{"arn:aws:iam::222222222222:role/hubmend-dispatch": 1,
		"arn:aws:iam::333333333333:role/hubmend-dispatch": 1}
	if diff := cmp.Diff(want, roles); diff != "" {
		t.Errorf("roles assumed (-want +got):\n%s", diff)
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	e := &endpoint{sts: assumed,
		ssm: answer{200, `{"AutomationExecution":{"AutomationExecutionId":"exec-1","AutomationExecutionStatus":"Success","ExecutionStartTime":1772366400,"Outputs":{"decide.Change":["Closed."]}}}`}}
	got, err := accounts(t, e).Outcome(t.Context(), "222222222222", "eu-west-1", "exec-1")
	if diff := cmp.Diff(decide.Outcome{ExecutionID: "exec-1", StartedAt: time.Unix(1772366400, 0).UTC(),
		Succeeded: true, Change: "Closed."}, got); err != nil || diff != "" {
		t.Errorf("Outcome = %v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff([]string{"AssumeRole by ADMINKEY in us-east-1",
		"AmazonSSM.GetAutomationExecution by MEMBERKEY in eu-west-1"}, e.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"AutomationExecutionId": "exec-1"}, e.input); diff != "" {
		t.Error(diff)
	}
	if f := e.forms[0]; f.Get("RoleArn") != "arn:aws:iam::222222222222:role/hubmend-settle" {
		t.Errorf("assumed %s", f.Get("RoleArn"))
	}
}

// History is kept for 30 days, and an execution that is lost must not keep its target for ever.
func TestOutcomeOfAnExecutionThatIsGone(t *testing.T) {
	t.Parallel()
	e := &endpoint{sts: assumed, ssm: ssmError(400, "AutomationExecutionNotFoundException", "x")}
	got, err := accounts(t, e).Outcome(t.Context(), "222222222222", "eu-west-1", "exec-1")
	want := decide.Outcome{ExecutionID: "exec-1", Class: decide.Internal,
		Reason: "Systems Manager no longer has the execution."}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Outcome = %v (-want +got):\n%s", err, diff)
	}
}

func TestOutcomeErrors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		ssm        answer
		transient  bool
		isNotEnded bool
	}{
		"throttled": {ssmError(400, "ThrottlingException", "x"), true, false},
		"denied":    {ssmError(400, "AccessDeniedException", "x"), false, false},
		"runs": {answer{200,
			`{"AutomationExecution":{"AutomationExecutionId":"exec-1","AutomationExecutionStatus":"InProgress"}}`},
			false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := accounts(t, &endpoint{sts: assumed, ssm: tc.ssm}).Outcome(t.Context(), "222222222222",
				"eu-west-1", "exec-1")
			if err == nil || awserr.IsTransient(err) != tc.transient ||
				errors.Is(err, executions.ErrNotEnded) != tc.isNotEnded {
				t.Errorf("Outcome error = %v", err)
			}
		})
	}
}
