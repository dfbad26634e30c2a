package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/scenario"
)

const (
	demoProduct = "CIS AWS Foundations v1.2.0"
	demoKey     = "arn:aws:kms:us-east-1:222222222222:key/30ed2a04-6d5e-408e-8830-45f9b0f2fbbf"
)

// result is how a finding ends in the demo.
func result(name, control, resource, execution, change string) scenario.ControlResult {
	return scenario.ControlResult{
		Finding: name, Control: control, Resource: resource, Before: "FAILED", After: "PASSED", Workflow: "RESOLVED",
		Execution: execution, Status: "Success", Change: change, Note: "Repaired and verified by Hubmend. " + change,
	}
}

// in gives a finding in another state.
func in(c scenario.ControlResult, workflow, status, note string) scenario.ControlResult {
	c.Workflow, c.Status, c.Note, c.Change, c.After = workflow, status, note, "", "FAILED"
	return c
}

func TestFindingRow(t *testing.T) {
	t.Parallel()
	ssh := result("ssh", "EC2.13", group, "e1",
		"Closed TCP 22 and 3389 to the world: removed tcp 0-65535 from 0.0.0.0/0.")
	key := result("key", "KMS.4", demoKey, "e2", "Turned on automatic rotation of the key.")
	started := in(ssh, "NOTIFIED", "", "Hubmend is repairing this (attempt 1, automatic).")
	for name, tc := range map[string]struct {
		changes []scenario.ControlResult
		width   int
		paint   painting
		want    string
	}{
		"nothing yet": {nil, 100, plain, "EC2.13 4.1  sg-0123456789abcdef0   FAILED"},
		"imported": {[]scenario.ControlResult{in(ssh, "NEW", "", "")}, 100, plain,
			"EC2.13 4.1  sg-0123456789abcdef0   FAILED"},
		"started": {[]scenario.ControlResult{started}, 100, plain,
			"EC2.13 4.1  sg-0123456789abcdef0   FAILED -> repairing"},
		"resolved, 80": {[]scenario.ControlResult{started, ssh}, 80, plain,
			"EC2.13 4.1  sg-0123456789...  RESOLVED   Closed TCP 22 and 3389 to the world:..."},
		"resolved, 100": {[]scenario.ControlResult{started, ssh}, 100, plain,
			"EC2.13 4.1  sg-0123456789abcdef0   FAILED -> RESOLVED  Closed TCP 22 and 3389 to the world: remov..."},
		"resolved, 160": {[]scenario.ControlResult{started, ssh}, 160, plain,
			"EC2.13 4.1  sg-0123456789abcdef0                  FAILED -> repairing -> RESOLVED  Closed TCP 22 and " +
				"3389 to the world: removed tcp 0-65535 from 0.0.0.0/0."},
		"coloured": {[]scenario.ControlResult{ssh}, 100, coloured,
			"EC2.13 4.1  sg-0123456789abcdef0   \x1b[31mFAILED\x1b[0m -> \x1b[32mRESOLVED\x1b[0m  Closed TCP 22 and " +
				"3389 to the world: remov..."},
		"failed": {[]scenario.ControlResult{started,
			in(ssh, "NOTIFIED", "Failed", "Hubmend could not repair this: no.")}, 100, plain,
			"EC2.13 4.1  sg-0123456789abcdef0   FAILED -> NOT REPAIRED  Hubmend could not repair this: no."},
		"by a custom action": {[]scenario.ControlResult{in(ssh, "SUPPRESSED", "", "")}, 100, plain,
			"EC2.13 4.1  sg-0123456789abcdef0   FAILED -> SUPPRESSED"},
		"a terminal's title": {
			[]scenario.ControlResult{func() scenario.ControlResult { c := ssh; c.Change = "\x1b]0;x\a"; return c }()},
			100, plain, "EC2.13 4.1  sg-0123456789abcdef0   FAILED -> RESOLVED  ]0;x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := newFindingRows(demoProduct, []scenario.ControlResult{ssh, key, ssh})
			for _, c := range tc.changes {
				rows.update(c)
			}
			if got := rows.lines(tc.width, tc.paint); len(got) != 2 || got[0] != tc.want {
				t.Errorf("draws\n%s\nwant\n%s", strings.Join(got, "\n"), tc.want)
			}
		})
	}
}

// The end corrects what a row has shown until then.
func TestFindingRowsFinish(t *testing.T) {
	t.Parallel()
	ssh, key := result("ssh", "EC2.13", group, "e1", "Closed."), result("key", "KMS.4", demoKey, "e2", "Turned on.")
	rows := newFindingRows("", []scenario.ControlResult{ssh, key})
	rows.update(ssh)
	rows.update(in(key, "NOTIFIED", "", "Hubmend is repairing this."))
	ssh.After = "FAILED"
	rows.finish([]scenario.ControlResult{ssh, in(key, "NOTIFIED", "", "Hubmend is repairing this.")})
	want := []string{
		"EC2.13 sg-0123456789abcdef0                  FAILED -> RESOLVED -> STILL FAILED  Closed.",
		"KMS.4  30ed2a04-6d5e-408e-8830-45f9b0f2fbbf  FAILED -> repairing -> NOT REPAIRED",
	}
	if diff := cmp.Diff(want, rows.lines(140, plain)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The whole reason of a failure is there, however narrow the terminal.
func TestFindingRowsFailure(t *testing.T) {
	t.Parallel()
	key := result("key", "KMS.4", demoKey, "e2", "")
	const note = "Hubmend could not repair this: kms:EnableKeyRotation answered AccessDenied: You may not."
	rows := newFindingRows(demoProduct, []scenario.ControlResult{key})
	rows.update(in(key, "NOTIFIED", "Failed", note))
	for width, want := range map[int][]string{
		80:  {"    Hubmend could not repair this: kms:EnableKeyRotation answered AccessDenied:", "    You may not."},
		200: nil,
	} {
		if diff := cmp.Diff(want, rows.failure(0, rows.line(0, width, plain), width)); diff != "" {
			t.Errorf("at %d columns: -want +got:\n%s", width, diff)
		}
	}
}

// Several rows may show one repair. Only the first row, or the row that was printed first, has its details.
func TestSharedRepair(t *testing.T) {
	t.Parallel()
	ssh, rdp := result("4.1", "EC2.13", group, "e1", "Closed."), result("4.2", "EC2.14", group, "e1", "Closed.")
	for name, tc := range map[string]struct {
		printed []int
		want    []string
	}{
		"in place":      {nil, []string{"Closed.", "same repair as 4.1"}},
		"printed first": {[]int{1}, []string{"same repair as 4.2", "Closed."}},
	} {
		rows := newFindingRows(demoProduct, []scenario.ControlResult{ssh, rdp})
		rows.update(ssh)
		rows.update(rdp)
		rows.printed = tc.printed
		if diff := cmp.Diff(tc.want, []string{rows.done(0), rows.done(1)}); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// No line is longer than its terminal is wide, whatever a runbook says.
func TestFindingRowsFit(t *testing.T) {
	t.Parallel()
	long := result("trail", "CloudTrail.5",
		"arn:aws:cloudtrail:us-east-1:222222222222:trail/"+strings.Repeat("long-", 20), "e1",
		strings.Repeat("Ääh, ", 100))
	for _, width := range []int{60, 79, 80, 99, 100, 159, 160} {
		rows := newFindingRows(demoProduct, []scenario.ControlResult{long, result("x", "KMS.4", demoKey, "e2", "x")})
		rows.update(long)
		if n := len([]rune(rows.line(0, width, plain))); n > width || n < width-3 {
			t.Errorf("at %d columns a line has %d", width, n)
		}
	}
}
