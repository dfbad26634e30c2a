package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/queue"
	"hubmend/internal/lab/python"
	"hubmend/internal/ops/deadletter"
)

// nobody is an environment without AWS.
var nobody = []string{
	"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true",
	"AWS_PROFILE=", "AWS_REGION=", "AWS_DEFAULT_REGION=", "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=",
	"AWS_SESSION_TOKEN=", "AWS_ENDPOINT_URL=",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=", "AWS_CONTAINER_CREDENTIALS_FULL_URI=", "AWS_WEB_IDENTITY_TOKEN_FILE=",
}

func TestDLQBadInput(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args string
		env  []string
		want string
	}{
		"unknown command": {args: "dlq purge", want: `unknown command "purge"`},
		"a word too many": {args: "dlq list x", want: `"x"`},
		"no id":           {args: "dlq show", want: "1 arg"},
		"unknown queue": {args: "dlq list --queue hubmend",
			want: `unknown queue "hubmend"; the queues are findings and outcomes`},
		"redrive nothing":   {args: "dlq redrive", want: "or use --all"},
		"redrive too much":  {args: "dlq redrive --all some-id", want: "or use --all"},
		"delete nothing":    {args: "dlq delete", want: "or use --all"},
		"delete too much":   {args: "dlq delete --all some-id", want: "or use --all"},
		"delete in silence": {args: "dlq delete --all --json", want: "--json does not ask for confirmation; add --yes"},
		"no Region":         {args: "dlq list", want: "AWS_REGION"},
		"no credentials": {args: "dlq list", env: []string{"AWS_REGION=eu-west-1"},
			want: "no AWS credentials found; log in, or set AWS_PROFILE"},
		"no such profile": {args: "dlq list", env: []string{"AWS_PROFILE=nobody"}, want: "nobody"},
		"redrive on no one": {args: "dlq redrive some-id", env: []string{"AWS_REGION=eu-west-1"},
			want: "no AWS credentials found"},
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
}

const poison = "poison"

// startSQS starts an SQS that does not take the message poison on a queue of findings, and
// gives its URL.
func startSQS(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Python")
	}
	interpreter, err := python.Find("../..")
	if err != nil {
		t.Fatal(err)
	}
	moto, err := python.StartMoto(t.Context(), python.Config{Python: interpreter})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(moto.Close)
	target, err := url.Parse(moto.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		var in struct{ QueueUrl, MessageBody string } //nolint:revive // as SQS has it
		if json.Unmarshal(body, &in) == nil && in.MessageBody == poison &&
			strings.HasSuffix(in.QueueUrl, naming.FindingsQueue) {
			w.Header().Set("X-Amzn-Errortype", "AccessDenied")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"__type":"AccessDenied","message":"not this one"}`)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// account is the queues of an administrator, in a Region of their own.
type account struct {
	env    []string
	client *sqs.Client
	urls   map[string]string
}

func newAccount(t *testing.T, endpoint, region string, queues ...string) account {
	t.Helper()
	a := account{
		env: slices.Concat(nobody,
			[]string{"AWS_ENDPOINT_URL=" + endpoint, "AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=id",
				"AWS_SECRET_ACCESS_KEY=secret"}),
		client: sqs.New(sqs.Options{
			Region: region, BaseEndpoint: &endpoint,
			Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		}),
		urls: map[string]string{},
	}
	for _, name := range queues {
		out, err := a.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		a.urls[name] = *out.QueueUrl
	}
	return a
}

// deployed is an account with everything there.
func deployed(t *testing.T, endpoint, region string) account {
	t.Helper()
	return newAccount(t, endpoint, region, naming.FindingsQueue, naming.OutcomesQueue,
		naming.DeadLetters(naming.FindingsQueue), naming.DeadLetters(naming.OutcomesQueue))
}

// bury makes a dead letter as the functions do.
func (a account) bury(t *testing.T, name, body, reason string) {
	t.Helper()
	if err := (queue.DeadLetters{Client: a.client, URL: a.urls[naming.DeadLetters(name)]}).Bury(t.Context(), body,
		reason); err != nil {
		t.Fatal(err)
	}
}

// left are the messages of the dead letters of a queue.
func (a account) left(t *testing.T, name string) []string {
	t.Helper()
	return a.messages(t, naming.DeadLetters(name), 0)
}

// messages are the bodies on a queue, ten at most.
func (a account) messages(t *testing.T, name string, visibility int32) []string {
	t.Helper()
	out, err := a.client.ReceiveMessage(t.Context(),
		&sqs.ReceiveMessageInput{QueueUrl: aws.String(a.urls[name]), MaxNumberOfMessages: 10,
			VisibilityTimeout: visibility})
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for _, m := range out.Messages {
		bodies = append(bodies, *m.Body)
	}
	slices.Sort(bodies)
	return bodies
}

// list gives the dead letters of a queue as the command does, by what they are about.
func (a account) list(t *testing.T, queue string) map[string]deadletter.Letter {
	t.Helper()
	code, stdout, stderr := hubmend(t, a.env, "dlq", "list", "--json", "--queue", queue)
	var letters []deadletter.Letter
	if err := json.Unmarshal([]byte(stdout), &letters); err != nil || code != 0 || stderr != "" || letters == nil {
		t.Fatalf("list exits with %d, says %q, prints %q: %v", code, stderr, stdout, err)
	}
	byAbout := map[string]deadletter.Letter{}
	for _, l := range letters {
		byAbout[l.About] = l
	}
	return byAbout
}

func TestDLQ(t *testing.T) {
	t.Parallel()
	endpoint := startSQS(t)
	for region, test := range map[string]func(*testing.T, account){
		"eu-west-1": testDLQEmpty, "eu-west-2": testDLQList, "eu-west-3": testDLQHidden, "eu-north-1": testDLQShow,
		"us-east-1": testDLQUnknown, "us-east-2": testDLQRedrive, "us-west-1": testDLQRedriveFails,
		"us-west-2":  testDLQRedriveOne,
		"ap-south-1": testDLQDelete,
	} {
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			test(t, deployed(t, endpoint, region))
		})
	}
	t.Run("nothing is deployed", func(t *testing.T) {
		t.Parallel()
		for _, a := range []account{newAccount(t, endpoint, "sa-east-1"),
			newAccount(t, endpoint, "ca-central-1", naming.FindingsQueue)} {
			code, stdout, stderr := hubmend(t, a.env, "dlq", "list")
			if code != exitUsage || stdout != "" ||
				!strings.Contains(stderr,
					"Hubmend is not deployed in account ") {
				t.Errorf("exits with %d, prints %q, says %q", code, stdout, stderr)
			}
		}
	})
}

func testDLQEmpty(t *testing.T, a account) {
	for args, want := range map[string]string{
		"list": "No dead letters.\n", "list --json --queue findings": "[]\n",
		"redrive --all --queue findings": "No dead letters.\n", "redrive --all --json --queue findings": "[]\n",
	} {
		code, stdout, stderr := hubmend(t, a.env, append([]string{"dlq"}, strings.Fields(args)...)...)
		if code != 0 || stdout != want || stderr != "" {
			t.Errorf("%s exits with %d, prints %q, says %q", args, code, stdout, stderr)
		}
	}
}

func testDLQList(t *testing.T, a account) {
	a.bury(t, naming.FindingsQueue, "\x1b[2Jfirst", "the event has\x1b[2J no id")
	a.bury(t, naming.OutcomesQueue, "second", "the message is not an event")
	code, stdout, stderr := hubmend(t, a.env, "dlq", "list")
	if code != 0 || stderr != "" || strings.Contains(stdout, "\x1b") {
		t.Errorf("exits with %d, says %q, prints %q", code, stderr, stdout)
	}
	one, two := strings.Index(stdout, "\nfindings  "), strings.Index(stdout, "\noutcomes  ")
	if one < 0 || two < one || !strings.Contains(stdout[one:two], "?[2Jfirst") ||
		!strings.Contains(stdout[two:], "the message is not an event") {
		t.Errorf("prints\n%s", stdout)
	}
	code, stdout, _ = hubmend(t, a.env, "dlq", "list", "--queue", "outcomes")
	if code != 0 || strings.Contains(stdout, "findings") || !strings.Contains(stdout, "second") {
		t.Errorf("--queue outcomes exits with %d and prints\n%s", code, stdout)
	}
	if got := a.list(t, "outcomes")["second"]; got.Queue != "outcomes" || got.Since.IsZero() || got.Received < 3 {
		t.Errorf("the third look lists %+v", got)
	}
}

// A message that somebody else looks at is there, and the command must not say otherwise.
func testDLQHidden(t *testing.T, a account) {
	a.bury(t, naming.FindingsQueue, "hidden", "r")
	a.messages(t, naming.DeadLetters(naming.FindingsQueue), 600)
	code, stdout, stderr := hubmend(t, a.env, "dlq", "list", "--queue", "findings")
	if code != 0 || stdout != "" ||
		!strings.Contains(stderr, "hubmend-findings-dlq counts about 1 message and showed 0") {
		t.Errorf("exits with %d, prints %q, says %q", code, stdout, stderr)
	}
}

func testDLQShow(t *testing.T, a account) {
	a.bury(t, naming.FindingsQueue, "other", "r")
	a.bury(t, naming.OutcomesQueue, `{"source":"aws.ssm","detail":{"ExecutionId":"e-1"}}`, "r")
	code, stdout, stderr := hubmend(t, a.env, "dlq", "show", a.list(t, "outcomes")["execution e-1"].ID)
	want := "{\n  \"source\": \"aws.ssm\",\n  \"detail\": {\n    \"ExecutionId\": \"e-1\"\n  }\n}\n"
	if code != 0 || stdout != want || stderr != "" {
		t.Errorf("exits with %d, says %q, prints %q", code, stderr, stdout)
	}
	if left := slices.Concat(a.left(t, naming.FindingsQueue), a.left(t, naming.OutcomesQueue)); len(left) != 2 {
		t.Errorf("afterwards there are %q", left)
	}
}

// One id that is wrong, and nothing is done.
func testDLQUnknown(t *testing.T, a account) {
	a.bury(t, naming.FindingsQueue, "known", "r")
	id := a.list(t, "findings")["known"].ID
	for name, args := range map[string][]string{
		"show":             {"show", "nobody"},
		"redrive":          {"redrive", "--queue", "findings", id, "nobody"},
		"of another queue": {"redrive", "--queue", "outcomes", id},
		"JSON":             {"redrive", "--queue", "findings", "--json", "nobody", id},
	} {
		code, stdout, stderr := hubmend(t, a.env, append([]string{"dlq"}, args...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, "unknown dead letter ") {
			t.Errorf("%s exits with %d, prints %q, says %q", name, code, stdout, stderr)
		}
	}
	if back := a.messages(t, naming.FindingsQueue, 0); len(back) != 0 || len(a.left(t, naming.FindingsQueue)) != 1 {
		t.Errorf("%q was redriven", back)
	}
}

func testDLQRedrive(t *testing.T, a account) {
	for i := range 12 {
		a.bury(t, naming.OutcomesQueue, fmt.Sprint("m", i), "r")
	}
	a.bury(t, naming.FindingsQueue, "one", "r")
	code, stdout, stderr := hubmend(t, a.env, "dlq", "redrive", "--all")
	if code != 0 || stderr != "" || strings.Count(stdout, "\n") != 13 || !strings.Contains(stdout, "[13/13] ") ||
		!strings.HasPrefix(stdout, "[1/13] ") || !strings.Contains(stdout, " one: sent back to hubmend-findings\n") ||
		!strings.Contains(stdout, " m7: sent back to hubmend-outcomes\n") {
		t.Errorf("exits with %d, says %q, prints\n%s", code, stderr, stdout)
	}
	if left := slices.Concat(a.left(t, naming.FindingsQueue), a.left(t, naming.OutcomesQueue)); len(left) != 0 {
		t.Errorf("%q are left", left)
	}
	if diff := cmp.Diff([]string{"one"}, a.messages(t, naming.FindingsQueue, 0)); diff != "" {
		t.Error(diff)
	}
}

// A message that cannot be sent stays, and the others are redriven.
func testDLQRedriveFails(t *testing.T, a account) {
	for _, body := range []string{"one", poison, "two"} {
		a.bury(t, naming.FindingsQueue, body, "r")
	}
	code, stdout, stderr := hubmend(t, a.env, "dlq", "redrive", "--all", "--queue", "findings", "--json")
	var results []taken
	if err := json.Unmarshal([]byte(stdout), &results); err != nil || code != exitFailed || stderr != "" ||
		len(results) != 3 {
		t.Fatalf("exits with %d, says %q, prints %q: %v", code, stderr, stdout, err)
	}
	for _, r := range results {
		if r.ID == "" || r.Queue != "findings" || *r.Redriven != (r.About != poison) ||
			strings.Contains(r.Error, "not this one") == *r.Redriven || r.Deleted != nil {
			t.Errorf("%+v", r)
		}
	}
	code, stdout, _ = hubmend(t, a.env, "dlq", "redrive", "--all", "--queue", "findings")
	if code != exitFailed || !strings.Contains(stdout, "poison: still a dead letter: send to hubmend-findings: ") {
		t.Errorf("exits with %d, prints %q", code, stdout)
	}
	if diff := cmp.Diff([]string{"one", "two"}, a.messages(t, naming.FindingsQueue, 0)); diff != "" {
		t.Error(diff)
	}
	if got := a.list(t, "findings"); len(got) != 1 || got[poison].Reason != "r" {
		t.Errorf("%v are left", got)
	}
}

func testDLQRedriveOne(t *testing.T, a account) {
	for _, body := range []string{"one", "two", "three"} {
		a.bury(t, naming.FindingsQueue, body, "r")
	}
	all := a.list(t, "findings")
	code, stdout, stderr := hubmend(t, a.env, "dlq", "redrive", "--queue", "findings", all["one"].ID, all["three"].ID,
		all["one"].ID)
	if code != 0 || stderr != "" || strings.Count(stdout, "\n") != 2 || !strings.Contains(stdout, "[2/2] ") {
		t.Errorf("exits with %d, says %q, prints %q", code, stderr, stdout)
	}
	if diff := cmp.Diff([]string{"one", "three"}, a.messages(t, naming.FindingsQueue, 0)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"two"}, a.left(t, naming.FindingsQueue)); diff != "" {
		t.Error(diff)
	}
}

// Deletion is final, so it needs a confirmation.
func testDLQDelete(t *testing.T, a account) {
	for _, body := range []string{"one", "two", "three"} {
		a.bury(t, naming.FindingsQueue, body, "r")
	}
	one := a.list(t, "findings")["one"].ID
	s := terminal{env: a.env}
	for answer, want := range map[string]string{"": "no answer", "n\n": "not confirmed"} {
		code, out := s.answering(t, answer, "dlq delete --queue findings "+one)
		if code != exitUsage || !strings.Contains(out, want) ||
			!strings.Contains(out, "Delete 1 dead letter permanently? [y/N]") || !strings.Contains(out, one) ||
			strings.Contains(out, " two ") {
			t.Errorf("%q: exits with %d and says\n%s", answer, code, out)
		}
	}
	if left := a.list(t, "findings"); len(left) != 3 {
		t.Fatalf("%v are left", left)
	}
	if code, out := s.answering(t, "y\n", "dlq delete --queue findings "+one); code != 0 ||
		!strings.Contains(out, "[1/1] "+one+" one: deleted\n") {
		t.Errorf("exits with %d and says\n%s", code, out)
	}
	code, stdout, stderr := hubmend(t, a.env, "dlq", "delete", "--all", "--yes", "--json")
	if code != 0 || stderr != "" || strings.Count(stdout, `"deleted":true`) != 2 ||
		strings.Contains(stdout, "redriven") {
		t.Errorf("exits with %d, says %q, prints %s", code, stderr, stdout)
	}
	if left := slices.Concat(a.left(t, naming.FindingsQueue), a.messages(t, naming.FindingsQueue, 0)); len(left) != 0 {
		t.Errorf("%q are left", left)
	}
	s.says(t, 0, "dlq delete --all", "No dead letters.\n")
	s.says(t, exitUsage, "dlq delete --yes "+one, "unknown dead letter "+one)
}
