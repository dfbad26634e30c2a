package plan_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/lab/automation"
	"hubmend/internal/lab/samplefinding"
	"hubmend/internal/ops/plan"
)

func TestOneFinding(t *testing.T) {
	t.Parallel()
	const one = `{"ProductArn": "p"}`
	for name, tc := range map[string]struct{ text, wantErr string }{
		"a finding":            {text: one},
		"a list":               {text: " [" + one + "]\n"},
		"of get-findings":      {text: `{"Findings": [` + one + `], "NextToken": null}`},
		"an event":             {text: `{"source": "aws.securityhub", "detail": {"findings": [` + one + `]}}`},
		"YAML":                 {text: "ProductArn: p\n"},
		"YAML of get-findings": {text: "Findings:\n- ProductArn: p\n"},
		"nothing":              {text: " ", wantErr: "it is empty"},
		"an empty list":        {text: "[]", wantErr: "it has 0 findings"},
		"none found":           {text: `{"Findings": []}`, wantErr: "it has 0 findings"},
		"an event of none":     {text: `{"detail": {"findings": []}}`, wantErr: "it has 0 findings"},
		"two":                  {text: "[" + one + "," + one + "]", wantErr: "it has 2 findings"},
		"no JSON":              {text: "hello", wantErr: "it is not JSON"},
		"no JSON in a list":    {text: "[hello]", wantErr: "it is not JSON"},
		"something else":       {text: `{"name": "hubmend"}`, wantErr: "it is not a finding, which has a ProductArn"},
		"null":                 {text: "null", wantErr: "it is not a finding"},
		"a number":             {text: "1", wantErr: "it is no finding but a number"},
		"another kind of one": {text: `{"Findings": "x"}`,
			wantErr: "its Findings is a string, which no finding has there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := plan.OneFinding([]byte(tc.text))
			if tc.wantErr == "" && (err != nil || string(bytes.TrimSpace(raw)) != one) {
				t.Errorf("%s, %v", raw, err)
			}
			if tc.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tc.wantErr)) {
				t.Errorf("%s, %v; want %s", raw, err, tc.wantErr)
			}
		})
	}
}

// A finding that dispatch would answer instead of starting a repair gives its reason.
func TestForFindingRefusesAsDispatchDoes(t *testing.T) {
	t.Parallel()
	control, _ := catalog.Embedded().ByID("EC2.13")
	for name, tc := range map[string]struct {
		set  object
		want string
	}{
		"archived": {object{"RecordState": "ARCHIVED"}, "archived"},
		"passed": {object{"Compliance": object{"Status": "PASSED", "SecurityControlId": "EC2.13"}},
			"reports PASSED"},
		"suppressed":  {object{"Workflow": object{"Status": "SUPPRESSED"}}, "SUPPRESSED"},
		"wrong types": {object{"Resources": []any{3}}, "its Resources is a number, which no finding has there"},
		"of another": {object{
			"Resources": []any{object{"Type": "AwsEc2SecurityGroup",
				"Id": "arn:aws:ec2:us-east-1:333333333333:security-group/sg-1"}}}, "Hubmend refused this finding"},
		"of the account": {object{
			"Resources": []any{object{"Type": "AwsAccount", "Id": "AWS::::Account:222222222222"}}},
			"about the whole account"},
		"forged": {object{
			"ProductArn": "arn:aws:securityhub:us-east-1:222222222222:product/222222222222/default"},
			"not Security Hub's own"},
		"unknown": {object{"Compliance": object{"Status": "FAILED", "SecurityControlId": "EC2.99"}},
			"no control of Hubmend's is about this finding, which is about EC2.99"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := samplefinding.Build(samplefinding.Spec{Control: control,
				Resource: "arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0",
				Account:  "222222222222", Region: region, ID: "f", Now: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(with(f, tc.set))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := plan.ForFinding(catalog.Embedded(), raw); err == nil ||
				!strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %s", err, tc.want)
			}
		})
	}
}

// raising is a program that fails.
type raising struct{ says string }

func (r raising) Run(context.Context, automation.Script) (any, error) {
	return nil, &automation.ScriptError{Type: "Failure", Message: r.says,
		Trace: "Traceback (most recent call last):\n  x"}
}

func TestWhatAProgramCannotReadIsNoRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "444444444446")
	r := w.repair("KMS.4", "arn:aws:kms:us-east-1:444444444446:key/01234567-89ab-cdef-0123-456789abcdef")
	for says, want := range map[string]string{
		"hubmend:read AccessDeniedException kms:DescribeKey: no": "your credentials may not read what the runbook " +
			"reads: kms:DescribeKey answered AccessDeniedException: no",
		"hubmend:read ExpiredToken kms:DescribeKey: no": "could not read: kms:DescribeKey answered " +
			"ExpiredToken: no; try again",
		"hubmend:read ThrottlingException kms:DescribeKey: no": "; try again",
		"'KeyMetadata'": "the program failed: ",
		"hubmend:read NotFoundException kms:DescribeKey: no": "",
		"hubmend:refused It is asymmetric.":                  "",
	} {
		p := w.planner()
		p.Scripts = raising{says}
		made, err := p.Make(t.Context(), r)
		if want == "" && (err != nil || made.Verdict != plan.Refusal || strings.Contains(made.Reason, "hubmend:")) {
			t.Errorf("%s: %q, %q, %v", says, made.Verdict, made.Reason, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func TestARefusalSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "555555555555")
	made := w.seed("kms:CreateKey",
		object{"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"})["KeyMetadata"].(object)["Arn"].(string)
	for name, tc := range map[string]struct{ control, resource, want string }{
		"asymmetric":      {"KMS.4", made, "asymmetric (RSA_2048)"},
		"not the default": {"EC2.2", group(w, "web"), "is named web, not default"},
		"not there": {"IAM.3", "arn:aws:iam::555555555555:user/nobody",
			"iam:ListAccessKeys answered NoSuchEntity"},
	} {
		p := w.plan(w.repair(tc.control, tc.resource))
		if p.Verdict != plan.Refusal || !strings.Contains(p.Reason, tc.want) || len(p.Calls)+len(p.Changes) != 0 {
			t.Errorf("%s: %s, %q, %v", name, p.Verdict, p.Reason, p.Calls)
		}
	}
}
