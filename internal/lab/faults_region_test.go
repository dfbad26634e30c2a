package lab_test

import (
	"strings"
	"testing"
	"time"

	"hubmend/internal/lab"
)

// startingIn is a lab with faults, and a function that may start a document in both Regions.
func startingIn(t *testing.T, faults lab.Faults) (world, *journal) {
	t.Helper()
	j := &journal{}
	w := upAs(t, stacks{
		admin:    fed("starts"),
		runbooks: resources{"Doc": resource("AWS::SSM::Document", object{"Name": "nothing", "Content": nothing})},
	}, func(c *lab.Config) { c.Log, c.Faults = j.log, faults })
	w.role(t, member, "runs", trust(object{"Service": "ssm.amazonaws.com"}, nil))
	w.role(t, member, "start", trust(object{"AWS": "arn:aws:iam::" + admin + ":role/starts-function"}, nil))
	return w, j
}

// A call of a function into a silent Region hangs until the function gives up. Other Regions
// answer, and so does the silent one to everybody else.
func TestSilentRegion(t *testing.T) {
	t.Parallel()
	w, j := startingIn(t, lab.Faults{SilentRegions: []string{linked}})
	begin := time.Now()
	w.send(t, "starts", "say begins", startOrder+" "+linked+" 700ms")
	w.send(t, "starts", startOrder)
	w.quiet(t)
	if took := time.Since(begin); took < 2*700*time.Millisecond {
		t.Errorf("it took %v; the call was received twice and should have hung for 700 ms each time", took)
	}
	said := j.texts("failed")
	if len(said) != 2 || !strings.Contains(said[0], "deadline exceeded") {
		t.Errorf("the function says %q, want its own deadline twice", said)
	}
	if all := w.Executions(); len(all) != 1 || all[0].Region != home {
		t.Errorf("executions are %v, want the one in %s", all, home)
	}
	if faults := w.told(lab.KindFault); len(faults) == 0 ||
		faults[0] != "starts gets no answer to ssm:StartAutomationExecution" {
		t.Errorf("the story tells %q", faults)
	}
	if _, err := w.Call(t.Context(),
		lab.Call{Account: member, Region: linked, Service: "ssm", API: "DescribeAutomationExecutions",
			Input: object{}}); err != nil {
		t.Errorf("the operator gets %v", err)
	}
}

// A call of a function into a Region with latency takes that much longer, and only that.
func TestLatency(t *testing.T) {
	t.Parallel()
	w, j := startingIn(t, lab.Faults{Latency: map[string]lab.Duration{linked: lab.Duration(500 * time.Millisecond)}})
	w.send(t, "starts", "say before", startOrder+" "+linked+" 20s", "say after")
	w.quiet(t)
	if said := j.texts("failed"); said != nil {
		t.Fatalf("the function says %q", said)
	}
	if took := j.of("after")[0].at.Sub(j.of("before")[0].at); took < 500*time.Millisecond {
		t.Errorf("the call took %v", took)
	}
	if all := w.Executions(); len(all) != 1 || all[0].Region != linked {
		t.Errorf("executions are %v, want one in %s", all, linked)
	}
}
