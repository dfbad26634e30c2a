package notify_test

import (
	"strings"
	"testing"

	"hubmend/internal/engine/decide"
)

// Each message about the policy says what waits, by which rule, what people can do, and how.
func TestPolicyMessages(t *testing.T) {
	t.Parallel()
	parked := decide.Parked{Cause: decide.Delayed, Rule: "production later", Reason: "the owners look first",
		Owner: "ann@example.com", Ticket: "T-1", Until: noon, RuleEnds: noon}
	about := func(kind decide.Kind, edits ...func(*decide.Notification)) decide.Notification {
		n := decide.Notification{Kind: kind, Record: decide.Record{Target: group, AccountName: "workload"},
			Parked:   parked,
			Attempt:  decide.Attempt{Control: "EC2.13", NotBefore: noon},
			Findings: []decide.Ref{finding}}
		for _, edit := range edits {
			edit(&n)
		}
		return n
	}
	proposed := func(n *decide.Notification) {
		n.Record.Proposal = decide.Proposal{Round: 2, State: decide.Open, ExpiresAt: noon,
			Plan:    "Closed TCP 22 to the world.",
			AskedBy: "arn:aws:iam::111111111111:user/ann", Approvers: []string{"arn:aws:sts::*:assumed-role/Lead/*"}}
	}
	failed := func(n *decide.Notification) {
		n.Record.Proposal = decide.Proposal{Round: 2, State: decide.Wanted, ExpiresAt: noon, Problem: "no role."}
		n.Parked.Rule = ""
	}
	for name, tc := range map[string]struct {
		n       decide.Notification
		subject string
		has     []string
	}{
		"delayed": {about(decide.RepairDelayed),
			"Hubmend: repair delayed: EC2.13 sg-0123456789abcdef0 in 222222222222 (workload)",
			[]string{"will repair a resource after 2026-03-01 12:00 UTC", `rule "production later"`,
				"Owner:    ann@example.com",
				"Ticket:   T-1", "Risk:     ", "hubmend plan --finding " + finding.ID}},
		"proposed": {about(decide.RepairProposed, proposed),
			"Hubmend: repair approval needed: EC2.13 sg-0123456789abcdef0 in 222222222222",
			[]string{"Plan:     Closed TCP 22", "Approver: arn:aws:sts::*:assumed-role/Lead/*",
				"before 2026-03-01 12:00 UTC",
				"hubmend approve " + decide.ProposalID(group.Key(), 2), "hubmend reject "}},
		"not planned": {about(decide.RepairProposed, failed), "Hubmend: repair approval needed: ",
			[]string{"the control asks for it", "it could not be made: no role."}},
		"exemption ends": {about(decide.ExemptionEnds), "Hubmend: repair exemption ends: ",
			[]string{"will repair a resource again after 2026-03-01 12:00 UTC", "hubmend policy apply"}},
		"over budget": {about(decide.BudgetSpent), "Hubmend: repair over budget: ",
			[]string{"waits until 2026-03-01 12:00 UTC",
				"hubmend policy show"}},
		"unreadable": {about(decide.PolicyUnreadable), "Hubmend: repair policy unreadable: ",
			[]string{"starts no repair automatically", "the owners look first"}},
	} {
		body := writer.Body(tc.n)
		if !strings.HasPrefix(tc.n.Subject(), tc.subject) {
			t.Errorf("%s: %s", name, tc.n.Subject())
		}
		for _, want := range tc.has {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the message has no %q:\n%s", name, want, body)
			}
		}
		if strings.Contains(body, "cannot describe") || strings.Contains(body, "No execution") {
			t.Errorf("%s:\n%s", name, body)
		}
		cause, common := tc.n.CommonCause()
		digest := decide.Notification{Kind: decide.Digested, Common: cause,
			Collected: []decide.Collected{tc.n.Collect(noon)}}
		if text := writer.Body(digest); !common || strings.Contains(text, "not set up") {
			t.Errorf("%s, in a digest:\n%s", name, text)
		}
	}
}
