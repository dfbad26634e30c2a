package undo_test

import (
	"strings"
	"testing"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
)

// A document plans in the lab as in AWS: under the role that may change something it changes nothing. A repair that is
// bound to a plan needs what was planned.
func TestPlan(t *testing.T) {
	t.Parallel()
	w := start(t)
	const runbook = "CloseSecurityGroupPorts"
	s := subjects[runbook]
	c, _ := catalog.Embedded().ByID("EC2.13")
	resource := first(s)(t, w)
	before := s.look(t, w, resource)

	plan := w.repairWith(t, resource, c, map[string]string{"Mode": "plan"})
	succeeded(t, plan, "Closed TCP 22")
	same(t, "planned", before, s.look(t, w, resource))
	digest := plan.output("Digest")
	if planned := plan.output("Planned"); len(digest) != 64 ||
		!strings.HasPrefix(planned, `[{"Call":"ec2:`) || !strings.Contains(planned, "RevokeSecurityGroupIngress") {
		t.Fatalf("Digest %q, Planned %s", digest, planned)
	}
	refused(t, w.undo(t, runbook, plan.ID), "planned a repair and changed nothing")

	for name, given := range map[string]map[string]string{
		"no mode":   {"Mode": "planning"},
		"no digest": {"Expected": "abc"},
	} {
		input := object{"AutomationAssumeRole": []any{naming.RoleARN(partition, account, naming.RunbookRole(runbook))}}
		for key, p := range bind(t, c, resource) {
			input[key] = p.Values
		}
		for key, value := range given {
			input[key] = []any{value}
		}
		_, err := w.try(t, "ssm:StartAutomationExecution",
			object{"DocumentName": naming.Document(runbook), "Parameters": input})
		if err == nil || !strings.Contains(err.Error(), "InvalidAutomationExecutionParametersException") {
			t.Errorf("%s: %v", name, err)
		}
	}

	other := w.repairWith(t, resource, c, map[string]string{"Expected": strings.Repeat("0", 64)})
	if other.Status != "Failed" || !strings.Contains(strings.Join(other.Failures, " "), "hubmend:changed ") {
		t.Errorf("another digest: %s, %q", other.Status, other.Failures)
	}
	same(t, "another digest", before, s.look(t, w, resource))

	repair := w.repairWith(t, resource, c, map[string]string{"Expected": digest})
	succeeded(t, repair, plan.output("Change"))
	succeeded(t, w.undo(t, runbook, repair.ID), "Restored")
	same(t, "undone", before, s.look(t, w, resource))
}
