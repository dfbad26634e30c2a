package main

import (
	"strings"
	"testing"

	"hubmend/internal/lab"
	"hubmend/test/assembly"
	"hubmend/test/labtest"
)

// An exposure is remediated by the control finding behind it, end to end, and the history has the id of V2.
func TestExposureInLab(t *testing.T) {
	t.Parallel()
	s := terminalOf(labtest.Start(t, "../..", assembly.Copy, func(c *lab.Config) { c.V2.Enabled = true }))
	group, arn := s.openGroup(t, "web")
	open := s.imports(t, "EC2.13", "open", arn)
	e := anExposure(open, "arn:aws:inspector2:us-east-1:222222222222:finding/1")
	if err := s.lab.ImportV2(e); err != nil {
		t.Fatal(err)
	}
	s.says(t, exitUsage, "remediate "+exposureID) // it cannot ask
	if got := s.open(t, group); got == "[]" {
		t.Fatal("it was remediated without a confirmation")
	}
	out := s.says(t, 0, "remediate --yes "+exposureID)
	for _, want := range []string{"EC2.13", "not a control finding"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output does not say %q:\n%s", want, out)
		}
	}
	if got := s.open(t, group); got != "[]" {
		t.Errorf("open are %s", got)
	}
	if out := s.says(t, 0, "history "+group+" --json"); !strings.Contains(out, `"v2Ids"`) {
		t.Errorf("the history has no id of V2:\n%s", out)
	}
}
