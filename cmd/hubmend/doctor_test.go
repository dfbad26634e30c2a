package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hubmend/internal/engine/naming"
	"hubmend/internal/lab"
	"hubmend/internal/ops/doctor"
	"hubmend/test/assembly"
	"hubmend/test/labtest"
)

// patient is a whole deployment in a lab, and a terminal with it.
type patient struct {
	terminal
	templates string
}

func startPatient(t *testing.T) patient {
	t.Helper()
	var p patient
	l := labtest.Start(t, "../..", assembly.Copy, func(c *lab.Config) {
		c.Admin = map[string]string{"NotificationEmail": "ann@example.com"}
		p.templates = c.Assembly
	})
	if err := l.Launch(t.Context(), cis, map[string]string{"CIS4142AutoRemediation": "ENABLED"}); err != nil {
		t.Fatal(err)
	}
	p.terminal = terminalOf(l)
	p.call(t, "securityhub", "EnableSecurityHubV2", nil)
	return p
}

// ask runs doctor and gives the results by check.
func (p patient) ask(t *testing.T, want int) map[string][]doctor.Result {
	t.Helper()
	code, stdout, stderr := hubmend(t, p.env, "doctor", "--json", "--templates", p.templates)
	var e examined
	if err := json.Unmarshal([]byte(stdout), &e); err != nil || stderr != "" || code != want ||
		e.Healthy != (want == 0) {
		t.Fatalf("exits with %d, want %d, says %q and prints %s", code, want, stderr, stdout)
	}
	all := map[string][]doctor.Result{}
	for _, r := range e.Results {
		all[r.Check] = append(all[r.Check], r)
	}
	for _, name := range doctor.Checks() {
		if len(all[name]) == 0 {
			t.Errorf("no result of %s", name)
		}
	}
	return all
}

// usual reports whether a result is what a deployment without problems has. Only the management account may ask for the
// delegated administrators, and that is another account.
func usual(r doctor.Result) bool {
	return r.Status == doctor.OK || r.Check == "delegated administrator" && r.Status == doctor.Unknown &&
		strings.HasPrefix(r.Found, "only the organization's management account")
}

// ill asks doctor, who must find something of one check only.
func (p patient) ill(t *testing.T, check string, status doctor.Status, wants ...string) {
	t.Helper()
	code := 0
	if status == doctor.Problem {
		code = exitFailed
	}
	var said strings.Builder
	for name, results := range p.ask(t, code) {
		for _, r := range results {
			if name == check {
				fmt.Fprintf(&said, "%s: %s -> %s\n", r.Status, r.Found, r.Fix)
			} else if !usual(r) {
				t.Errorf("%s: %+v", name, r)
			}
			if r.Status == doctor.Problem && r.Fix == "" {
				t.Errorf("nothing fixes %+v", r)
			}
		}
	}
	for _, want := range append(wants, string(status)+": ") {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it does not say %q but\n%s", want, said.String())
		}
	}
}

// bend is what a proxy does to the answers to some calls.
type bend struct {
	call     string // a part of the call, as callOf writes it
	old, new string // in the answer, a regular expression and what takes its place; or else
	status   int
	answer   string
}

// callOf writes what a request calls, in every protocol: method, path, target, then the body.
func callOf(r *http.Request, body []byte) string {
	return r.Method + " " + r.URL.Path + " " + r.Header.Get("X-Amz-Target") + " " + string(body)
}

// bent gives the patient behind a proxy.
func (p patient) bent(t *testing.T, bends ...bend) patient {
	t.Helper()
	target, err := url.Parse(p.lab.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	used := make([]bool, len(bends))
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.Out.Header.Del("Accept-Encoding")
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		i := slices.IndexFunc(bends, func(b bend) bool { return strings.Contains(callOf(r, body), b.call) })
		if i < 0 {
			proxy.ServeHTTP(w, r)
			return
		}
		b := bends[i]
		if b.answer != "" {
			used[i] = true
			w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(b.answer))), 10))
			w.WriteHeader(b.status)
			fmt.Fprint(w, b.answer)
			return
		}
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, r)
		text := answer.Body.String()
		changed := regexp.MustCompile(b.old).ReplaceAllString(text, b.new)
		used[i] = used[i] || changed != text
		// which clients of DynamoDB check
		w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(changed))), 10))
		w.WriteHeader(answer.Code)
		fmt.Fprint(w, changed)
	}))
	t.Cleanup(func() {
		server.Close()
		for i, b := range bends {
			if !used[i] {
				t.Errorf("nothing was bent: %+v", b)
			}
		}
	})
	p.env = append(slices.Clone(p.env), "AWS_ENDPOINT_URL="+server.URL)
	return p
}

const adminIs = "<StackName>hubmend-admin</StackName><StackStatus>"

// Whatever is wrong in one place is found there, and nowhere else.
func TestDoctor(t *testing.T) {
	t.Parallel()
	p := startPatient(t)
	t.Run("all is well", func(t *testing.T) {
		for name, results := range p.ask(t, 0) {
			if len(results) != 1 || !usual(results[0]) || results[0].Status == doctor.OK && results[0].Fix != "" {
				t.Errorf("%s: %+v", name, results)
			}
		}
		code, stdout, stderr := hubmend(t, p.env, "doctor", "--templates", p.templates)
		if code != 0 || stderr != "" || strings.Contains(stdout, "\x1b") ||
			!strings.HasSuffix(stdout, fmt.Sprintf("\n%d ok, 1 unknown, 0 problems\n", len(doctor.Checks())-1)) {
			t.Errorf("exits with %d, says %q, prints\n%s", code, stderr, stdout)
		}
	})
	t.Run("bent", func(t *testing.T) { // these end before the rest begins
		for name, tc := range ills {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p.bent(t, tc.bends...).ill(t, tc.check, tc.status, tc.wants...)
			})
		}
		t.Run("rules send an event twice", func(t *testing.T) {
			t.Parallel()
			twice := bend{call: "AWSEvents.ListRules",
				old: `(\{"Arn":"[^"]*","EventBusName":"[^"]*","EventPattern":"(?:[^"\\]|\\.)*",` +
					`"Name":"hubmend-CIS4142-imported)("[^}]*\})`,
				new: `${1}${2},${1}-copy${2}`}
			const want = "rules hubmend-CIS4142-imported and hubmend-CIS4142-imported-copy both match"
			for _, r := range p.bent(t, twice).ask(t, 0)["rules"] {
				if r.Status != doctor.OK || !strings.Contains(r.Found, want) {
					t.Errorf("rules: %+v", r)
				}
			}
		})
		for _, action := range permissions {
			t.Run("without "+action, func(t *testing.T) {
				t.Parallel()
				p.testDenied(t, action)
			})
		}
		t.Run("without templates", func(t *testing.T) {
			t.Parallel()
			p := p
			p.templates = filepath.Join(t.TempDir(), "nowhere")
			for name, results := range p.ask(t, 0) {
				compared := slices.Contains([]string{"admin template", "member roles", "member runbooks"}, name)
				if usual(results[0]) == compared || compared &&
					!strings.Contains(results[0].Found+results[0].Fix, " not found") {
					t.Errorf("%s: %+v", name, results)
				}
			}
		})
		t.Run("elsewhere", func(t *testing.T) {
			t.Parallel()
			for _, setting := range []string{"AWS_REGION=eu-west-1",
				"AWS_ACCESS_KEY_ID=" + lab.Operator("222222222222").AccessKeyID} {
				code, stdout, stderr := hubmend(t, p.in(setting).env, "doctor")
				if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 ||
					!strings.Contains(stderr, "stack hubmend-admin not found in account") {
					t.Errorf("%s: exits with %d, prints %q, says %q", setting, code, stdout, stderr)
				}
			}
		})
	})
	t.Run("a role that may nothing", func(t *testing.T) {
		p := patient{p.as(t, "nobody",
			`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}`),
			p.templates}
		code, stdout, stderr := hubmend(t, p.env, "doctor", "--json", "--templates", p.templates)
		var e examined
		if err := json.Unmarshal([]byte(stdout), &e); err != nil || code != exitUsage || e.Healthy ||
			len(e.Results) != len(doctor.Checks()) ||
			stderr != "hubmend: these AWS credentials have none of the permissions that doctor needs\n" {
			t.Fatalf("exits with %d, says %q and prints %s", code, stderr, stdout)
		}
		for _, r := range e.Results {
			if r.Status != doctor.Unknown || !strings.HasPrefix(r.Found, "needs ") {
				t.Errorf("%+v", r)
			}
		}
	})
	t.Run("a role that may look", func(t *testing.T) {
		p := patient{p.as(t, "auditor", lookingPolicy(t)), p.templates}
		for name, results := range p.ask(t, 0) {
			if len(results) != 1 || !usual(results[0]) {
				t.Errorf("%s: %+v", name, results)
			}
		}
		if code, stdout, stderr := hubmend(t, p.env, "status"); code != 0 || stderr != "" ||
			!strings.Contains(stdout, "is active.\nThe new Security Hub is enabled.") {
			t.Errorf("status exits with %d, says %q, prints %q", code, stderr, stdout)
		}
		if code, stdout, stderr := hubmend(t, p.env, "policy", "show"); code != 0 || stderr != "" {
			t.Errorf("policy show exits with %d, says %q, prints %q", code, stderr, stdout)
		}
		for _, name := range []string{"sg-1", groupTarget("sg-1").Key()} {
			if code, _, stderr := hubmend(t, p.env, "history", name); code != exitUsage ||
				!strings.Contains(stderr, " not found: the ledger in ") {
				t.Errorf("history exits with %d and says %q", code, stderr)
			}
		}
	})
	t.Run("what was repaired is shown", p.testRepaired)
	t.Run("a dead letter", func(t *testing.T) {
		p.call(t, "sqs", "SendMessage",
			map[string]any{"QueueUrl": p.lab.Endpoint() + "/" + administrator + "/" +
				naming.DeadLetters(naming.FindingsQueue), "MessageBody": "poison"})
		all := p.ask(t, exitFailed)
		if r := all["queues"][0]; r.Found != "1 message in dead-letter queue hubmend-findings-dlq" ||
			!strings.Contains(r.Fix, "hubmend dlq list") {
			t.Errorf("%+v", r)
		}
		if r := all["alarms"][0]; r.Status != doctor.Problem ||
			!strings.HasPrefix(r.Found, "hubmend-findings-dlq is in ALARM: ") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("Security Hub is disabled", func(t *testing.T) {
		p.call(t, "securityhub", "DisableSecurityHub", nil)
		all := p.ask(t, exitFailed)
		for _, name := range []string{"custom actions", "home Region"} {
			if r := all[name][0]; r.Status != doctor.Unknown || r.Found != "Security Hub is not enabled" {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if r := all["Security Hub"][0]; r.Status != doctor.Problem ||
			r.Fix != "aws securityhub enable-security-hub" {
			t.Errorf("%+v", r)
		}
	})
}

func (p patient) call(t *testing.T, service, api string, input map[string]any) map[string]any {
	t.Helper()
	return p.callIn(t, administrator, service, api, input)
}

func (p patient) callIn(t *testing.T, account, service, api string, input map[string]any) map[string]any {
	t.Helper()
	out, err := p.lab.Call(t.Context(),
		lab.Call{Account: account, Region: homeRegion, Service: service, API: api, Input: input})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// testRepaired has a group repaired by the functions, and asks what came of it.
func (p patient) testRepaired(t *testing.T) {
	id, _ := p.callIn(t, workload, "ec2", "CreateSecurityGroup",
		map[string]any{"GroupName": "web", "Description": "web"})["GroupId"].(string)
	p.callIn(t, workload, "ec2", "AuthorizeSecurityGroupIngress",
		map[string]any{"GroupId": id, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"})
	resource := "arn:aws:ec2:" + homeRegion + ":" + workload + ":security-group/" + id
	var findings []any
	if err := json.Unmarshal(execute(t, "finding", exampleControl().ID, "--resource", resource),
		&findings); err != nil {
		t.Fatal(err)
	}
	p.callIn(t, workload, "securityhub", "BatchImportFindings", map[string]any{"Findings": findings})
	if err := p.lab.Quiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	for args, wants := range map[string][]string{
		"history " + id: {resource + "\n", "attempt 1: repaired", "requester   automatic",
			"TCP 22", "execution   https://us-east-1.console.aws.amazon.com/", "unconfirmed "},
		"history " + id + " --before": {"0.0.0.0/0"},
		"status": {"Waiting for Security Hub to re-check (1 finding)", "security-group/" + id,
			exampleControl().ID + "          1          0       0        0       0     100%"},
		"status --account " + workload:  {"Waiting for Security Hub to re-check (1 finding)"},
		"status --account 333333333333": {"No resource needs attention or is in progress."},
	} {
		code, stdout, stderr := hubmend(t, p.env, strings.Fields(args)...)
		for _, want := range wants {
			if code != 0 || stderr != "" || !strings.Contains(stdout, want) {
				t.Errorf("%s exits with %d, says %q, prints\n%swithout %q", args, code, stderr, stdout, want)
			}
		}
	}
	p.ask(t, 0)
}

const notThere = `{"__type": "ResourceNotFoundException", "message": "it is gone"}`

type illness struct {
	bends  []bend
	check  string
	status doctor.Status
	wants  []string
}

var ills = map[string]illness{
	"the stack was rolled back": {
		[]bend{{call: "Action=DescribeStacks", old: adminIs + "CREATE_COMPLETE",
			new: adminIs + "UPDATE_ROLLBACK_COMPLETE"}}, "admin stack", doctor.Problem,
		[]string{"hubmend-admin is UPDATE_ROLLBACK_COMPLETE", "describe-stack-events", "npx cdk deploy hubmend-admin"},
	},
	"the stack is being updated": {
		[]bend{{call: "Action=DescribeStacks", old: adminIs + "CREATE_COMPLETE", new: adminIs + "UPDATE_IN_PROGRESS"}},
		"admin stack", doctor.Problem, []string{"wait until the operation has ended"},
	},
	"another template": {
		[]bend{{call: "Action=GetTemplate&StackName=hubmend-admin",
			old: "Updates findings with the outcome of their remediation.",
			new: "x"}}, "admin template", doctor.Problem,
		[]string{"hubmend-admin differs from", "SettleFunction", "npx cdk deploy hubmend-admin"},
	},
	"a function is gone": {
		[]bend{{call: "functions/hubmend-sweep/configuration", status: 404, answer: notThere}}, "functions",
		doctor.Problem, []string{"function hubmend-sweep not found", "CloudFormation does not recreate"},
	},
	"a function is broken": {
		[]bend{{call: "functions/hubmend-settle/configuration", old: `"State":"Active"`, new: `"State":"Failed"`}},
		"functions", doctor.Problem, []string{"function hubmend-settle is Failed"},
	},
	"a function was not updated": {
		[]bend{{call: "functions/hubmend-settle/configuration", old: "Successful", new: "Failed"}}, "functions",
		doctor.Problem, []string{"the latest update of function hubmend-settle failed"},
	},
	"a mapping is off": {
		[]bend{{call: "GET /2015-03-31/event-source-mappings", old: `"Enabled"`, new: `"Disabled"`}},
		"event sources", doctor.Problem,
		[]string{"the event source mapping of hubmend-dispatch for queue hubmend-findings is Disabled",
			"mapping of hubmend-settle",
			"aws lambda update-event-source-mapping --enabled --uuid "},
	},
	"a mapping is gone": {
		[]bend{{call: "GET /2015-03-31/event-source-mappings", old: ":hubmend-outcomes\"", new: ":another\""}},
		"event sources", doctor.Problem,
		[]string{"hubmend-settle has no event source mapping for queue hubmend-outcomes"},
	},
	"a queue is gone": {
		[]bend{{call: `"QueueName":"hubmend-outcomes-dlq"`, status: 400,
			answer: `{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no"}`}}, "queues", doctor.Problem,
		[]string{"queue hubmend-outcomes-dlq not found"},
	},
	"the table is gone": {
		[]bend{{call: "DescribeTable", status: 400, answer: notThere}}, "ledger", doctor.Problem,
		[]string{"table hubmend-ledger not found", "point-in-time"},
	},
	"the table is being restored": {
		[]bend{{call: "DescribeTable", old: `"ACTIVE"`, new: `"CREATING"`}}, "ledger", doctor.Problem,
		[]string{"table hubmend-ledger is CREATING", "index open of hubmend-ledger is CREATING"},
	},
	"the index is gone": {
		[]bend{{call: "DescribeTable", old: `"IndexName": "open"`, new: `"IndexName": "other"`}}, "ledger",
		doctor.Problem, []string{"has no index open"},
	},
	"paused": {
		[]bend{{call: "AmazonSSM.GetParameter", old: `"active"`, new: `"paused"`}}, "switch", doctor.Problem,
		[]string{`/hubmend/switch is "paused", so no remediation starts`, "hubmend resume"},
	},
	"the switch is gone": {
		[]bend{{call: "AmazonSSM.GetParameter", status: 400, answer: `{"__type": "ParameterNotFound"}`}}, "switch",
		doctor.Problem, []string{"parameter /hubmend/switch not found", "--type String"},
	},
	"nothing is launched": {
		[]bend{{call: "Action=DescribeStacks", old: "AutoRemediation<", new: "<"}}, "playbook", doctor.Problem,
		[]string{"no playbook is launched", "hubmend playbook launch"},
	},
	"the playbook could not be updated": {
		[]bend{{call: "Action=DescribeStacks", old: "(<StackName>SC-[^<]*</StackName><StackStatus>)CREATE_COMPLETE",
			new: "${1}UPDATE_ROLLBACK_FAILED"}},
		"playbook", doctor.Problem, []string{"is UPDATE_ROLLBACK_FAILED", "hubmend playbook update"},
	},
	"a playbook that nobody knows": {
		[]bend{{call: "Action=GetTemplate&StackName=SC-", old: "New failed", new: "x"}}, "playbook", doctor.OK,
		[]string{"version unknown to this build"},
	},
	"a rule is off": {
		[]bend{{call: "AWSEvents.ListRules", old: `"Name":"hubmend-CIS4142-imported","State":"ENABLED"`,
			new: `"Name":"hubmend-CIS4142-imported","State":"DISABLED"`}}, "rules", doctor.Problem,
		[]string{"rule hubmend-CIS4142-imported is DISABLED, but should be ENABLED",
			"aws events enable-rule --name hubmend-CIS4142-imported"},
	},
	"a rule is on": {
		[]bend{{call: "AWSEvents.ListRules", old: `"Name":"hubmend-CIS22-imported","State":"DISABLED"`,
			new: `"Name":"hubmend-CIS22-imported","State":"ENABLED"`}}, "rules", doctor.Problem,
		[]string{"aws events disable-rule --name hubmend-CIS22-imported"},
	},
	"rules are gone": {
		[]bend{{call: "AWSEvents.ListRules", old: `"Name":"hubmend-`, new: `"Name":"other-`}}, "rules", doctor.Problem,
		[]string{"rule hubmend-sweep not found", "rule hubmend-CIS22-custom-action not found"},
	},
	"nothing listens to outcomes": {
		[]bend{{call: `"EventBusName":"hubmend-events"`, status: 200, answer: `{"Rules": []}`}}, "rules",
		doctor.Problem, []string{"event bus hubmend-events has no rule"},
	},
	"the bus is gone": {
		[]bend{{call: `"EventBusName":"hubmend-events"`, status: 400, answer: notThere}}, "rules", doctor.Problem,
		[]string{"event bus hubmend-events not found"},
	},
	"a custom action is gone": {
		[]bend{{call: "POST /actionTargets/get", old: "action/custom/CIS22\"", new: "action/custom/mine\""}},
		"custom actions", doctor.Problem,
		[]string{"custom action CIS22 not found in Security Hub", "hubmend playbook terminate --yes"},
	},
	"findings of each standard": {
		[]bend{{call: "GET /accounts", old: "SECURITY_CONTROL", new: "STANDARD_CONTROL"}}, "Security Hub", doctor.OK,
		[]string{"consolidated control findings are off"},
	},
	"deployed elsewhere": {
		[]bend{{call: "GET /findingAggregator/get/", old: `"us-east-1"`, new: `"eu-west-1"`}}, "home Region",
		doctor.Problem, []string{"findings are aggregated in eu-west-1, but this deployment is in us-east-1"},
	},
	"findings are not collected": {
		[]bend{{call: "GET /findingAggregator/list", status: 200, answer: `{"FindingAggregators": []}`},
			{call: "GET /aggregatorv2/list", status: 200, answer: `{"AggregatorsV2": []}`}},
		"home Region", doctor.OK, []string{"Hubmend remediates only those of us-east-1"},
	},
	"no new Security Hub": {
		[]bend{{call: "GET /hubv2", status: 404, answer: notThere}}, "Security Hub V2", doctor.OK,
		[]string{"the new Security Hub is not enabled"},
	},
	"the new Security Hub is collected elsewhere": {
		[]bend{{call: "GET /aggregatorv2/get/", old: `"us-east-1"`, new: `"eu-west-1"`}}, "home Region V2",
		doctor.Problem, []string{"aggregates findings in eu-west-1, but this deployment is in us-east-1"},
	},
	"a member is behind": {
		[]bend{{call: "Action=ListStackInstances&CallAs=SELF&StackSetName=hubmend-member-roles", old: ">CURRENT<",
			new: ">OUTDATED<"}}, "member roles", doctor.Problem,
		[]string{"hubmend-member-roles in 222222222222 us-east-1 is OUTDATED", "npx cdk deploy hubmend-rollout"},
	},
	"somebody changed a member": {
		[]bend{{call: "Action=ListStackInstances&CallAs=SELF&StackSetName=hubmend-member-runbooks",
			old: ">NOT_CHECKED<", new: ">DRIFTED<"}}, "member runbooks", doctor.Problem,
		[]string{"hubmend-member-runbooks in 222222222222 us-east-1 has drifted"},
	},
	"no members": {
		[]bend{{call: "Action=ListStackInstances&CallAs=SELF&StackSetName=hubmend-member-runbooks", old: "member>",
			new: "nobody>"}}, "member runbooks", doctor.Problem,
		[]string{"has no stacks, so no member can be remediated"},
	},
	"an old StackSet": {
		[]bend{{call: "Action=DescribeStackSet&CallAs=SELF&StackSetName=hubmend-member-roles",
			old: "Permissions of the runbook",
			new: "x"}}, "member roles", doctor.Problem,
		[]string{"the StackSet hubmend-member-roles differs from", "npx cdk deploy hubmend-rollout"},
	},
	"StackSets of another account": {
		[]bend{{call: "Action=DescribeStackSet&CallAs=SELF&StackSetName=hubmend-member-roles", status: 404,
			answer: "<ErrorResponse><Error><Code>StackSetNotFoundException</Code></Error></ErrorResponse>"}, {
			call: "Action=DescribeStackSet&CallAs=DELEGATED_ADMIN&StackSetName=hubmend-member-roles", status: 400,
			answer: "<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>",
		}}, "member roles", doctor.Unknown,
		[]string{"this account has no StackSet hubmend-member-roles", "hubmend-rollout"},
	},
	"another runbook": {
		[]bend{{call: `AmazonSSM.GetDocument {"Name":"hubmend-EnableKeyRotation"`, old: "schemaVersion",
			new: "schemaversion"}}, "local runbooks", doctor.Problem,
		[]string{"documents differ from this build: hubmend-EnableKeyRotation (version 1)",
			"hubmend-member-runbooks"},
	},
	"a runbook is gone": {
		[]bend{{call: `AmazonSSM.GetDocument {"Name":"hubmend-EnableKeyRotation"`, status: 400,
			answer: `{"__type": "InvalidDocument"}`}}, "local runbooks", doctor.Problem,
		[]string{"documents are missing: hubmend-EnableKeyRotation"},
	},
	"a runbook that no launched playbook needs": {
		[]bend{{call: `AmazonSSM.GetDocument {"Name":"hubmend-EncryptQueue"`, status: 400,
			answer: `{"__type": "InvalidDocument"}`}}, "local runbooks", doctor.OK,
		[]string{"; not deployed and not needed by a launched playbook: 1"},
	},
	"a runbook failed": {
		[]bend{{call: `AmazonSSM.GetDocument {"Name":"hubmend-EnableKeyRotation"`, old: `"Active"`, new: `"Failed"`}},
		"local runbooks", doctor.Problem, []string{"documents are not active: hubmend-EnableKeyRotation (Failed )"},
	},
	"only members are repaired": {
		[]bend{{call: "AmazonSSM.GetDocument", status: 400, answer: `{"__type": "InvalidDocument"}`}}, "local runbooks",
		doctor.OK, []string{"resources of this account are not remediated"},
	},
	"nobody is subscribed": {
		[]bend{{call: "Action=ListSubscriptionsByTopic", old: "member>", new: "nobody>"}}, "notifications",
		doctor.Problem, []string{"hubmend-notifications has no subscribers; failures will go unnoticed",
			"aws sns subscribe --topic-arn arn:aws:sns:us-east-1:111111111111:hubmend-notifications"},
	},
	"the topic is gone": {
		[]bend{{call: "Action=ListSubscriptionsByTopic", status: 404,
			answer: "<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>"}}, "notifications",
		doctor.Problem, []string{"topic hubmend-notifications not found"},
	},
}

// permissions are all that doctor uses.
var permissions = []string{
	"cloudformation:GetTemplate", "cloudformation:DescribeStacks", "cloudformation:DescribeStackSet",
	"cloudformation:ListStackInstances", "lambda:GetFunctionConfiguration",
	"lambda:ListEventSourceMappings", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "dynamodb:DescribeTable",
	"ssm:GetParameter", "ssm:GetDocument", "events:ListRules",
	"securityhub:DescribeActionTargets", "securityhub:DescribeHub", "securityhub:ListFindingAggregators",
	"securityhub:GetFindingAggregator", "securityhub:DescribeSecurityHubV2", "securityhub:ListAggregatorsV2",
	"securityhub:GetAggregatorV2", "securityhub:ListOrganizationAdminAccounts", "sns:ListSubscriptionsByTopic",
	"cloudwatch:DescribeAlarms",
}

// testDenied looks that a permission that is missing is named, and is no problem of the deployment.
func (p patient) testDenied(t *testing.T, action string) {
	left := slices.DeleteFunc(slices.Clone(permissions), func(a string) bool { return a == action })
	unknown := 0
	for name, results := range (patient{p.as(t, "without-"+strings.ReplaceAll(action, ":", "-"), allow(left)),
		p.templates}).ask(t, 0) {
		for _, r := range results {
			switch {
			case usual(r):
			case r.Status == doctor.Unknown && r.Found == "needs "+action:
				unknown++
			default:
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
	if unknown == 0 {
		t.Errorf("nobody misses %s", action)
	}
}

func allow(actions []string) string {
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action": ["` +
		strings.Join(actions, `", "`) + `"]}]}`
}

// All results begin in the same column, also that of the check with the longest name.
func TestResultsAreAligned(t *testing.T) {
	t.Parallel()
	var short, long strings.Builder
	printResult(&short, doctor.Result{Check: "switch", Status: doctor.OK, Found: "FOUND"}, false)
	printResult(&long, doctor.Result{Check: "delegated administrator", Status: doctor.OK, Found: "FOUND"}, false)
	if i, j := strings.Index(short.String(), "FOUND"), strings.Index(long.String(), "FOUND"); i != j {
		t.Errorf("columns %d and %d:\n%s%s", i, j, short.String(), long.String())
	}
}
