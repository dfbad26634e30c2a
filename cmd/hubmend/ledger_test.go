package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cloudformationtypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/overview"
)

// administration is an administrator's account with a ledger, in a Region of its own.
type administration struct {
	env    []string
	config aws.Config
	ledger *ledger.DynamoDB
}

func administer(t *testing.T, endpoint, region string) administration {
	t.Helper()
	cfg := aws.Config{Region: region, BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "")}
	client := dynamodb.NewFromConfig(cfg)
	a := administration{
		slices.Concat(nobody,
			[]string{"AWS_ENDPOINT_URL=" + endpoint, "AWS_ENDPOINT_URL_SECURITYHUB=" + withoutV2(t),
				"AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret"}),
		cfg, &ledger.DynamoDB{Client: client, Table: naming.LedgerTable, Now: time.Now},
	}
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(naming.LedgerTable), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: "S"},
			{AttributeName: aws.String("sk"), AttributeType: "S"}},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// withoutV2 is a Security Hub where the new one is not enabled, which moto does not have.
func withoutV2(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// turn sets the switch.
func (a administration) turn(t *testing.T, value string) {
	t.Helper()
	_, err := ssm.NewFromConfig(a.config).PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String(naming.Switch), Value: &value, Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// set deploys a stack that has the settings of the guard and nothing else.
func (a administration) set(t *testing.T, attempts, hours string) {
	t.Helper()
	_, err := cloudformation.NewFromConfig(a.config).CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String(naming.AdminStack),
		TemplateBody: aws.String(
			`{"Parameters": {"MaxAttempts": {"Type": "String"}, "WindowHours": {"Type": "String"}, "NotificationEmail": {"Type": "String", "Default": ""}},
			"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}`),
		Parameters: []cloudformationtypes.Parameter{
			{ParameterKey: aws.String("MaxAttempts"), ParameterValue: &attempts},
			{ParameterKey: aws.String("WindowHours"), ParameterValue: &hours},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (a administration) save(t *testing.T, rec decide.Record) {
	t.Helper()
	if _, err := a.ledger.Save(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
}

func (a administration) archive(t *testing.T, one target.Target, at decide.Attempt, before string) {
	t.Helper()
	o := decide.Outcome{Change: at.Change, Reason: at.Reason, Before: before, After: `["closed"]`,
		Calls: `["ec2:DescribeSecurityGroups","ec2:RevokeSecurityGroupIngress\u001b[31m"]`}
	if err := a.ledger.Archive(t.Context(), decide.Record{Target: one},
		decide.Ended{Attempt: at, Outcome: o}); err != nil {
		t.Fatal(err)
	}
}

const workload = "222222222222"

func groupTarget(name string) target.Target {
	return target.Target{Account: workload, Region: "eu-west-1", Runbook: "CloseSecurityGroupPorts",
		Resource: "arn:aws:ec2:eu-west-1:" + workload + ":security-group/" + name}
}

var userTarget = target.Target{Account: workload, Region: target.Global, Runbook: "DeactivateOldAccessKeys",
	Resource: "arn:aws:iam::" + workload + ":user/ann"}

// attemptAt is an attempt that was asked for, claimed and ended so long ago.
func attemptAt(number int, before time.Duration, state decide.State) decide.Attempt {
	at := time.Now().Add(-before)
	return decide.Attempt{
		Number: number, State: state, Control: exampleControl().ID, Trigger: finding.Automatic,
		QueuedAt: at.Add(-20 * time.Second), ClaimedAt: at.Add(-19 * time.Second), EndedAt: at,
		ExecutionID: fmt.Sprintf("00000000-0000-4000-8000-%012d", number),
		Findings:    []decide.Ref{{ID: "arn:aws:securityhub:eu-west-1:222222222222:finding/f-1"}},
	}
}

// fill writes a ledger with a target of each kind.
func (a administration) fill(t *testing.T) {
	t.Helper()
	repaired := attemptAt(2, time.Hour, decide.Succeeded)
	repaired.Change = "Closed TCP 22 to the world."
	failed := attemptAt(1, 2*time.Hour, decide.Failed)
	failed.Reason, failed.Class = "It \x1b[31mbroke.", decide.Verification
	again := attemptAt(2, time.Hour, decide.Failed)
	again.Reason = "It broke again."
	queued := attemptAt(1, time.Minute, decide.Queued)
	queued.Cause, queued.NotBefore, queued.ExecutionID, queued.EndedAt = decide.Retry, time.Now().Add(
		time.Hour), "", time.Time{}

	a.save(t, decide.Record{Target: groupTarget("sg-1"), Attempts: []decide.Attempt{failed, repaired},
		Unconfirmed: []decide.Ref{{ID: "f-1"}}})
	a.save(t, decide.Record{Target: groupTarget("sg-2"), Attempts: []decide.Attempt{failed, again},
		SuspendedAt: time.Now()})
	a.save(t, decide.Record{Target: groupTarget("sg-3"), Attempts: []decide.Attempt{repaired}, HeldAt: time.Now(),
		HeldBy: "arn:aws:iam::111111111111:user/ann", HeldSender: "AROAEXAMPLE:bob"})
	a.save(t, decide.Record{Target: userTarget, Attempts: []decide.Attempt{queued}})
	a.archive(t, groupTarget("sg-1"), failed, "")
	compliant := attemptAt(1, 30*time.Minute, decide.Succeeded)
	compliant.Change = "Nothing to change: TCP 22 is not open to the world."
	a.archive(t, groupTarget("sg-4"), compliant, "")
	a.archive(t, groupTarget("sg-1"), repaired, `["{\"IpPermissions\":[{\"FromPort\":22}]}","plain"]`)
	if err := a.ledger.SaveBreaker(t.Context(),
		decide.Breaker{Control: exampleControl().ID, OpenUntil: time.Now().Add(time.Hour),
			Failures: make([]decide.TargetFailure, 5)}); err != nil {
		t.Fatal(err)
	}
}

func TestLedgerBadInput(t *testing.T) {
	t.Parallel()
	region, keys := "AWS_REGION=eu-west-1", []string{"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=x",
		"AWS_SECRET_ACCESS_KEY=y", "AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_MAX_ATTEMPTS=1"}
	for name, tc := range map[string]struct {
		args string
		env  []string
		want string
	}{
		"a word too many": {args: "status x", want: `unknown command "x"`},
		"unknown control": {args: "status --control EC2.99",
			want: "unknown control EC2.99; `hubmend controls` lists"},
		"account is no id": {args: "status --account 123",
			want: `"123" is not an account id, which has 12 digits`},
		"since is no time": {args: "status --since yesterday",
			want: `"yesterday" is not a length of time such as 90m, 36h or 7d`},
		"since nothing": {args: "status --since 0d", want: `"0d" is not`},
		"no Region":     {args: "status", want: "no AWS Region is set; set AWS_REGION"},
		"no credentials": {args: "status", env: []string{region},
			want: "no AWS credentials found; log in, or set AWS_PROFILE"},
		"nobody answers": {args: "history sg-1", env: keys,
			want: "AWS does not respond in eu-west-1; check AWS_REGION, AWS_ENDPOINT_URL"},
		"two targets":             {args: "history a b", want: "this command takes at most 1 argument, not 2; usage: hubmend history [TARGET]"},
		"no credentials, history": {args: "history sg-1", env: []string{region}, want: "no AWS credentials found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := hubmend(t, slices.Concat(nobody, tc.env), strings.Fields(tc.args)...)
			if code != exitUsage || stdout != "" {
				t.Errorf("exits with %d and prints %q", code, stdout)
			}
			if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "hubmend: ") ||
				!strings.Contains(stderr, tc.want) {
				t.Errorf("says %q, want one line that says %q", stderr, tc.want)
			}
		})
	}
	if code, _, stderr := hubmend(t, nobody, "history", ""); code != exitUsage ||
		!strings.Contains(stderr, "TARGET is empty") {
		t.Errorf("no name exits with %d and says %q", code, stderr)
	}
}

// AWS that takes no call, for a reason that a person can do something about.
func TestLedgerRefused(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"ExpiredTokenException": "the AWS credentials have expired; log in again",
		"UnrecognizedClientException": "eu-west-1 does not know these AWS credentials; log in again, or choose " +
			"another AWS_PROFILE or AWS_REGION",
		"AccessDeniedException": "access denied for these AWS credentials: AccessDeniedException: you may not",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := fmt.Sprintf(`{"__type": "%s", "message": "you may not"}`, code)
			if r.Header.Get("X-Amz-Target") == "" {
				answer = fmt.Sprintf(
					"<ErrorResponse><Error><Code>%s</Code><Message>you may not</Message></Error></ErrorResponse>", code)
			}
			w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(answer))), 10))
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, answer)
		}))
		t.Cleanup(server.Close)
		env := slices.Concat(nobody,
			[]string{"AWS_ENDPOINT_URL=" + server.URL, "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=id",
				"AWS_SECRET_ACCESS_KEY=secret"})
		for _, args := range [][]string{{"status"}, {"history", "sg-1"}, {"history", groupTarget("sg-1").Key()},
			{"doctor"}, {"dlq", "list"}} {
			code, stdout, stderr := hubmend(t, env, args...)
			if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 ||
				!strings.HasPrefix(stderr, "hubmend: "+want) {
				t.Errorf("%v exits with %d, prints %q, says %q; want %q", args, code, stdout, stderr, want)
			}
		}
		// Service Catalog wants a policy, which takes the place of what IAM says.
		want, _, _ = strings.Cut(want, ": AccessDenied")
		if code, _, stderr := hubmend(t, env, "playbook", "list"); code != exitUsage ||
			!strings.HasPrefix(stderr, "hubmend: list products: ") || !strings.Contains(stderr, want) {
			t.Errorf("playbook list exits with %d and says %q; want %q", code, stderr, want)
		}
	}
}

func TestLedgerCommands(t *testing.T) {
	t.Parallel()
	endpoint := startSQS(t) // all of moto is behind it
	for region, test := range map[string]func(*testing.T, administration){
		"eu-west-1": testStatus, "eu-west-2": testStatusEmpty, "eu-west-3": testStatusJSON, "eu-north-1": testHistory,
		"us-east-1": testHistoryNames, "us-west-1": testManyTargets, "us-west-2": testNewer,
		"ap-south-1": testUndone, "ap-east-1": testLatest, "eu-south-1": testHeldBack,
		"ca-central-1": testWaitingInV2,
	} {
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			test(t, administer(t, endpoint, region))
		})
	}
	t.Run("nothing is deployed", func(t *testing.T) {
		t.Parallel()
		env := slices.Concat(nobody,
			[]string{"AWS_ENDPOINT_URL=" + endpoint, "AWS_REGION=sa-east-1", "AWS_ACCESS_KEY_ID=id",
				"AWS_SECRET_ACCESS_KEY=secret"})
		for _, args := range [][]string{{"status"}, {"history"}, {"history", "sg-1"},
			{"history", groupTarget("sg-1").Key()}} {
			code, stdout, stderr := hubmend(t, env, args...)
			want := "hubmend: Hubmend is not deployed for these AWS credentials in sa-east-1: table hubmend-ledger not " +
				"found; use credentials of the administrator's account in the home Region, or deploy hubmend-admin\n"
			if code != exitUsage || stdout != "" || !strings.HasSuffix(stderr, want) {
				t.Errorf("%v exits with %d, prints %q, says %q", args, code, stdout, stderr)
			}
		}
	})
}

// mustPrint runs a command that must succeed, without a word of warning, and checks what it prints.
func (a administration) mustPrint(t *testing.T, args string, wants ...string) string {
	t.Helper()
	code, stdout, stderr := hubmend(t, a.env, strings.Fields(args)...)
	if code != 0 || stderr != "" || strings.Contains(stdout, "\x1b") {
		t.Fatalf("%s exits with %d, says %q, prints %q", args, code, stderr, stdout)
	}
	for _, want := range wants {
		if !strings.Contains(stdout, want) {
			t.Errorf("%s does not print %q but\n%s", args, want, stdout)
		}
	}
	return stdout
}

func testStatus(t *testing.T, a administration) {
	a.fill(t)
	a.turn(t, naming.SwitchActive)
	a.set(t, "2", "12")
	id := exampleControl().ID
	out := a.mustPrint(t, "status", "Hubmend in eu-west-1 is active.\n",
		"Resources: 1 suspended, 1 held, 1 queued.\n",
		"security-group/sg-2", "user/ann", "2 attempts within 12 h did not keep it compliant",
		"The repair was undone by arn:aws:iam::111111111111:user/ann,", "sent by AROAEXAMPLE:bob.",
		"Suspended until ", "Not before ",
		"\nWaiting for Security Hub to re-check (1 finding)\n",
		"Automatic remediation of "+id+" is paused until ",
		id+"          1          1       1        0       0      50%         20 s\n")
	if strings.Index(out, "suspended  ") > strings.Index(out, "queued  ") {
		t.Errorf("what needs attention is not first:\n%s", out)
	}
	if strings.Count(out, "unconfirmed") > 0 ||
		strings.Index(out, "security-group/sg-1") < strings.Index(out, "re-check") {
		t.Errorf("what waits for a re-check is listed elsewhere too:\n%s", out)
	}
	a.turn(t, "pausde") // as for the functions, a slip of the pen pauses
	a.mustPrint(t, "status --account 333333333333 --since 90m",
		"is paused. To activate it: hubmend resume",
		"No resource needs attention or is in progress.", "No remediation ended in the last 90m.")
}

func testStatusEmpty(t *testing.T, a administration) {
	code, stdout, stderr := hubmend(t, a.env, "status")
	if code != 0 || !strings.HasPrefix(stdout, "The state of Hubmend in eu-west-2 is unknown.\n") ||
		!strings.Contains(stdout, "No resource needs attention or is in progress.") ||
		!strings.Contains(stdout, "No remediation ended in the last 7d.") {
		t.Errorf("exits with %d and prints\n%s", code, stdout)
	}
	if stderr != "hubmend: parameter /hubmend/switch not found in eu-west-2; run `hubmend doctor` to see what is "+
		"missing\n" {
		t.Errorf("says %q", stderr)
	}
	a.turn(t, naming.SwitchActive)
	var s standing
	if err := json.Unmarshal([]byte(a.mustPrint(t, "status --json")), &s); err != nil || s.Targets == nil ||
		s.Controls == nil || s.Breakers == nil {
		t.Errorf("prints %+v, %v", s, err)
	}
}

func testStatusJSON(t *testing.T, a administration) {
	a.fill(t)
	a.turn(t, naming.SwitchPaused)
	a.set(t, "2", "12")
	var s standing
	if err := json.Unmarshal(
		[]byte(a.mustPrint(t, "status --json --since 36h --control "+exampleControl().ID+" --account "+workload)),
		&s); err != nil {
		t.Fatal(err)
	}
	var states []overview.State
	for _, one := range s.Targets {
		states = append(states, one.State)
	}
	if diff := cmp.Diff([]overview.State{overview.Suspended, overview.Held, overview.Queued},
		states); diff != "" {
		t.Error(diff)
	}
	if s.Region != "eu-west-3" || s.Switch != "paused" || len(s.Breakers) != 1 || len(s.Controls) != 1 ||
		len(s.Unconfirmed) != 1 || s.Unconfirmed[0].Findings != 1 || s.Controls[0].Compliant != 1 ||
		*s.Controls[0].SuccessRate != 0.5 || s.At.Sub(s.Since) != 36*time.Hour {
		t.Errorf("prints %+v", s)
	}
}

// Off a terminal nothing is left out.
func testManyTargets(t *testing.T, a administration) {
	a.turn(t, naming.SwitchActive)
	const many = rowsOfState + 3
	for i := range many {
		a.save(t, decide.Record{Target: groupTarget(fmt.Sprint("sg-", i)),
			Attempts: []decide.Attempt{attemptAt(1, time.Hour, decide.Failed)}})
	}
	if out := a.mustPrint(t, "status", "Resources: 23 failed."); strings.Count(out, "security-group/") != many {
		t.Errorf("a pipe does not get all of them:\n%s", out)
	}
	a.env = slices.Concat(a.env, []string{"COLUMNS=120"})
	out := a.mustPrint(t, "status", "Resources: 23 failed.", "... and 3 more are failed; --output csv lists all.")
	if n := strings.Count(out, "security-group/"); n != rowsOfState {
		t.Errorf("%d of them are listed", n)
	}
	if n := strings.Count(a.mustPrint(t, "status --json"), `"state":"failed"`); n != many {
		t.Errorf("JSON has %d", n)
	}
}

// A record of a newer version is shown as far as this version understands it.
func testNewer(t *testing.T, a administration) {
	a.fill(t)
	a.turn(t, naming.SwitchActive)
	a.set(t, "2", "12")
	key := groupTarget("sg-2").Key()
	_, err := dynamodb.NewFromConfig(a.config).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName:                aws.String(naming.LedgerTable),
		UpdateExpression:         aws.String("SET #schema = :schema, SuspendedAt = :form"),
		ExpressionAttributeNames: map[string]string{"#schema": "schema"},
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: key},
			"sk": &types.AttributeValueMemberS{Value: "target"}},
		ExpressionAttributeValues: map[string]types.AttributeValue{":schema": &types.AttributeValueMemberN{Value: "3"},
			":form": &types.AttributeValueMemberS{Value: "a form that is new"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	note := "1 item of the ledger came from a newer version of Hubmend. This version shows only what it knows; run " +
		"the hubmend command of that version to see everything."
	for args, want := range map[string]string{"status": "security-group/sg-2",
		"history sg-2": "attempt 2: failed", "history": "repaired", "report --json --no-open": note} {
		code, stdout, stderr := hubmend(t, a.env, strings.Fields(args)...)
		if code != 0 || !strings.Contains(stdout, want) || !strings.HasPrefix(args, "report") &&
			stderr != "hubmend: "+note+"\n" {
			t.Errorf("%s exits with %d, says %q, prints\n%s", args, code, stderr, stdout)
		}
	}
	_, err = a.ledger.Load(t.Context(), key)
	if got := ledgerError("us-west-2",
		err).Error(); got != "a newer version of Hubmend wrote this record in us-west-2; run the hubmend command of "+
		"that version" {
		t.Errorf("the error is %q", got)
	}
}

func testHistory(t *testing.T, a administration) {
	a.fill(t)
	out := a.mustPrint(t, "history sg-1", groupTarget("sg-1").Resource+"\n", "attempt 1: failed, 20 s",
		"reason      It [31mbroke. (verification)",
		"attempt 2: repaired, 20 s", "change      Closed TCP 22 to the world.", "requester   automatic",
		"unconfirmed Waiting for Security Hub to re-check (1 finding)\n",
		"https://eu-west-1.console.aws.amazon.com/systems-manager/automation/execution/00000000-0000-4000-8000-000000000002?region=eu-west-1",
		"findings    arn:aws:securityhub:eu-west-1:222222222222:finding/f-1", " characters; --before prints all",
		"API calls   ec2:DescribeSecurityGroups, ec2:RevokeSecurityGroupIngress\\u001b[31m\n")
	if strings.Index(out, "attempt 1") > strings.Index(out, "attempt 2") {
		t.Errorf("the latest is first:\n%s", out)
	}
	a.mustPrint(t, "history sg-1 --before", "  before\n    {\n      \"IpPermissions\": [", "\n    plain\n",
		"  after\n    closed\n")
	var p past
	if err := json.Unmarshal([]byte(a.mustPrint(t, "history sg-1 --json")), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Attempts) != 2 || p.Key != groupTarget("sg-1").Key() ||
		p.Attempts[1].Document != "hubmend-CloseSecurityGroupPorts" ||
		!strings.HasPrefix(string(p.Attempts[1].Before), `["{\"IpPermissions`) ||
		string(p.Attempts[1].After) != `["closed"]` ||
		!strings.HasPrefix(string(p.Attempts[1].Calls), `["ec2:Describe`) ||
		p.Attempts[0].Reason != "It \x1b[31mbroke." {
		t.Errorf("prints %+v", p)
	}
	// An undo, by a person, that is on its way; and the archive is older than the record.
	undo := attemptAt(3, 0, decide.Running)
	undo.Undo = "00000000-0000-4000-8000-000000000002"
	undo.By = "arn:aws:iam::111111111111:user/ann"
	undo.Sender = "AROAEXAMPLE:bob"
	undo.EndedAt = time.Time{}
	undo.Trigger = finding.CommandLine
	rec, err := a.ledger.Load(context.Background(), groupTarget("sg-1").Key())
	if err != nil {
		t.Fatal(err)
	}
	rec.Attempts = append(rec.Attempts, undo)
	rec.Refused = decide.UndoRefusal{Request: "r", Reason: "Only the latest repair can be undone."}
	a.save(t, rec)
	a.mustPrint(t, "history sg-1", "attempt 3, undo: running\n",
		"not undone  Only the latest repair can be undone.",
		"requester   arn:aws:iam::111111111111:user/ann, sent by AROAEXAMPLE:bob",
		"undoes      execution 00000000-0000-4000-8000-000000000002", "document    hubmend-UndoCloseSecurityGroupPorts")
	if out := a.mustPrint(t, "history sg-1 --last 1", "attempt 3, undo"); strings.Contains(out, "attempt 2") ||
		strings.Contains(out, "unconfirmed") {
		t.Errorf("it prints more than the latest, or waits for a check of what is being undone:\n%s", out)
	}
	a.archive(t, groupTarget("sg-3"), attemptAt(2, time.Hour, decide.Succeeded), "[]")
	a.mustPrint(t, "history sg-3", "before      nothing\n", "held        ",
		"by arn:aws:iam::111111111111:user/ann, sent by AROAEXAMPLE:bob: automatic remediation is off")
	a.mustPrint(t, "history sg-2", "suspended   ")
}

// The undo of a repair takes it from what was repaired, in every command.
func testUndone(t *testing.T, a administration) {
	a.turn(t, naming.SwitchActive)
	a.set(t, "2", "12")
	repair, undo := attemptAt(1, 2*time.Hour, decide.Succeeded), attemptAt(2, time.Hour, decide.Succeeded)
	repair.Change, undo.Change, undo.Undo = "Closed TCP 22 to the world.", "Restored.", repair.ExecutionID
	a.archive(t, groupTarget("sg-1"), repair, "")
	a.archive(t, groupTarget("sg-1"), undo, "")
	a.mustPrint(t, "history sg-1", "attempt 1: undone, 20 s", "attempt 2, undo: succeeded, 20 s")
	a.mustPrint(t, "status", exampleControl().ID+"          0          0       0        0       1\n")
	a.mustPrint(t, "history sg-1 --since 90m", "attempt 2, undo")
	if out := a.mustPrint(t, "history sg-1 --since 90m"); strings.Contains(out, "attempt 1") {
		t.Errorf("an attempt that ended earlier is shown:\n%s", out)
	}
	a.mustPrint(t, "history sg-1 --since 10m", "No attempts in this period.")
	a.mustPrint(t, "history sg-1 --output csv", "1,succeeded,undone,", "2,succeeded,undo,")
}

func testLatest(t *testing.T, a administration) {
	a.turn(t, naming.SwitchActive)
	a.mustPrint(t, "history", "No remediation ended in the last 90d.\n")
	a.fill(t)
	out := a.mustPrint(t, "history", "Closed TCP 22 to the world.", "6 of 6 attempts in the last 90d.",
		"compliant  "+exampleControl().ID, "It [31mbroke.")
	if strings.Index(out, "sg-4") > strings.Index(out, "sg-1") {
		t.Errorf("the latest is not first:\n%s", out)
	}
	out = a.mustPrint(t, "history --last 1 --since 45m", "1 of 1 attempt in the last 45m.", "sg-4")
	if strings.Contains(out, "sg-1") {
		t.Errorf("an attempt that ended earlier is shown:\n%s", out)
	}
	a.mustPrint(t, "history --output csv", ",compliant,"+exampleControl().ID+",222222222222,eu-west-1,arn:aws:ec2:")
	a.mustPrint(t, "status --output csv", "unconfirmed,", "held,")
	var l latest
	if err := json.Unmarshal([]byte(a.mustPrint(t, "history --last 2 --json")), &l); err != nil ||
		l.Total != 6 || len(l.Attempts) != 2 || l.Attempts[0].Outcome != outcomes.Compliant {
		t.Errorf("prints %+v, %v", l, err)
	}
}

// Every command that knows a resource shows how the policy holds it back.
func testHeldBack(t *testing.T, a administration) {
	a.turn(t, naming.SwitchActive)
	a.set(t, "2", "12")
	id := exampleID()
	parked := func(name string, cause decide.ParkCause, more func(*decide.Record)) {
		rec := decide.Record{Target: groupTarget(name), Parked: []decide.Parked{{Cause: cause, Rule: "Payments",
			Reason: "It moves.", Owner: "ann@example.com", Ticket: "T-1", Until: time.Now().Add(time.Hour),
			Request: decide.Request{Control: id, AskedAt: time.Now(), Ref: decide.Ref{ID: "arn:f-" + name}}}}}
		more(&rec)
		a.save(t, rec)
	}
	parked("sg-1", decide.Exempted, func(rec *decide.Record) {
		rec.Parked[0].RuleEnds = time.Date(2099, 4, 1, 0, 0, 0, 0, time.UTC)
	})
	parked("sg-2", decide.Delayed, func(*decide.Record) {})
	parked("sg-3", decide.Unreadable, func(*decide.Record) {})
	propose := func(round int, state decide.ProposalState) func(*decide.Record) {
		return func(rec *decide.Record) {
			rec.Proposal = decide.Proposal{Round: round, State: state, Control: id, Rule: "Payments",
				Plan: "Would close TCP 22\x1b[31m.", AskedAt: time.Now().Add(-time.Duration(round) * time.Hour),
				ExpiresAt: time.Now().Add(time.Hour)}
		}
	}
	parked("sg-4", decide.Asked, propose(2, decide.Open))
	parked("sg-5", decide.Asked, propose(1, decide.Planning))
	budget := attemptAt(1, time.Minute, decide.Queued)
	budget.Cause, budget.NotBefore = decide.OverBudget, time.Now().Add(time.Hour)
	budget.ExecutionID, budget.EndedAt = "", time.Time{}
	a.save(t, decide.Record{Target: groupTarget("sg-6"), Attempts: []decide.Attempt{budget}})
	approved := attemptAt(1, time.Hour, decide.Succeeded)
	approved.Proposal, approved.By, approved.Trigger = 1, "arn:aws:iam::111111111111:user/ann", finding.CommandLine
	despite := attemptAt(2, time.Minute, decide.Succeeded)
	despite.Despite, despite.By = "it is\ngone", "arn:aws:iam::111111111111:user/bob"
	a.save(t, decide.Record{Target: groupTarget("sg-7"), Attempts: []decide.Attempt{approved, despite}})

	first, second := decide.ProposalID(groupTarget("sg-4").Key(), 2), decide.ProposalID(groupTarget("sg-5").Key(), 1)
	a.mustPrint(t, "status", "Resources: 2 pending approval, 1 policy unreadable, 1 over budget, 1 delayed.\n",
		"Plan: Would close TCP 22 [31m. Approve it with `hubmend approve "+first+"`. It expires at ", "A budget of the policy is used up. Not before ",
		"\nExempt by the policy (1 finding)\n", "Payments  2099-04-01 00:00  "+id, "ann@example.com")
	var s standing
	if err := json.Unmarshal([]byte(a.mustPrint(t, "status --json")), &s); err != nil || len(s.Exempt) != 1 ||
		s.Exempt[0].Rule != "Payments" || len(s.Targets) != 5 || s.Targets[0].Proposal != first {
		t.Errorf("status --json: %+v, %v", s, err)
	}
	a.mustPrint(t, "history sg-1", "exempt      "+id+`: Rule "Payments" of the policy exempts it until 2099-04-01`,
		"Reason: It moves. Owner: ann@example.com. Ticket: T-1.", "No attempts in this period.")
	a.mustPrint(t, "history arn:f-sg-2", "delayed     "+id)
	a.mustPrint(t, "history "+first, "approval    "+id, "`hubmend approve "+first+"`. It expires at ")
	a.mustPrint(t, "history sg-7", "requester   automatic\n", "approved by arn:aws:iam::111111111111:user/ann (proposal ",
		"despite     the policy: it is gone\n")
	var p past
	if err := json.Unmarshal([]byte(a.mustPrint(t, "history sg-1 --json")), &p); err != nil || len(p.HeldBack) != 1 ||
		p.HeldBack[0].Rule != "Payments" || p.HeldBack[0].State != overview.Exempt {
		t.Errorf("history --json: %+v, %v", p, err)
	}
	out := a.mustPrint(t, "proposals", first+"  open      "+id, "Would close TCP 22 [31m.", second+"  planning  "+id,
		"hubmend approve ID")
	if strings.Index(out, first) > strings.Index(out, second) {
		t.Errorf("the oldest is not first:\n%s", out)
	}
	a.mustPrint(t, "proposals --account 333333333333", "No remediation needs approval.\n")
	a.mustPrint(t, "proposals --output csv", "id,state,control,account,region,resource,asked,expires,plan,rule,asked by,key",
		first+",open,")
	var all []proposed
	if err := json.Unmarshal([]byte(a.mustPrint(t, "proposals --json --control "+id)), &all); err != nil ||
		len(all) != 2 || all[0].Findings[0] != "arn:f-sg-4" || all[0].Risk == "" {
		t.Errorf("proposals --json: %+v, %v", all, err)
	}
}

func testHistoryNames(t *testing.T, a administration) {
	a.fill(t)
	for name, want := range map[string]string{
		"sg-2": groupTarget("sg-2").Key(), groupTarget("sg-2").Resource: groupTarget("sg-2").Key(),
		groupTarget("sg-2").Key(): groupTarget("sg-2").Key(),
		"ann":                     userTarget.Key(), "security-group/sg-2": groupTarget("sg-2").Key(),
		userTarget.Resource: userTarget.Key(),
	} {
		a.mustPrint(t, "history "+name, "key         "+want)
	}
	a.archive(t, userTarget, attemptAt(9, time.Hour, decide.Succeeded), "")
	// Where what is global is repaired: in the home Region.
	a.mustPrint(t, "history 00000000-0000-4000-8000-000000000009", "https://us-east-1.console.aws.amazon.com/",
		"key         "+userTarget.Key())

	twin := userTarget
	twin.Account = "333333333333"
	a.save(t, decide.Record{Target: twin, Attempts: []decide.Attempt{attemptAt(1, time.Hour, decide.Failed)}})
	code, stdout, stderr := hubmend(t, a.env, "history", "ann")
	if code != exitUsage || stdout != "" ||
		!strings.HasPrefix(stderr, "hubmend: ann matches 2 resources; specify the key of one:\n") ||
		!strings.Contains(stderr, userTarget.Key()) ||
		!strings.Contains(stderr, twin.Key()+"  333333333333 global DeactivateOldAccessKeys") {
		t.Errorf("exits with %d, prints %q, says %q", code, stdout, stderr)
	}
	for _, name := range []string{"sg", "\x1b[31m", target.Target{}.Key()} {
		code, stdout, stderr := hubmend(t, a.env, "history", name)
		if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, "\x1b") ||
			!strings.Contains(stderr, " not found: the ledger in us-east-1 has no such resource") {
			t.Errorf("%q exits with %d, prints %q, says %q", name, code, stdout, stderr)
		}
	}
}
