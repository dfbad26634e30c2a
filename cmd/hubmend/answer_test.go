package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAnswerBadInput(t *testing.T) {
	t.Parallel()
	const id = "arn:aws:securityhub:us-east-1:222222222222:security-control/EC2.13/finding/1"
	region := []string{"AWS_REGION=us-east-1"}
	long := strings.Repeat("x", reasonLimit+1)
	for args, want := range map[string]string{
		"approve":                                   "this command takes 1 or more arguments, not 0",
		"approve x":                                 "no AWS credentials found",
		"approve x --json":                          "--json does not ask for confirmation; add --yes",
		"approve x --timeout 0s":                    "--timeout must be positive",
		"reject x --reason " + long:                 "the reason has 201 characters; write up to 200",
		"remediate " + id + " --despite-policy=":    "the reason is empty",
		"remediate --failed --despite-policy moved": "--despite-policy does not go together with --failed",
	} {
		code, stdout, stderr := hubmend(t, slices.Concat(nobody, region), strings.Fields(args)...)
		if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s exits with %d, prints %q, says %q; want %q", args, code, stdout, stderr, want)
		}
	}
}

// governs puts a policy in force.
func (s terminal) governs(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.says(t, 0, "policy apply --yes "+file)
}

// A person's request is stopped by an exemption, unless the person says that it is meant.
func TestRemediateExempt(t *testing.T) {
	t.Parallel()
	s := startDeployed(t)
	group, arn := s.openGroup(t, "web")
	id := s.imports(t, "EC2.13", "f1", arn)
	s.governs(t, exemptAll)
	s.says(t, exitFailed, "remediate "+id, `was not remediated: exempt: Rule "Payments" of the policy exempts it until `,
		"Owner: security@example.com.", "add --despite-policy REASON")
	var results []remediated
	out := s.says(t, exitFailed, "remediate --json "+id)
	if err := json.Unmarshal([]byte(out), &results); err != nil || results[0].State != "exempt" ||
		results[0].Rule != "Payments" {
		t.Errorf("remediate --json: %s, %v", out, err)
	}
	s.says(t, 0, "status", "Exempt by the policy (1 finding)", "Payments")
	s.says(t, 0, "findings --control EC2.13", "exempt", "Payments")
	if got := s.open(t, group); got != "[22]" {
		t.Fatalf("open are %s", got)
	}
	s.says(t, 0, "remediate --despite-policy OPS-123 "+id, "done and verified: Closed TCP 22")
	s.says(t, 0, "history "+group, "despite     the policy: OPS-123")
}

const exemptAll = `version: 1
owner: security@example.com
rules:
  - {name: Payments, decision: exempt, until: 2099-03-31, reason: It moves.}
`

// Where the policy wants a second person, a request becomes a proposal, which somebody else approves.
func TestApprove(t *testing.T) {
	t.Parallel()
	s := startDeployed(t)
	group, arn := s.openGroup(t, "web")
	id := s.imports(t, "EC2.13", "f1", arn)
	s.governs(t, "version: 1\nproposals: {secondPerson: true}\n"+
		"rules:\n  - {name: All, decision: ask, forever: Production.}\n")
	s.says(t, exitFailed, "remediate "+id, "pending: proposal ", " needs approval: `hubmend approve ", "Plan: ")
	testApproved(t, s, group, id)
	testRejected(t, s)
	s.in("AWS_REGION=eu-west-1").says(t, exitUsage, "approve "+group, "queue hubmend-findings not found")
}

// testApproved approves what was proposed: not as the person who requested it, and with a yes.
func testApproved(t *testing.T, s terminal, group, id string) {
	t.Helper()
	var all []proposed
	if err := json.Unmarshal([]byte(s.says(t, 0, "proposals --json")), &all); err != nil || len(all) != 1 {
		t.Fatalf("proposals: %+v, %v", all, err)
	}
	proposal := all[0].ID
	s.says(t, exitFailed, "approve --yes "+proposal, "was not remediated: refused: It is not confirmed who approves.")
	s.says(t, exitUsage, "approve "+proposal[:len(proposal)-1]+"9", "unknown proposal", "did you mean "+proposal)
	if code, out := s.answering(t, "n\n", "approve "+group); code != exitUsage ||
		!strings.Contains(out, "not confirmed; nothing was changed") {
		t.Errorf("without a yes it exits with %d and says\n%s", code, out)
	}
	// The permissions in docs/operations.md are enough.
	other := s.as(t, "approver", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*",
		"Action": ["sqs:GetQueueUrl", "sqs:SendMessage", "dynamodb:GetItem", "dynamodb:Scan"]}]}`)
	code, out := other.answering(t, "y\n", "approve "+proposal)
	for _, want := range []string{"Proposal " + proposal, "EC2.13", "plan        ", "risk        ", "requester   ",
		"findings    1 finding", "Approve this plan? [y/N]", "done and verified: Closed TCP 22"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exits with %d and does not say %q:\n%s", code, want, out)
		}
	}
	if got := s.open(t, group); got != "[]" {
		t.Errorf("open are %s", got)
	}
	s.says(t, 0, "history "+group, "approved by arn:aws:sts::"+administrator+":assumed-role/approver/ann (proposal "+
		proposal+")", "requester   arn:aws:")
	s.says(t, exitUsage, "approve --yes "+proposal, "proposal "+proposal+" is over")
	if _, note := s.finding(t, id); !strings.Contains(note, "Closed TCP 22") {
		t.Errorf("note %q", note)
	}
}

// testRejected rejects a proposal, for a reason that its finding then has.
func testRejected(t *testing.T, s terminal) {
	t.Helper()
	group, arn := s.openGroup(t, "kept")
	id := s.imports(t, "EC2.13", "kept", arn)
	s.says(t, exitFailed, "remediate "+id, "needs approval")
	var results []proposalAnswer
	out := s.says(t, 0, "reject --yes --json --reason release "+group)
	if err := json.Unmarshal([]byte(out), &results); err != nil || len(results) != 1 || results[0].State != "rejected" {
		t.Errorf("reject --json: %s, %v", out, err)
	}
	if workflow, note := s.finding(t, id); workflow != "NOTIFIED" || !strings.Contains(note, "rejected by") ||
		!strings.Contains(note, "release") {
		t.Errorf("the finding is %s: %s", workflow, note)
	}
	if got := s.open(t, group); got != "[22]" {
		t.Errorf("open are %s", got)
	}
}
