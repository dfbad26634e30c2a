package exposure_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/policy"
	"hubmend/internal/lab/samplefinding"
	"hubmend/internal/ops/exposure"
)

type object = map[string]any

func TestRow(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-0123456789abcdef0"
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c, _ := catalog.Embedded().ByID("EC2.13")
	made := func(change object) json.RawMessage {
		document, err := samplefinding.Build(samplefinding.Spec{Control: c, Resource: arn, Account: "222222222222",
			Region: "eu-west-1", ID: "1", Now: now})
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(document, change)
		raw, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	workflow := func(status string) object { return object{"Workflow": object{"Status": status}} }
	of := func(control, compliance string) object {
		return object{"GeneratorId": "security-control/" + control,
			"Compliance": object{"Status": compliance, "SecurityControlId": control}}
	}
	guide := catalog.Embedded().Guides[0].ID
	rule := func(decision policy.Decision, when policy.When) policy.Policy {
		return policy.Policy{Format: policy.Format, Rules: []policy.Rule{{Name: "r", Decision: decision, When: when,
			Reason: "Because."}}}
	}
	for name, tc := range map[string]struct {
		elsewhere bool // its id is not one of Security Hub CSPM
		document  json.RawMessage
		v2        string
		rules     policy.Policy
		region    string // the only one
		want      exposure.State
	}{
		"new":                   {document: made(nil), want: exposure.Remediates},
		"notified":              {document: made(workflow("NOTIFIED")), want: exposure.Remediates},
		"suppressed":            {document: made(workflow("SUPPRESSED")), want: exposure.Suppressed},
		"suppressed in V2":      {document: made(nil), v2: "SUPPRESSED", want: exposure.Suppressed},
		"resolved in V2":        {document: made(nil), v2: "RESOLVED", want: exposure.Remediates},
		"passed":                {document: made(of("EC2.13", "PASSED")), want: exposure.Passed},
		"passed, no control":    {document: made(of("EC2.999", "PASSED")), want: exposure.Passed},
		"of no control of ours": {document: made(of("EC2.999", "FAILED")), want: exposure.Refused},
		"guide":                 {document: made(of(guide, "FAILED")), want: exposure.GuideOnly},
		"archived":              {document: made(object{"RecordState": "ARCHIVED"}), want: exposure.Refused},
		"another product": {document: made(object{
			"ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/inspector"}), want: exposure.NoControl},
		"not there":         {want: exposure.NotFound},
		"of another Region": {region: "us-east-1", document: made(nil), want: exposure.Elsewhere},
		"of the Region":     {region: "eu-west-1", document: made(nil), want: exposure.Remediates},
		"of another":        {elsewhere: true, document: made(nil), want: exposure.NoControl},
		"asks":              {document: made(nil), rules: rule(policy.Ask, policy.When{}), want: exposure.AsksFirst},
		"exempt":            {document: made(nil), rules: rule(policy.Exempt, policy.When{}), want: exposure.Exempt},
		"delayed":           {document: made(nil), rules: rule(policy.Delay, policy.When{}), want: exposure.Remediates},
		"by an unknown OU": {document: made(nil), rules: rule(policy.Exempt, policy.When{OUs: []string{"ou-1"}}),
			want: exposure.Remediates},
	} {
		related := exposure.Related{ID: "f", Region: "eu-west-1"}
		if tc.elsewhere {
			related.Region = ""
		}
		row := exposure.Judge{Catalog: catalog.Embedded(), Policy: tc.rules, Now: now, Region: tc.region}.Row(related,
			tc.document, finding.V2{UID: "9d1b", Status: tc.v2})
		if row.State != tc.want || row.V2ID != "9d1b" || row.Finding != "f" {
			t.Errorf("%s: %s", name, fmt.Sprintf("%+v, want %s", row, tc.want))
		}
	}
}
