package lab_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// scheduled is a rule that fires a function.
func scheduled(name, function, state string) object {
	return resource("AWS::Events::Rule", object{"Name": name, "ScheduleExpression": "rate(5 minutes)", "State": state,
		"Targets": []any{object{"Id": "t", "Arn": object{"Fn::GetAtt": []any{function, "Arn"}}}}})
}

func permit(rule, function string) object {
	return resource("AWS::Lambda::Permission",
		object{"Action": "lambda:InvokeFunction", "FunctionName": object{"Fn::GetAtt": []any{function, "Arn"}},
			"Principal": "events.amazonaws.com", "SourceArn": object{"Fn::GetAtt": []any{rule, "Arn"}}})
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	w, j := upWithFunction(t,
		stacks{admin: merged(deployed("sweeps", "say swept"), deployed("fails", "fail"), resources{
			"Sweep": scheduled("sweep", "sweeps", "ENABLED"), "SweepMay": permit("Sweep", "sweeps"),
			"Barred": scheduled("barred", "sweeps", "ENABLED"),
			"Off":    scheduled("off", "sweeps", "DISABLED"),
			"Broken": scheduled("broken", "fails", "ENABLED"), "BrokenMay": permit("Broken", "fails"),
			"Pattern": onBus("default", "pattern", object{"source": []any{"aws.events"}},
				object{"Id": "t", "Arn": queueARN("none")}),
		})})
	for _, rule := range []string{"sweep", "barred", "broken"} {
		if err := w.FireSchedule(rule); err != nil {
			t.Fatal(err)
		}
	}
	w.quiet(t)
	arn := "arn:aws:events:us-east-1:" + admin + ":rule/"
	want := []string{"aws.events Scheduled Event " + arn + "broken", "aws.events Scheduled Event " + arn + "broken",
		"aws.events Scheduled Event " + arn + "broken", "aws.events Scheduled Event " + arn + "sweep"}
	got := j.texts("event")
	if diff := cmp.Diff(want, sorted(got)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	function := "arn:aws:lambda:us-east-1:" + admin + ":function:"
	wantProblems := []string{
		"rule barred cannot deliver to " + function +
			"sweeps: no permission of function sweeps allows events.amazonaws.com from " + arn + "barred",
		"rule broken cannot deliver to " + function +
			`fails: function fails: Unhandled: {"errorMessage":"told to fail","errorType":"errorString"}`,
	}
	if diff := cmp.Diff(wantProblems, w.problems()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	for rule, wants := range map[string]string{
		"none": `scheduled rule "none" not found; the scheduled rules are: barred, broken, off, sweep`,
		"off":  "DISABLED", "pattern": "not found"} {
		if err := w.FireSchedule(rule); err == nil || !strings.Contains(err.Error(), wants) {
			t.Errorf("FireSchedule(%s) = %v", rule, err)
		}
	}
}
