package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/lab"
)

// answering runs a command that reads an answer from a person.
func (s terminal) answering(t *testing.T, answer, args string) (code int, output string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], strings.Fields(args)...) //nolint:gosec // the test itself
	cmd.Dir, cmd.Env, cmd.Stdin = "../..", append(append(os.Environ(), asHubmend+"=1"),
		s.env...), strings.NewReader(answer)
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestUndo(t *testing.T) {
	t.Parallel()
	s := startDeployed(t)
	group, arn := s.openGroup(t, "web")
	id := s.imports(t, "EC2.13", "f1", arn)
	s.says(t, exitUsage, "undo "+group+" --yes", group+" not found", "has no such resource, execution or finding")
	s.says(t, 0, "remediate "+id)

	// Nothing happens without a yes.
	for answer, want := range map[string]string{"": "no answer", "\n": "not confirmed", "n\n": "not confirmed",
		"yes please\n": "not confirmed"} {
		if code, out := s.answering(t, answer, "undo "+group); code != exitUsage || !strings.Contains(out, want) ||
			!strings.Contains(out, "Undo? [y/N]") {
			t.Errorf("%q: exits with %d and says\n%s", answer, code, out)
		}
	}
	if code, out := interrupted(t, s.env, "[y/N] ", "undo "+group); code != exitUsage ||
		!strings.HasSuffix(out, "[y/N] \nhubmend: interrupted; nothing was changed\n") {
		t.Errorf("Ctrl-C at the question: exits with %d and says\n%s", code, out)
	}
	s.says(t, exitUsage, "undo --yes --member-profile nowhere "+group, "unknown AWS profile nowhere")
	s.says(t, exitUsage, "undo --json "+group, "--json does not ask for confirmation; add --yes")
	if got := s.open(t, group); got != "[]" {
		t.Fatalf("open are %s", got)
	}

	// The permissions in docs/operations.md are enough.
	responder := s.as(t, "responder", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*",
		"Action": ["sqs:GetQueueUrl", "sqs:SendMessage", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]}]}`)
	code, out := responder.answering(t, "y\n", "undo "+arn)
	for _, want := range []string{
		"This undoes:", arn, "222222222222, us-east-1", "EC2.13",
		"requested by arn:aws:iam::111111111111:", "Closed TCP 22 to the world",
		`"CidrIp":"0.0.0.0/0"`, "undo: running as execution ", "undo: done and verified: Restored",
	} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exits with %d and does not say %q:\n%s", code, want, out)
		}
	}
	if got := s.open(t, group); got != "[22]" {
		t.Errorf("open are %s", got)
	}
	if workflow, note := s.finding(t, id); workflow != "NOTIFIED" ||
		!strings.Contains(note, "Undone by arn:aws:sts::111111111111:assumed-role/responder/ann: Restored") {
		t.Errorf("the finding is %s: %s", workflow, note)
	}
	s.says(t, exitUsage, "undo --yes "+group, "was undone already")
	if out := s.says(t, 0, "findings --json"); !strings.Contains(out, `"state":"held"`) {
		t.Errorf("findings does not show that the resource is held: %s", out)
	}

	// A person has it repaired again, and before the next undo somebody opens it in another way than it was.
	s.says(t, 0, "remediate "+id)
	s.calls(t, "ec2", "AuthorizeSecurityGroupIngress",
		map[string]any{"GroupId": group, "IpProtocol": "tcp", "FromPort": 20, "ToPort": 22, "CidrIp": "0.0.0.0/0"})
	code, stdout, stderr := hubmend(t, s.env, "undo", "--yes", "--json", group)
	var u undone
	if err := json.Unmarshal([]byte(stdout), &u); err != nil || code != exitFailed {
		t.Fatalf("exits with %d, %v: %s%s", code, err, stdout, stderr)
	}
	if u.State != "failed" || u.Resource != arn || u.Execution == "" || u.Repair == u.Execution ||
		!strings.Contains(stderr, "the undo failed: ") ||
		!strings.Contains(stderr, "the resource's account with --member-profile") {
		t.Errorf("%+v, says %q", u, stderr)
	}
	profile := write(t, "config",
		"[profile workload]\naws_access_key_id = "+lab.Operator(workload).AccessKeyID+"\naws_secret_access_key = x\n")
	s.in("AWS_CONFIG_FILE="+profile).says(t, exitFailed, "undo --yes --member-profile workload "+group,
		"hubmend: changed by lab-operator at ", "ec2:AuthorizeSecurityGroupIngress\n")
	if workflow, note := s.finding(t, id); workflow != "RESOLVED" || !strings.Contains(note, "not undone") {
		t.Errorf("the finding is %s: %s", workflow, note)
	}
	s.says(t, 0, "undo --yes --no-wait "+group, "Sent. `hubmend history hubmend-")
	s.in("AWS_REGION=eu-west-1").says(t, exitUsage, "undo "+group, "queue hubmend-findings not found")
}

func TestToUndo(t *testing.T) {
	t.Parallel()
	const first, second = "0b0a7756-0ea4-451a-a703-a558b933e274", "1b0a7756-0ea4-451a-a703-a558b933e274"
	repair := func(number int, id, control string) decide.Attempt {
		return decide.Attempt{Number: number, State: decide.Succeeded, ExecutionID: id, Control: control,
			Change: "Closed.", EndedAt: time.Unix(0, 0)}
	}
	history := func(attempts ...decide.Attempt) ledger.History {
		h := ledger.History{Record: decide.Record{Version: 1, Target: groupTarget("sg-1"), Attempts: attempts}}
		for _, a := range attempts {
			h.Past = append(h.Past, ledger.Past{Target: h.Record.Target, Ended: decide.Ended{Attempt: a}})
		}
		return h
	}
	archiveGone := history(repair(1, first, "EC2.13"))
	archiveGone.Past = nil
	for name, tc := range map[string]struct {
		h       ledger.History
		name    string
		id      string // of the execution; or
		problem string
	}{
		"the only one":     {history(repair(1, first, "EC2.13")), "sg-1", first, ""},
		"the latest":       {history(repair(1, first, "EC2.13"), repair(2, second, "EC2.13")), "sg-1", second, ""},
		"by its execution": {history(repair(1, first, "EC2.13"), repair(2, second, "EC2.13")), second, second, ""},
		"an older one": {history(repair(1, first, "EC2.13"), repair(2, second, "EC2.13")), first, "",
			"Only the latest repair can be undone"},
		"none": {history(), "sg-1", "", "nothing to undo: the ledger has no successful remediation of"},
		"irreversible": {history(repair(1, first, "IAM.8")), "sg-1", "",
			"remediations of IAM.8 cannot be undone: "},
		"its archive is gone": {archiveGone, "sg-1", "", "no longer has the previous value of"},
	} {
		p, err := toUndo(tc.h, tc.name, time.Unix(0, 0).Add(30*24*time.Hour-1))
		switch {
		case tc.problem == "" && (err != nil || p.Attempt.ExecutionID != tc.id):
			t.Errorf("%s: %q, %v; want %q", name, p.Attempt.ExecutionID, err, tc.id)
		case tc.problem != "" && (err == nil || !strings.Contains(err.Error(), tc.problem)):
			t.Errorf("%s: %q, %v; want an error that says %q", name, p.Attempt.ExecutionID, err, tc.problem)
		}
	}
	if _, err := toUndo(history(repair(1, first, "EC2.13")), "sg-1",
		time.Unix(0, 0).Add(30*24*time.Hour)); err == nil ||
		!strings.Contains(err.Error(), "Systems Manager deleted execution") {
		t.Errorf("after 30 days: %v", err)
	}
}

// Previous values come from a member account, and may contain anything.
func TestPrintRepair(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	cmd := &cobra.Command{}
	cmd.SetOut(&out)
	p := ledger.Past{Target: groupTarget("sg-1\x1b[31m"), Ended: decide.Ended{
		Attempt: decide.Attempt{EndedAt: time.Unix(0, 0), Trigger: "automatic"},
		Outcome: decide.Outcome{Change: "Closed\nTCP.", Before: `["{\"FromPort\":22}","\u001b]0;x"]`},
	}}
	printRepair(cmd, p.Target, p, []decide.Attempt{{Number: 7}})
	for _, want := range []string{"Attempt 7 failed earlier", "requested by automatic", "Closed TCP.",
		"    {\"FromPort\":22}\n", "1970-01-01 00:00 UTC"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not print %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("it prints control characters: %q", out.String())
	}
	for before, want := range map[string]int{"": 1, "[]": 1, `["a","b"]`: 2, "not JSON": 1} {
		if lines := beforeLines(before); len(lines) != want {
			t.Errorf("%q is %q", before, lines)
		}
	}
}
