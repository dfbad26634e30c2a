package templates_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
)

// CloudFormation writes a parameter again, value and all, when one of its properties changes,
// and so would turn Hubmend on that somebody had paused. Hence the exact properties.
func TestSwitchStartsActive(t *testing.T) {
	t.Parallel()
	want := object{
		"Name": "/hubmend/switch", "Type": "String", "Value": "active", "AllowedPattern": "^(active|paused)$",
		"Description": "paused: Hubmend starts no repair; findings wait. active: it goes on.",
	}
	parameters := templates[app.Admin].all("AWS::SSM::Parameter")
	if len(parameters) != 1 {
		t.Fatalf("%d parameters, want 1", len(parameters))
	}
	if diff := cmp.Diff(want, parameters[0].Properties); diff != "" {
		t.Errorf("switch (-want +got):\n%s", diff)
	}
}

func TestSweepComesByItself(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	rule := stack.one(t, "AWS::Events::Rule", "Name", "hubmend-sweep").Properties
	if rule["ScheduleExpression"] != "rate(5 minutes)" || rule["State"] != nil || rule["EventBusName"] != nil {
		t.Errorf("rule = %v", rule)
	}
	targets := list(rule["Targets"])
	if len(targets) != 1 || stack.named(at(targets, 0, "Arn")) != "hubmend-sweep" {
		t.Errorf("Targets = %v", targets)
	}
	// An older sweep than the schedule's next is of no use.
	want := any(object{"MaximumEventAgeInSeconds": 300.0, "MaximumRetryAttempts": 3.0})
	if diff := cmp.Diff(want, at(targets, 0, "RetryPolicy")); diff != "" {
		t.Errorf("RetryPolicy (-want +got):\n%s", diff)
	}
	// It ends before the next begins.
	if timeout, _ := stack.one(t, "AWS::Lambda::Function", "FunctionName",
		"hubmend-sweep").Properties["Timeout"].(float64); timeout >= 300 {
		t.Errorf("the sweep may take %v s", timeout)
	}
}

func TestOnlyTheScheduleMayCallAFunction(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	permissions := stack.all("AWS::Lambda::Permission")
	if len(permissions) != 1 {
		t.Fatalf("%d permissions, want 1", len(permissions))
	}
	p := permissions[0].Properties
	if p["Action"] != "lambda:InvokeFunction" || p["Principal"] != "events.amazonaws.com" ||
		stack.named(p["FunctionName"]) != "hubmend-sweep" {
		t.Errorf("permission = %v", p)
	}
	if source := stack.behind(p["SourceArn"]); source.Properties["Name"] != "hubmend-sweep" ||
		at(p["SourceArn"], "Fn::GetAtt", 1) != "Arn" {
		t.Errorf("SourceArn = %v", p["SourceArn"])
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	variables, _ := at(stack.one(t, "AWS::Lambda::Function", "FunctionName", "hubmend-sweep").Properties, "Environment",
		"Variables").(object)
	for name, tc := range map[string]struct {
		variable, value string
		zero            bool
	}{
		"MaxAttempts":         {"HUBMEND_MAX_ATTEMPTS", "3", false},
		"WindowHours":         {"HUBMEND_WINDOW_HOURS", "24", false},
		"BreakerFailures":     {"HUBMEND_BREAKER_FAILURES", "5", false},
		"BreakerMinutes":      {"HUBMEND_BREAKER_MINUTES", "60", false},
		"ConfirmEveryMinutes": {"HUBMEND_CONFIRM_EVERY_MINUTES", "60", true},
		"EvidenceLagMinutes":  {"HUBMEND_EVIDENCE_LAG_MINUTES", "5", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := stack.Parameters[name]
			if p["Type"] != "String" || p["Default"] != tc.value {
				t.Errorf("parameter = %v", p)
			}
			if diff := cmp.Diff(any(ref(name)), variables[tc.variable]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.variable, diff)
			}
			pattern, _ := p["AllowedPattern"].(string)
			allowed := regexp.MustCompile(pattern)
			for text, want := range map[string]bool{tc.value: true, "1": true, "999": true, "0": tc.zero, "": false,
				"2.5": false, "-1": false, "07": false, "1000": name == "EvidenceLagMinutes",
				"1440": name == "EvidenceLagMinutes", "1441": false, "3h": false} {
				if allowed.MatchString(text) != want {
					t.Errorf("%q is allowed: %t", text, !want)
				}
			}
		})
	}
}
