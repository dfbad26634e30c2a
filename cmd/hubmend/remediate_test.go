package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/lab"
	"hubmend/internal/lab/samplefinding"
	"hubmend/test/assembly"
	"hubmend/test/labtest"
)

// expired is a service that takes no credentials any more.
func expired(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestAskingBadInput(t *testing.T) {
	t.Parallel()
	const id = "arn:aws:securityhub:us-east-1:222222222222:security-control/EC2.13/finding/1"
	region := []string{"AWS_REGION=us-east-1"}
	keys := slices.Concat(region, []string{"AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y", "AWS_MAX_ATTEMPTS=1"})
	at := func(url string) []string { return append(slices.Clone(keys), "AWS_ENDPOINT_URL="+url) }
	for name, tc := range map[string]struct {
		args string
		env  []string
		want string
	}{
		"undo of nothing":          {"undo", nil, "1 arg"},
		"undo of two":              {"undo a b", nil, "1 arg"},
		"undo without a Region":    {"undo sg-1", nil, "no AWS Region is set; set AWS_REGION"},
		"undo without credentials": {"undo sg-1", region, "no AWS credentials found; log in"},
		"undo with expired ones": {"undo sg-1", at(expired(t)),
			"the AWS credentials have expired; log in again"},
		"undo, nobody answers": {"undo sg-1", at("http://127.0.0.1:1"), "AWS does not respond in us-east-1"},
		"undo within no time": {"undo sg-1 --timeout 0s", nil,
			"--timeout must be positive, not 0s; to not wait, use --no-wait"},
		"remediate within no time": {"remediate --timeout -5s " + id, nil, "--timeout must be positive, not -5s"},
		"remediate nothing": {"remediate", nil,
			"name findings by their ids, or use --control and --resource"},
		"remediate too much": {"remediate --control EC2.13 --resource x " + id, nil, "name findings by their ids"},
		"a control without a resource": {"remediate --control EC2.13", nil,
			"use --control and --resource together"},
		"an unknown control": {"remediate --control Lambda.1 --resource x", nil,
			"unknown control Lambda.1; `hubmend controls` lists"},
		"failed, and findings": {"remediate --failed " + id, nil,
			"--failed does not go together with finding ids or --resource"},
		"failed of no account": {"remediate --failed --account prod", nil,
			`"prod" is not an account id`},
		"failed of no class": {"remediate --failed --class bad", nil,
			`unknown failure class "bad"; the classes are busy, throttling`},
		"what is gone cannot be redone": {"remediate --failed --class gone", nil, `unknown failure class "gone"`},
		"an account without failed":     {"remediate --account 222222222222 " + id, nil, "belong to --failed"},
		"an unknown control that failed": {"remediate --failed --control Lambda.1", nil,
			"unknown control Lambda.1"},
		"no id of a finding": {"remediate finding.json", nil, `"finding.json" is not the id of a finding`},
		"21 findings": {"remediate" + strings.Repeat(" "+id, 21), nil,
			"21 findings are too many; name up to 20"},
		"remediate without a Region":    {"remediate " + id, nil, "no AWS Region is set"},
		"remediate without credentials": {"remediate " + id, region, "no AWS credentials found"},
		"remediate with expired ones":   {"remediate " + id, at(expired(t)), "the AWS credentials have expired"},
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

// says runs a command and demands its exit code, and parts of what it prints and says.
func (s terminal) says(t *testing.T, code int, args string, parts ...string) string {
	t.Helper()
	got, stdout, stderr := hubmend(t, s.env, strings.Fields(args)...)
	if got != code {
		t.Errorf("%s exits with %d, want %d", args, got, code)
	}
	if code == exitUsage && strings.Count(stderr, "\n") != 1 {
		t.Errorf("%s says more than one line: %q", args, stderr)
	}
	for _, part := range parts {
		if !strings.Contains(stdout+stderr, part) {
			t.Errorf("%s does not say %q:\n%s%s", args, part, stdout, stderr)
		}
	}
	return stdout
}

// calls makes a call in the workload's account.
func (s terminal) calls(t *testing.T, service, api string, input map[string]any) map[string]any {
	t.Helper()
	out, err := s.lab.Call(t.Context(),
		lab.Call{Account: workload, Region: homeRegion, Service: service, API: api, Input: input})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// openGroup makes a security group that is open to the world, and gives its id and ARN.
func (s terminal) openGroup(t *testing.T, name string) (id, arn string) {
	t.Helper()
	out := s.calls(t, "ec2", "CreateSecurityGroup", map[string]any{"GroupName": name, "Description": name})
	id = fmt.Sprint(out["GroupId"])
	s.openPort(t, id, 22)
	return id, "arn:aws:ec2:" + homeRegion + ":" + workload + ":security-group/" + id
}

func (s terminal) openPort(t *testing.T, group string, port int) {
	t.Helper()
	s.calls(t, "ec2", "AuthorizeSecurityGroupIngress", map[string]any{"GroupId": group, "IpPermissions": []any{
		map[string]any{"IpProtocol": "tcp", "FromPort": port, "ToPort": port,
			"IpRanges": []any{map[string]any{"CidrIp": "0.0.0.0/0", "Description": "ssh"}}},
	}})
}

// open lists the ports of a group that are open to somebody.
func (s terminal) open(t *testing.T, group string) string {
	t.Helper()
	out := s.calls(t, "ec2", "DescribeSecurityGroups", map[string]any{"GroupIds": []any{group}})
	text, err := json.Marshal(out["SecurityGroups"])
	if err != nil {
		t.Fatal(err)
	}
	var groups []struct {
		IpPermissions []struct{ FromPort int } //nolint:revive // as EC2 has it
	}
	if err := json.Unmarshal(text, &groups); err != nil {
		t.Fatal(err)
	}
	var ports []int
	for _, p := range groups[0].IpPermissions {
		ports = append(ports, p.FromPort)
	}
	return fmt.Sprint(ports)
}

// imports has Security Hub find something wrong with a resource, and gives the finding's id.
func (s terminal) imports(t *testing.T, control, name, resource string) string {
	t.Helper()
	c, _ := catalog.Embedded().ByID(control)
	f, err := samplefinding.Build(samplefinding.Spec{Control: c, Resource: resource, Account: workload,
		Region: homeRegion, ID: name, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	s.calls(t, "securityhub", "BatchImportFindings", map[string]any{"Findings": []any{f}})
	return fmt.Sprint(f["Id"])
}

// finding gives the workflow status and the note of a finding.
func (s terminal) finding(t *testing.T, id string) (workflow, note string) {
	t.Helper()
	out := s.calls(t, "securityhub", "GetFindings",
		map[string]any{"Filters": map[string]any{"Id": []any{map[string]any{"Value": id, "Comparison": "EQUALS"}}}})
	text, err := json.Marshal(out["Findings"])
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Workflow struct{ Status string }
		Note     struct{ Text string }
	}
	if err := json.Unmarshal(text, &all); err != nil || len(all) != 1 {
		t.Fatalf("%s: %v", text, err)
	}
	return all[0].Workflow.Status, all[0].Note.Text
}

// startDeployed returns a terminal with a deployment and no launched playbook, so that nothing is remediated
// automatically.
func startDeployed(t *testing.T) terminal {
	t.Helper()
	return terminalOf(labtest.Start(t, "../..", assembly.Copy))
}

func TestRemediate(t *testing.T) {
	t.Parallel()
	s := startDeployed(t)
	group, arn := s.openGroup(t, "web")
	id := s.imports(t, "EC2.13", "f1", arn)
	out := s.says(t, 0, "remediate --control EC2.13 --resource "+arn,
		"[1/1] EC2.13 "+arn+": done and verified: Closed TCP 22")
	if strings.Contains(out, "\x1b") {
		t.Errorf("it is coloured: %q", out)
	}
	if got := s.open(t, group); got != "[]" {
		t.Errorf("open are %s", got)
	}
	if workflow, note := s.finding(t, id); workflow != "RESOLVED" || !strings.Contains(note, "Closed TCP 22") {
		t.Errorf("the finding is %s: %s", workflow, note)
	}
	s.says(t, 0, "history "+group, "requester   arn:aws:iam::111111111111:")

	s.openPort(t, group, 22)
	var results []remediated
	if err := json.Unmarshal([]byte(s.says(t, 0, "remediate --json "+id)), &results); err != nil || len(results) != 1 {
		t.Fatalf("%v, %v", results, err)
	}
	if r := results[0]; r.State != "succeeded" || r.Attempt != 2 || r.Finding != id || r.Resource != arn ||
		!strings.HasPrefix(r.By, "arn:aws:") || r.Execution == "" {
		t.Errorf("%+v", r)
	}

	// The permissions in docs/operations.md are enough, and the session's name is recorded as the requester.
	s.openPort(t, group, 22)
	may := func(actions string) string {
		return fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action": [%s]}]}`, actions)
	}
	s.as(t, "responder",
		may(`"securityhub:GetFindings", "sqs:GetQueueUrl", "sqs:SendMessage", "dynamodb:GetItem"`)).says(t, 0,
		"remediate "+id)
	if _, note := s.finding(t, id); !strings.Contains(note, "Closed TCP 22") {
		t.Errorf("note %q", note)
	}
	s.says(t, 0, "history "+group, "requester   arn:aws:sts::111111111111:assumed-role/responder/ann")
	s.as(t, "reader", may(`"securityhub:GetFindings", "sqs:GetQueueUrl", "dynamodb:GetItem"`)).says(t, exitUsage,
		"remediate "+id, "access denied for these AWS credentials: ", "sqs:SendMessage")

	testRemediateFailed(t, s)
	testRemediateTwo(t, s)

	gone := s.imports(t, "EC2.13", "f2", strings.Replace(arn, group, "sg-0123456789abcdef0", 1))
	s.says(t, exitFailed, "remediate "+gone, "was not remediated: failed (gone)")

	s.calls(t, "securityhub", "BatchUpdateFindings", map[string]any{
		"FindingIdentifiers": []any{map[string]any{"Id": id,
			"ProductArn": "arn:aws:securityhub:us-east-1::product/aws/securityhub"}},
		"Workflow": map[string]any{"Status": "SUPPRESSED"},
	})
	s.says(t, exitUsage, "remediate "+id, "SUPPRESSED", "Set it to NEW")
	s.says(t, exitUsage, "remediate "+id+"x", "has no finding "+id+"x")
	testRemediateNothing(t, s, arn)
	s.in("AWS_REGION=eu-west-1").says(t, exitUsage, "remediate "+id,
		"Hubmend is not deployed in account 111111111111, eu-west-1: queue hubmend-findings not found; use ")
}

// testRemediateNothing asks for repairs of which Security Hub has no finding, for each of the reasons.
func testRemediateNothing(t *testing.T, s terminal, arn string) {
	t.Helper()
	_, other := s.openGroup(t, "other")
	id := s.imports(t, "EC2.13", "other", other)
	for args, want := range map[string]string{
		"--control EC2.14 --resource " +
			other: "Security Hub has not evaluated EC2.14 in account 222222222222, us-east-1 " +
			"for " + other + " yet, only EC2.13; try again after its next check",
		"--control EC2.13 --resource " + strings.Replace(arn, workload, "333333333333", 1): "Security Hub of account " +
			"111111111111 in us-east-1 has no findings in account 333333333333, us-east-1: that is not a member account",
		"--control KMS.4 --resource arn:aws:kms:us-east-1:222222222222:key/k": "Security Hub has no findings of " +
			"KMS.4 in " +
			"account 222222222222, us-east-1: it has not evaluated the control there yet",
		"--control EC2.13 --resource sg-none": "Security Hub has findings of EC2.13, but none about sg-none; " +
			"check the id",
		"--control EC2.13 --resource " + arn + "00": ", but none about " + arn + "00; check the id",
	} {
		s.says(t, exitUsage, "remediate "+args, want)
	}
	s.says(t, 0, "remediate --control ec2.13 --resource "+other[strings.LastIndex(other, "/")+1:],
		other+": done and verified")
	s.calls(t, "securityhub", "BatchUpdateFindings", map[string]any{
		"FindingIdentifiers": []any{map[string]any{"Id": id,
			"ProductArn": "arn:aws:securityhub:us-east-1::product/aws/securityhub"}},
		"Workflow": map[string]any{"Status": "SUPPRESSED"},
	})
}

// testRemediateTwo has two groups repaired at once, where the queue takes only one, and without waiting.
func testRemediateTwo(t *testing.T, s terminal) {
	_, one := s.openGroup(t, "one")
	_, two := s.openGroup(t, "two")
	first, second := s.imports(t, "EC2.13", "one", one), s.imports(t, "EC2.13", "two", two)
	full := patient{s, ""}.bent(t,
		bend{call: second + `\`, status: http.StatusForbidden,
			answer: `{"__type": "AccessDenied", "message": "one a day"}`})
	full.says(t, exitFailed, "remediate "+first+" "+second,
		"hubmend: sent 1 of 2 findings; then: access denied for these AWS credentials: AccessDenied: one a day\n",
		"[1/1] EC2.13 "+one+": done and verified")
	_, many := s.openGroup(t, "many")
	for i := range mostFindings + 1 {
		s.imports(t, "EC2.13", fmt.Sprint("many-", i), many)
	}
	s.says(t, 0, "remediate --control EC2.13 --resource "+many, "hubmend: remediating the first 20 of 21 findings\n",
		"[20/20] EC2.13 "+many+": done and verified")
	s.says(t, 0, "remediate --no-wait "+first+" "+second, "Sent. `hubmend history hubmend-",
		"`, `hubmend history hubmend-")
}

// testRemediateFailed has a repair fail, removes the cause, and requests everything that failed again.
func testRemediateFailed(t *testing.T, s terminal) {
	group, arn := s.openGroup(t, "denied")
	id := s.imports(t, "EC2.13", "denied", arn)
	s.says(t, 0, "remediate --failed", "No failure matches.")
	s.calls(t, "iam", "PutRolePolicy", map[string]any{
		"RoleName": "hubmend-CloseSecurityGroupPorts", "PolicyName": "deny",
		"PolicyDocument": `{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Resource": "*", "Action": "ec2:RevokeSecurityGroupIngress"}]}`,
	})
	s.says(t, exitFailed, "remediate "+id, "was not remediated: failed (permission)")
	s.calls(t, "iam", "DeleteRolePolicy",
		map[string]any{"RoleName": "hubmend-CloseSecurityGroupPorts", "PolicyName": "deny"})

	const line = workload + "  permission    EC2.13  1 resource"
	s.says(t, exitUsage, "remediate --failed", "no answer; nothing was changed; add --yes")
	s.says(t, 0, "remediate --failed --class not-ready", "No failure matches.")
	s.says(t, 0, "remediate --failed --account 333333333333", "No failure matches.")
	s.says(t, exitUsage, "remediate --failed --json", "--json does not ask for confirmation; add --yes")
	if got := s.open(t, group); got != "[22]" {
		t.Fatalf("before anybody confirmed, open are %s", got)
	}
	s.says(t, 0, "remediate --failed --yes --class permission --control EC2.13", line, "Sent 1 request.")
	for begin := time.Now(); s.open(t, group) != "[]"; time.Sleep(200 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatal("it was not repaired again")
		}
	}
}
