package lab_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab"
)

// shown is what GetFindings gives for the workflow of a finding.
func (w world) shown(t *testing.T, id string) any {
	t.Helper()
	out := w.call(t, admin, "securityhub", "GetFindings",
		object{"Filters": object{"Id": []any{object{"Value": id, "Comparison": "EQUALS"}}}})
	return at(out, "Findings", 0, "Workflow", "Status")
}

// An update that Security Hub accepted shows when its time has passed, and its event comes then.
func TestUpdatesLag(t *testing.T) {
	t.Parallel()
	pattern := object{"detail": object{"findings": object{"Workflow": object{"Status": []any{"NOTIFIED", "RESOLVED"}}}}}
	w := upAs(t, stacks{admin: resources{
		"Queue": queue("updates"), "Policy": allow("updates", "*"),
		"Rule": onBus("default", "updates", pattern, object{"Id": "t", "Arn": queueARN("updates")}),
	}}, func(c *lab.Config) { c.Faults.UpdatesShowAfter = lab.Duration(2 * time.Minute) })
	if problem := w.importOne(t, member, asff("f", nil)); problem != "" {
		t.Fatal(problem)
	}
	set := func(status string) {
		t.Helper()
		out := w.call(t, admin, "securityhub", "BatchUpdateFindings",
			update("f", object{"Workflow": object{"Status": status}}))
		if at(out, "ProcessedFindings", 0, "Id") != "f" {
			t.Errorf("BatchUpdateFindings answers %v", out)
		}
	}
	look := func(want string, newEvents int) {
		t.Helper()
		if got := w.shown(t, "f"); got != want {
			t.Errorf("the finding is %v, want %s", got, want)
		}
		w.quiet(t)
		if got := len(w.received(t, "updates")); got != newEvents {
			t.Errorf("%d new events, want %d", got, newEvents)
		}
	}
	set("NOTIFIED")
	look("NEW", 0)
	w.pass(t, time.Minute)
	set("RESOLVED")
	look("NEW", 0)
	w.pass(t, time.Minute)
	look("NOTIFIED", 1)
	// A check in between changes what the check says, and not what was asked for.
	w.checked(t, "f", 200, "FAILED", object{"UpdatedAt": time.Now().UTC().Format(time.RFC3339)})
	w.pass(t, time.Minute)
	look("RESOLVED", 2)
}

// A finding that somebody else updates is left out, and the rest of the call is processed.
func TestConcurrentUpdates(t *testing.T) {
	t.Parallel()
	w := upAs(t, stacks{}, func(c *lab.Config) { c.Faults.ConcurrentUpdates = 1 })
	for _, id := range []string{"a", "b"} {
		if problem := w.importOne(t, member, asff(id, nil)); problem != "" {
			t.Fatal(problem)
		}
	}
	ids := func(all ...string) []any {
		var list []any
		for _, id := range all {
			list = append(list, object{"Id": id, "ProductArn": product})
		}
		return list
	}
	resolve := func(all ...string) (codes []string) {
		out := w.call(t, admin, "securityhub", "BatchUpdateFindings",
			object{"FindingIdentifiers": ids(all...), "Workflow": object{"Status": "RESOLVED"}})
		for _, one := range at(out, "UnprocessedFindings").([]any) {
			codes = append(codes, at(one, "FindingIdentifier", "Id").(string)+" "+at(one, "ErrorCode").(string))
		}
		return codes
	}
	if diff := cmp.Diff([]string{"a ConcurrentUpdateError"}, resolve("a", "b")); diff != "" ||
		w.workflow(t, "a") != "NEW" || w.workflow(t, "b") != "RESOLVED" {
		t.Errorf("a is %s, b is %s (-want +got):\n%s", w.workflow(t, "a"), w.workflow(t, "b"), diff)
	}
	if diff := cmp.Diff([]string{"a DuplicatedFindingIdentifier"}, resolve("a", "a")); diff != "" ||
		w.workflow(t, "a") != "RESOLVED" {
		t.Errorf("a is %s (-want +got):\n%s", w.workflow(t, "a"), diff)
	}
}
