package dispatch_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

var accountFinding = object{"Resources": []object{{"Type": "AwsAccount", "Id": "AWS::::Account:222222222222"}}}

func compliance(status string) object {
	return object{"Compliance": object{"Status": status, "SecurityControlId": "EC2.13"}}
}

var twoResources = object{"Resources": []object{
	{"Type": "AwsEc2SecurityGroup", "Id": "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-1"},
	{"Type": "AwsEc2SecurityGroup", "Id": "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-2"},
}}

// A check that says WARNING could not tell, so that only a person has it repaired.
func TestCustomActionOnWarning(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.handle(t, custom("m", sg("f", "EC2.13", "sg-11111111", compliance("WARNING"))))
	if w.started != 1 {
		t.Errorf("%d executions", w.started)
	}
}

// Every way in which Security Hub names a control leads to it.
func TestFindingsThatNameTheirControlInOtherWays(t *testing.T) {
	t.Parallel()
	unnamed := object{"Status": "FAILED"}
	for name, edits := range map[string]object{
		"lower case":  {"Compliance": object{"Status": "FAILED", "SecurityControlId": "ec2.13"}},
		"GeneratorId": {"GeneratorId": "security-control/EC2.13", "Compliance": unnamed},
		"PCI DSS":     {"GeneratorId": "pci-dss/v/3.2.1/PCI.EC2.5", "Compliance": unnamed},
		"StandardsControlArn": {"GeneratorId": "x", "Compliance": unnamed,
			"ProductFields": object{
				"StandardsControlArn": "arn:aws:securityhub:eu-west-1:222222222222:control/pci-dss/v/3.2.1/PCI.EC2.5"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.handle(t, imported("m", sg("f", "EC2.13", "sg-11111111", edits)))
			if w.started != 1 {
				t.Errorf("%d executions", w.started)
			}
		})
	}
}

// Results of an insight are no findings: the log says so, and nothing becomes a dead letter.
func TestInsightResultsAreAnsweredInTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld()
	m := sqsMessage("m",
		object{"detail-type": "Security Hub Insight Results",
			"detail": object{"insightResults": []object{{"sg-1": 3}}}}, nil)
	if failed := w.handle(t, m); failed != nil || w.take() != nil || w.buried != nil {
		t.Errorf("%q come back, dead letters %q", failed, w.buried)
	}
	if !w.logged("m", "reason") {
		t.Error("nothing was logged")
	}
}

func TestTriageAnswers(t *testing.T) {
	t.Parallel()
	const group = "sg-11111111"
	for name, tc := range map[string]struct {
		message events.SQSMessage
		done    []string // the only effect; nil for none
		note    []string
	}{
		"account, automatic": {imported("m", sg("f", "EC2.13", group, accountFinding)),
			[]string{"update f NOTIFIED"},
			[]string{"whole account", "EC2.13 repairs resources of type AwsEc2SecurityGroup"}},
		"account, custom action": {custom("m", sg("f", "EC2.13", group, accountFinding)), []string{"update f NOTIFIED"},
			[]string{"whole account"}},
		"foreign control": {custom("m", sg("f", "IAM.9", group)), []string{"update f"},
			[]string{"CIS 4.1 & 4.2", "EC2.13 and EC2.14", "IAM.9", "Nothing was changed"}},
		"foreign rule": {custom("m",
			sg("f", "", group, object{"GeneratorId": "pci-dss/v/3.2.1/PCI.X.1"},
				object{"Compliance": object{"Status": "FAILED"}})), []string{"update f"},
			[]string{"pci-dss/v/3.2.1 PCI.X.1"}},
		"foreign product's text": {custom("m",
			sg("f", "", group, object{"GeneratorId": "mine"}, object{"Compliance": object{"Status": "FAILED"}})),
			[]string{"update f"}, []string{"an unknown control"}},
		"many controls, but not this one": {byAction("m", "FSBP", sg("f", "EC2.13", group)), []string{"update f"},
			[]string{"repairs many controls, but not this one"}},
		"for a person, custom action": {byAction("m", "CIS120", sg("f", "IAM.6", group)), []string{"update f"},
			[]string{"Hubmend cannot repair this finding. Sign in as the root user"}},
		"for a person, automatic": {imported("m", sg("f", "IAM.6", group)), nil, nil},
		"unknown custom action": {byAction("m", "Other", sg("f", "EC2.13", group)), []string{"update f"},
			[]string{"The custom action Other is not one of Hubmend's", "update the administrator's stack"}},
		"suppressed, custom": {custom("m",
			sg("f", "EC2.13", group, object{"Workflow": object{"Status": "SUPPRESSED"}})), []string{"update f"},
			[]string{"SUPPRESSED", "Set it to NEW"}},
		"suppressed, automatic": {imported("m",
			sg("f", "EC2.13", group, object{"Workflow": object{"Status": "SUPPRESSED"}})), nil, nil},
		"archived, custom": {custom("m", sg("f", "EC2.13", group, object{"RecordState": "ARCHIVED"})),
			[]string{"update f"}, []string{"archived"}},
		"archived, automatic": {imported("m", sg("f", "EC2.13", group, object{"RecordState": "ARCHIVED"})), nil,
			nil},
		"passed, custom": {custom("m", sg("f", "EC2.13", group, compliance("PASSED"))), []string{"update f"},
			[]string{"reports PASSED, not FAILED"}},
		"no status, custom": {custom("m", sg("f", "EC2.13", group, compliance(""))), []string{"update f"},
			[]string{"reports no status, not FAILED"}},
		"passed, automatic": {imported("m", sg("f", "EC2.13", group, compliance("PASSED"))), nil, nil},
		"two resources, automatic": {
			imported("m", sg("f", "EC2.13", group, twoResources)),
			[]string{"update f NOTIFIED"}, []string{"names 2 resources, and Hubmend repairs findings of one"},
		},
		"two resources, custom": {
			custom("m", sg("f", "EC2.13", group, twoResources)),
			[]string{"update f NOTIFIED"}, []string{"names 2 resources, and Hubmend repairs findings of one"},
		},
		"warning, automatic": {imported("m", sg("f", "EC2.13", group, compliance("WARNING"))), nil, nil},
		"notified, automatic": {imported("m",
			sg("f", "EC2.13", group, object{"Workflow": object{"Status": "NOTIFIED"}})), nil, nil},
		"resolved, automatic": {imported("m",
			sg("f", "EC2.13", group, object{"Workflow": object{"Status": "RESOLVED"}})), nil, nil},
		"foreign, automatic": {imported("m", sg("f", "IAM.9", group)), nil, nil},
		"another account's group": {
			imported("m", sg("f", "EC2.13", group,
				object{"Resources": []object{{"Type": "AwsEc2SecurityGroup",
					"Id": "arn:aws:ec2:eu-west-1:333333333333:security-group/sg-1"}}})),
			[]string{"update f NOTIFIED"}, []string{"refused this finding", "333333333333"},
		},
		"another type": {
			custom("m", sg("f", "EC2.13", group,
				object{"Resources": []object{{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::b"}}})),
			[]string{"update f NOTIFIED"}, []string{"AwsS3Bucket", "AwsEc2SecurityGroup"},
		},
		"a long malformed ARN": {
			imported("m", sg("f", "EC2.13", group,
				object{"Resources": []object{{"Type": "AwsEc2SecurityGroup", "Id": strings.Repeat("ü", 3000)}}})),
			[]string{"update f NOTIFIED"}, []string{"refused this finding"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if failed := w.handle(t, tc.message); failed != nil {
				t.Errorf("%q come back", failed)
			}
			if diff := cmp.Diff(tc.done, w.take()); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			note := w.notes["f"]
			for _, part := range tc.note {
				if !strings.Contains(note, part) {
					t.Errorf("the note does not say %q: %s", part, note)
				}
			}
			if n := utf8.RuneCountInString(note); n > 512 {
				t.Errorf("the note has %d characters", n)
			}
			if !w.logged("event-m", "decision") {
				t.Error("nothing was logged about the finding")
			}
		})
	}
}

// A person may repair what is NOTIFIED or RESOLVED already.
func TestCustomActionOnAnyWorkflow(t *testing.T) {
	t.Parallel()
	for _, workflow := range []string{"NEW", "NOTIFIED", "RESOLVED"} {
		w := newWorld()
		w.handle(t, custom("m", sg("f", "EC2.13", "sg-11111111", object{"Workflow": object{"Status": workflow}})))
		if w.started != 1 {
			t.Errorf("%s: %d executions", workflow, w.started)
		}
	}
}

func TestAnswerThatCannotBeGivenComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.failNote = "f1"
	m := custom("m1", sg("f1", "IAM.9", "sg-1"), sg("f2", "EC2.13", "sg-11111111"))
	if diff := cmp.Diff([]string{"m1"}, w.handle(t, m, custom("m2", sg("f3", "IAM.9", "sg-1")))); diff != "" {
		t.Errorf("messages that come back:\n%s", diff)
	}
	if w.started != 1 || w.notes["f3"] == "" {
		t.Errorf("%d executions, notes %v", w.started, w.notes)
	}
	// The second time the answer is given, and the repair of the other finding is not repeated.
	w.failNote = ""
	if failed := w.handle(t, m); failed != nil || w.started != 1 {
		t.Errorf("%d executions, %q come back", w.started, failed)
	}
}
