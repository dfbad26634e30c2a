package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/aws/readonly"
	"hubmend/internal/lab"
	"hubmend/internal/lab/python"
	"hubmend/internal/ops/plan"
)

// planningLab is a lab in which nothing is deployed: a plan needs nothing.
type planningLab struct {
	*testing.T
	lab    *lab.Lab
	config string
}

func startPlanningLab(t *testing.T, configure ...func(*lab.Config)) planningLab {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Python")
	}
	c := lab.Defaults
	c.Assembly, c.Enforce = "../../templates", true
	for _, change := range configure {
		change(&c)
	}
	var err error
	if c.Python, err = python.Find("../.."); err != nil {
		t.Fatal(err)
	}
	l, err := lab.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	file, err := l.WriteProfiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return planningLab{t, l, file}
}

// env is that of a shell with a profile of the lab.
func (l planningLab) env(profile string) []string {
	return slices.Concat(nobody, []string{"AWS_CONFIG_FILE=" + l.config, "AWS_PROFILE=" + profile})
}

// in is the lab for a subtest.
func (l planningLab) in(t *testing.T) planningLab {
	l.T = t
	return l
}

func (l planningLab) call(service, api string, input map[string]any) map[string]any {
	l.Helper()
	out, err := l.lab.Call(l.Context(),
		lab.Call{Account: member, Region: homeRegion, Service: service, API: api, Input: input})
	if err != nil {
		l.Fatalf("%s %s: %v", service, api, err)
	}
	return out
}

const member = "222222222222"

// openGroup makes a group that is open to the world and gives its ARN.
func (l planningLab) openGroup(name string, port int) string {
	id := l.call("ec2", "CreateSecurityGroup",
		map[string]any{"GroupName": name, "Description": "web"})["GroupId"].(string)
	l.call("ec2", "AuthorizeSecurityGroupIngress",
		map[string]any{"GroupId": id, "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0"})
	return "arn:aws:ec2:" + homeRegion + ":" + member + ":security-group/" + id
}

// made runs plan with --json and gives the plan.
func (l planningLab) made(code int, args ...string) plan.Plan {
	l.Helper()
	got, stdout, stderr := hubmend(l.T, l.env("workload"), append([]string{"plan", "--json"}, args...)...)
	var p plan.Plan
	if err := json.Unmarshal([]byte(stdout), &p); err != nil || got != code || stderr != "" {
		l.Fatalf("%q exits with %d, says %q, prints %q: %v", args, got, stderr, stdout, err)
	}
	return p
}

func TestPlan(t *testing.T) {
	t.Parallel()
	l := startPlanningLab(t)
	group := l.openGroup("web", 22)
	l.call("iam", "CreateUser", map[string]any{"UserName": "ann"})
	key := l.call("iam", "CreateAccessKey",
		map[string]any{"UserName": "ann"})["AccessKey"].(map[string]any)["AccessKeyId"]
	l.call("lab", "BackdateUser",
		map[string]any{"UserName": "ann", "AccessKeyId": key, "CreatedDaysAgo": 120, "LastUsedDaysAgo": 3})
	user := "arn:aws:iam::" + member + ":user/ann"
	before := len(l.lab.Calls())

	t.Run("security group", func(t *testing.T) {
		l := l.in(t)
		code, stdout, stderr := hubmend(t, l.env("workload"), "plan", "--control", "EC2.13", "--resource", group)
		for _, want := range []string{
			"- tcp 22 from 0.0.0.0/0\n", "Write calls (1), each assumed to succeed:",
			"1. ec2:RevokeSecurityGroupIngress\n",
			"Network interfaces in the group: none", "Risk: medium. ", "It can be undone.",
			"Cost: 1 step, 0.002 USD.",
			"role/hubmend-CloseSecurityGroupPorts, which allows ec2:AuthorizeSecurityGroupIngress, ",
			"Nothing was changed.",
		} {
			if !strings.Contains(stdout, want) {
				t.Errorf("does not print %q", want)
			}
		}
		if code != 0 || stderr != "" || strings.Contains(stdout, "\x1b") || t.Failed() {
			t.Errorf("exits with %d, says %q, prints\n%s", code, stderr, stdout)
		}
	})
	t.Run("user", func(t *testing.T) {
		l := l.in(t)
		p := l.made(0, "--control", "IAM.3", "--resource", user)
		if p.Verdict != plan.Change || p.Account != member || len(p.Calls) != 1 ||
			p.Calls[0].API != "iam:UpdateAccessKey" || p.Calls[0].Input["AccessKeyId"] != key {
			t.Errorf("plans %+v", p)
		}
		if found, _ := json.Marshal(p.Uses); !strings.Contains(string(found), `"ServiceName":"s3"`) {
			t.Errorf("uses are %s", found)
		}
	})
	t.Run("finding in a file and in Security Hub", func(t *testing.T) {
		l := l.in(t)
		document := execute(t, "finding", "EC2.13", "--resource", group)
		var list []map[string]any
		if err := json.Unmarshal(document, &list); err != nil {
			t.Fatal(err)
		}
		p := l.made(0, "--finding", write(t, "finding.json", string(document)))
		if len(p.Calls) != 1 || p.Finding != list[0]["Id"] || p.Resource != group {
			t.Errorf("plans %+v", p)
		}
		l.call("securityhub", "BatchImportFindings", map[string]any{"Findings": list})
		if p := l.made(0, "--finding", p.Finding); len(p.Calls) != 1 || p.Resource != group {
			t.Errorf("plans %+v", p)
		}
	})
	t.Run("nothing to change", func(t *testing.T) {
		l := l.in(t)
		code, stdout, stderr := hubmend(t, l.env("workload"), "plan", "--control", "EC2.14", "--resource", group)
		if code != 0 || stderr != "" ||
			!strings.Contains(stdout, "Nothing to change: the security group does not open TCP 3389 to the world.") {
			t.Errorf("exits with %d, says %q, prints %s", code, stderr, stdout)
		}
	})
	t.Run("refused by the runbook", func(t *testing.T) {
		l := l.in(t)
		code, stdout, stderr := hubmend(t, l.env("workload"), "plan", "--control", "EC2.2", "--resource", group)
		if code != exitFailed || stderr != "" ||
			!strings.Contains(stdout, "would fail before it changes anything:\n") ||
			!strings.Contains(stdout, "is named web, not default") {
			t.Errorf("exits with %d, says %q, prints %s", code, stderr, stdout)
		}
		if p := l.made(exitFailed, "--control", "EC2.2", "--resource", group); p.Verdict != plan.Refusal ||
			p.Reason == "" {
			t.Errorf("plans %+v", p)
		}
	})
	t.Run("a bucket takes account and Region from the configuration", func(t *testing.T) {
		l := l.in(t)
		l.call("s3", "CreateBucket", map[string]any{"Bucket": "trails"})
		if p := l.made(0, "--control", "CloudTrail.6", "--resource", "arn:aws:s3:::trails"); p.Account != member ||
			p.Region != homeRegion || len(p.Calls) != 1 {
			t.Errorf("plans %+v", p)
		}
	})
	t.Run("an account, whose name is no ARN", func(t *testing.T) {
		l := l.in(t)
		if p := l.made(0, "--control", "IAM.11", "--resource", "AWS::::Account:"+member); p.Account != member ||
			p.Region != homeRegion || len(p.Calls) != 1 {
			t.Errorf("plans %+v", p)
		}
	})
	for name, tc := range map[string]struct{ profile, args, want string }{
		"another account": {"security", "--control EC2.13 --resource " + group,
			"the resource is in account 222222222222, and these AWS credentials are of account 111111111111 ("},
		"no such finding": {"workload",
			"--finding arn:aws:securityhub:us-east-1:222222222222:security-control/EC2.13/finding/none",
			"Security Hub in us-east-1 has no finding arn:"},
		"finding elsewhere": {"workload",
			"--finding arn:aws:securityhub:eu-west-1:222222222222:security-control/EC2.13/finding/none",
			"Security Hub in eu-west-1 has no finding arn:"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, l.env(tc.profile), tc.args, tc.want) })
	}
	if calls := l.lab.Calls()[before:]; len(calls) == 0 {
		t.Error("the lab saw no call")
	} else {
		onlyReads(t, calls)
	}
}

// onlyReads fails for calls other than those of the tests themselves that change something.
func onlyReads(t *testing.T, calls []lab.APICall) {
	t.Helper()
	own := []string{"securityhub:BatchImportFindings", "s3:CreateBucket"}
	for _, c := range calls {
		name := c.Service + ":" + c.API
		if !readonly.Call(c.Service, c.API) && !slices.Contains(own, name) {
			t.Errorf("the plan called %s", name)
		}
	}
}

// refused fails unless plan says in one line what is wrong, and exits with 2.
func refused(t *testing.T, env []string, args, want string) {
	t.Helper()
	code, stdout, stderr := hubmend(t, env, append([]string{"plan"}, strings.Fields(args)...)...)
	if code != exitUsage || stdout != "" {
		t.Errorf("exits with %d and prints %q", code, stdout)
	}
	if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "hubmend: ") || !strings.Contains(stderr, want) {
		t.Errorf("says %q, want one line that says %q", stderr, want)
	}
}

func TestPlanBadInput(t *testing.T) {
	t.Parallel()
	expired := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>`)
	}))
	t.Cleanup(expired.Close)
	good := string(execute(t, "finding", "EC2.13", "--resource", group))
	changed := func(old, with string) string {
		text := strings.Replace(good, old, with, 1)
		if text == good {
			t.Fatalf("the finding has no %s", old)
		}
		return write(t, "finding.json", text)
	}
	ofGroup := "--control EC2.13 --resource " + group
	region, keys := "AWS_REGION=eu-west-1", []string{"AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y",
		"AWS_MAX_ATTEMPTS=1"}
	for name, tc := range map[string]struct {
		args string
		env  []string
		want string
	}{
		"nothing":             {want: "use either --finding, or --control with --resource"},
		"both":                {args: ofGroup + " --finding x", want: "use either --finding"},
		"a word too many":     {args: "x", want: `"x"`},
		"no resource":         {args: "--control EC2.13", want: "use --control and --resource together"},
		"resource of finding": {args: "--finding x --resource y", want: "leave out --resource"},
		"unknown control": {args: "--control EC2.99 --resource " + group,
			want: "unknown control EC2.99; `hubmend controls` lists"},
		"no such file": {args: "--finding nowhere.json",
			want: "file nowhere.json not found, and the id of a finding begins with arn:"},
		"a folder":     {args: "--finding docs", want: "read the finding"},
		"not JSON":     {args: "--finding README.md", want: "README.md is not a finding: it is not JSON"},
		"empty file":   {args: "--finding " + write(t, "empty", " \n"), want: "it is empty"},
		"another JSON": {args: "--finding cdk.json", want: "it is not a finding, which has a ProductArn"},
		"two findings": {args: "--finding " + write(t, "two", `{"Findings": [{}, {}]}`),
			want: "it has 2 findings, and a plan is for one"},
		"another product": {args: "--finding " + changed("product/aws/securityhub", "product/aws/guardduty"),
			want: "is not Security Hub's own"},
		"unknown of finding": {args: "--finding " + changed(`"SecurityControlId": "EC2.13"`,
			`"SecurityControlId": "EC2.99"`),
			want: "no control of Hubmend's is about this finding, which is about EC2.99"},
		"passed": {args: "--finding " + changed(`"Status": "FAILED"`, `"Status": "PASSED"`),
			want: "reports PASSED, not FAILED, so there is nothing to repair"},
		"suppressed": {args: "--finding " + changed(`"Status": "NEW"`, `"Status": "SUPPRESSED"`),
			want: "SUPPRESSED"},
		"a reference": {args: "--finding " + changed("security-group/", "security-group/{{ x }}"),
			want: "contains {{"},
		"another resource": {args: "--control EC2.13 --resource arn:aws:ec2:us-east-1:222222222222:instance/i-1",
			want: "hubmend: the finding's resource does not fit its control"},
		"another type": {args: "--finding " + write(t, "number", `{"ProductArn": 3}`),
			want: "number is not a finding: its ProductArn is a number"},
		"a Region of no resource": {args: "--control EC2.13 --resource sg-1 --region us-esat-1",
			want: "unknown Region us-esat-1; did you mean us-east-1?"},
		"a Region of nobody": {args: "--control EC2.13 --resource sg-1", env: []string{"AWS_REGION=us-esat-1"},
			want: "unknown Region us-esat-1; did you mean us-east-1?"},
		"a short id": {args: "--control EC2.13 --resource sg-1 --region us-east-1",
			want: "no AWS credentials found; log in"},
		"a Region too many": {args: ofGroup + " --region eu-west-1",
			want: "names its Region, us-east-1; leave out --region"},
		"no Region that is": {args: "--control EC2.13 --resource arn:aws:ec2:moon-1:222222222222:security-group/sg-1",
			want: `"moon-1" is not a Region`},
		"id of another thing": {args: "--finding " + group, want: "is not the id of a finding"},
		"no Region": {args: "--control CloudTrail.6 --resource arn:aws:s3:::trails",
			want: "no AWS Region is set; set AWS_REGION"},
		"no credentials":  {args: ofGroup, want: "no AWS credentials found; log in, or set AWS_PROFILE"},
		"no such profile": {args: ofGroup, env: []string{"AWS_PROFILE=nowhere"}, want: "nowhere"},
		"expired": {args: ofGroup, env: append(keys, region, "AWS_ENDPOINT_URL="+expired.URL),
			want: "the AWS credentials have expired; log in again"},
		"nobody answers": {args: ofGroup, env: append(keys, region, "AWS_ENDPOINT_URL=http://127.0.0.1:1"),
			want: "AWS does not respond in us-east-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, slices.Concat(nobody, tc.env), tc.args, tc.want)
		})
	}
}

// Text from AWS or from a finding cannot control the terminal, and stays on its line.
// A plan that fails for lack of credentials has read its finding.
func TestPlanReadsAnyFile(t *testing.T) {
	t.Parallel()
	text := string(execute(t, "finding", "EC2.13", "--resource", group))
	utf16le := "\xff\xfe"
	for _, c := range text {
		utf16le += string([]byte{byte(c), 0})
	}
	for name, content := range map[string]string{"a mark of UTF-8": "\ufeff" + text, "UTF-16": utf16le} {
		refused(t, nobody, "--finding "+write(t, "finding.json", content), "no AWS credentials found")
		code, out := terminal{env: nobody}.answering(t, content, "plan --finding -")
		if code != exitUsage || !strings.Contains(out, "no AWS credentials found") {
			t.Errorf("%s on standard input: exits with %d and says %s", name, code, out)
		}
	}
}

func TestPrintPlanIsSafe(t *testing.T) {
	t.Parallel()
	const evil = "a\x1b[2J\nb\u202e"
	p := plan.Plan{
		Control: "EC2.13", Title: evil, Resource: evil, Verdict: plan.Change, Note: evil, RiskReason: evil,
		Irreversible: evil,
		Calls: []plan.Call{{API: "ec2:X",
			Input: map[string]any{"A": evil, "B": []any{map[string]any{"C": evil}}}}},
		Changes: []plan.Difference{{What: evil, Before: map[string]any{"A": evil}, After: []any{evil}},
			{What: "b", After: map[string]any{"A": []any{evil}}}},
		Uses: []plan.Use{{Title: "t", Found: []any{evil, map[string]any{"A": evil}}}, {Title: "u", Unknown: evil}},
		Lost: []string{evil},
	}
	for _, verdict := range []plan.Verdict{plan.Change, plan.Compliant, plan.Refusal} {
		p.Verdict, p.Reason = verdict, evil
		var out strings.Builder
		printPlan(&out, p)
		if strings.ContainsAny(out.String(), "\x1b\u202e") || strings.Contains(out.String(), "\nb") {
			t.Errorf("%s prints %q", verdict, out.String())
		}
	}
}

func TestManyUsesAreCut(t *testing.T) {
	t.Parallel()
	p := plan.Plan{Verdict: plan.Change, Uses: []plan.Use{{Title: "Interfaces", Found: make([]any, usesShown+3)}}}
	var out strings.Builder
	printPlan(&out, p)
	if !strings.Contains(out.String(), "    and 3 more; --json lists them\n") ||
		strings.Count(out.String(), "null\n") != usesShown {
		t.Errorf("prints\n%s", out.String())
	}
}

func TestWayOut(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ environment, want []string }{
		"none": {[]string{"HOME=/home/x", "AWS_SECRET_ACCESS_KEY=s", "AWS_PROFILE=p"}, nil},
		"a proxy": {[]string{"AWS_SECRET_ACCESS_KEY=s", "HTTPS_PROXY=http://p:1"},
			[]string{"NO_PROXY=", "HTTPS_PROXY=http://p:1"}},
		"but for one": {[]string{"HTTPS_PROXY=http://p:1", "NO_PROXY=x"},
			[]string{"NO_PROXY=", "HTTPS_PROXY=http://p:1", "NO_PROXY=x"}},
	} {
		if got := wayOut(tc.environment); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
