package finding_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/finding"
)

type object = map[string]any

const (
	consolidatedID = "arn:aws:securityhub:eu-west-1:222222222222:security-control/EC2.13/finding/0a1b2c3d-0000-4000-8000-000000000001"
	group          = "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-0123456789abcdef0"
)

// consolidated is a finding as Security Hub writes it today, changed by edits: a nil value
// takes a field away.
func consolidated(edits object) object {
	f := object{
		"SchemaVersion": "2018-10-08",
		"Id":            consolidatedID,
		"ProductArn":    "arn:aws:securityhub:eu-west-1::product/aws/securityhub",
		"ProductName":   "Security Hub CSPM",
		"GeneratorId":   "security-control/EC2.13",
		"AwsAccountId":  "222222222222",
		"Region":        "eu-west-1",
		"Title":         "Security groups should not allow ingress from 0.0.0.0/0 or ::/0 to port 22",
		"UpdatedAt":     "2026-03-01T09:00:00.000Z", "LastObservedAt": "2026-03-01T10:00:00.5Z",
		"RecordState": "ACTIVE",
		"Compliance":  object{"Status": "FAILED", "SecurityControlId": "EC2.13"},
		"Workflow":    object{"Status": "NEW"},
		"Resources": []object{{"Type": "AwsEc2SecurityGroup", "Id": group,
			"Details": object{"AwsEc2SecurityGroup": object{"GroupName": "web"}}}},
	}
	maps.Copy(f, edits)
	maps.DeleteFunc(f, func(_ string, v any) bool { return v == nil })
	return f
}

func marshal(t testing.TB, v any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	want := func(edit func(*finding.Finding)) finding.Finding {
		f := finding.Finding{
			ID: consolidatedID, ProductARN: "arn:aws:securityhub:eu-west-1::product/aws/securityhub",
			GeneratorID: "security-control/EC2.13",
			Partition:   "aws", Account: "222222222222", Region: "eu-west-1",
			Title:     "Security groups should not allow ingress from 0.0.0.0/0 or ::/0 to port 22",
			ControlID: "EC2.13", Compliance: finding.Failed, Workflow: finding.New, RecordState: finding.Active,
			ResourceType: "AwsEc2SecurityGroup", ResourceID: group, Resources: 1,
			ObservedAt: time.Date(2026, 3, 1, 10, 0, 0, 5e8, time.UTC),
		}
		edit(&f)
		return f
	}
	const (
		cisID        = "arn:aws:securityhub:eu-west-1:222222222222:subscription/cis-aws-foundations-benchmark/v/1.2.0/4.1/finding/0a1b"
		cisGenerator = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1"
	)
	govID := strings.NewReplacer("arn:aws:", "arn:aws-us-gov:", "eu-west-1", "us-gov-west-1").Replace(consolidatedID)

	for name, tc := range map[string]struct {
		edits object
		want  finding.Finding
	}{
		"consolidated": {nil, want(func(*finding.Finding) {})},
		"CIS 1.2.0 with SecurityControlId": {
			object{"Id": cisID, "GeneratorId": cisGenerator},
			want(func(f *finding.Finding) {
				f.ID = cisID
				f.GeneratorID = cisGenerator
				f.Standard = "cis-aws-foundations-benchmark/v/1.2.0"
				f.Rule = "4.1"
			}),
		},
		"CIS 1.2.0 without SecurityControlId": {
			object{"Id": cisID, "GeneratorId": cisGenerator, "Compliance": object{"Status": "FAILED"}},
			want(func(f *finding.Finding) {
				f.ID = cisID
				f.GeneratorID = cisGenerator
				f.Standard = "cis-aws-foundations-benchmark/v/1.2.0"
				f.Rule = "4.1"
				f.ControlID = ""
			}),
		},
		"CIS 5.0.0": generator(want, "cis-aws-foundations-benchmark/v/5.0.0/5.1.1",
			"cis-aws-foundations-benchmark/v/5.0.0", "5.1.1"),
		"FSBP": generator(want, "aws-foundational-security-best-practices/v/1.0.0/EC2.13",
			"aws-foundational-security-best-practices/v/1.0.0", "EC2.13"),
		"PCI DSS":                    generator(want, "pci-dss/v/3.2.1/PCI.EC2.5", "pci-dss/v/3.2.1", "PCI.EC2.5"),
		"NIST":                       generator(want, "nist-800-53/v/5.0.0/EC2.13", "nist-800-53/v/5.0.0", "EC2.13"),
		"generator of no known form": generator(want, "my rule", "", ""),
		"no generator":               generator(want, "", "", ""),
		"GeneratorId in another case, without SecurityControlId": {
			object{"GeneratorId": "security-control/ec2.13", "Compliance": object{"Status": "FAILED"}},
			want(func(f *finding.Finding) { f.GeneratorID, f.ControlID = "security-control/ec2.13", "ec2.13" }),
		},
		"SecurityControlId wins over GeneratorId": {
			object{"GeneratorId": "security-control/EC2.14"},
			want(func(f *finding.Finding) { f.GeneratorID = "security-control/EC2.14" }),
		},
		"only StandardsControlArn": {
			object{"GeneratorId": "other", "Compliance": object{"Status": "FAILED"},
				"ProductFields": object{
					"StandardsControlArn": "arn:aws:securityhub:eu-west-1:222222222222:control/pci-dss/v/3.2.1/PCI.EC2.5"}},
			want(func(f *finding.Finding) {
				f.GeneratorID, f.ControlID, f.Standard, f.Rule = "other", "", "pci-dss/v/3.2.1", "PCI.EC2.5"
			}),
		},
		"GeneratorId wins over StandardsControlArn": {
			object{"GeneratorId": "nist-800-53/v/5.0.0/EC2.13",
				"ProductFields": object{
					"StandardsControlArn": "arn:aws:securityhub:eu-west-1:222222222222:control/aws-foundational-security-best-practices/v/1.0.0/EC2.2"}},
			want(func(f *finding.Finding) {
				f.GeneratorID, f.Standard, f.Rule = "nist-800-53/v/5.0.0/EC2.13", "nist-800-53/v/5.0.0", "EC2.13"
			}),
		},
		"a StandardsControlArn of another form": {
			object{"GeneratorId": "other", "ProductFields": object{"StandardsControlArn": []int{1}}},
			want(func(f *finding.Finding) { f.GeneratorID = "other" }),
		},
		"the rule of AWS Config": {
			object{"ProductFields": object{"RelatedAWSResources:0/type": "AWS::Config::ConfigRule",
				"RelatedAWSResources:0/name": "securityhub-restricted-ssh-abcdef12"}},
			want(func(f *finding.Finding) { f.ConfigRule = "securityhub-restricted-ssh-abcdef12" }),
		},
		"a related resource of another type": {object{"ProductFields": object{
			"RelatedAWSResources:0/type": "AWS::IAM::Role", "RelatedAWSResources:0/name": "x"}},
			want(func(*finding.Finding) {})},
		"a rule with a name that is none": {object{"ProductFields": object{
			"RelatedAWSResources:0/type": "AWS::Config::ConfigRule", "RelatedAWSResources:0/name": "{{ x }}"}},
			want(func(*finding.Finding) {})},
		"a rule that is a list": {object{"ProductFields": object{
			"RelatedAWSResources:0/type": "AWS::Config::ConfigRule", "RelatedAWSResources:0/name": []int{1}}},
			want(func(*finding.Finding) {})},
		"since when": {
			object{"FirstObservedAt": "2026-02-01T00:00:00Z"},
			want(func(f *finding.Finding) { f.Since = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC) }),
		},
		"since a time of another form": {object{"FirstObservedAt": "yesterday"}, want(func(*finding.Finding) {})},
		"severity": {object{"Severity": object{"Label": "HIGH", "Original": "HIGH"}},
			want(func(f *finding.Finding) { f.Severity = "HIGH" })},
		"a severity that is none": {object{"Severity": object{"Label": "{{ global:DATE }}"}},
			want(func(*finding.Finding) {})},
		"defaults": {
			object{"Region": nil, "Workflow": nil, "RecordState": nil, "Compliance": nil, "Title": nil,
				"LastObservedAt": nil},
			want(func(f *finding.Finding) {
				f.Compliance, f.Title, f.ObservedAt = "", "", time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
			}),
		},
		"the state of things": {
			object{"Workflow": object{"Status": "SUPPRESSED"}, "RecordState": "ARCHIVED",
				"Compliance": object{"Status": "PASSED", "SecurityControlId": "EC2.13"}},
			want(func(f *finding.Finding) {
				f.Workflow, f.RecordState, f.Compliance = finding.Suppressed, "ARCHIVED", "PASSED"
			}),
		},
		"the first of several resources": {
			object{"Resources": []object{{"Type": "AwsAccount", "Id": "AWS::::Account:222222222222"},
				{"Type": "Other", "Id": "x"}}},
			want(func(f *finding.Finding) {
				f.ResourceType, f.ResourceID, f.Resources = finding.AccountType, "AWS::::Account:222222222222", 2
			}),
		},
		"another partition": {
			object{"Id": govID, "ProductArn": "arn:aws-us-gov:securityhub:us-gov-west-1::product/aws/securityhub",
				"Region": "us-gov-west-1"},
			want(func(f *finding.Finding) {
				f.ID, f.ProductARN, f.Partition, f.Region = govID, "arn:aws-us-gov:securityhub:us-gov-west-1::product/aws/securityhub", "aws-us-gov", "us-gov-west-1"
			}),
		},
		"240 KB": {object{"Description": strings.Repeat("x", 240<<10)}, want(func(*finding.Finding) {})},
		"deep but well-formed details": {
			object{"ProductFields": nested(1000)}, want(func(*finding.Finding) {}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := finding.Parse(marshal(t, consolidated(tc.edits)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("finding (-want +got):\n%s", diff)
			}
		})
	}
}

func generator(want func(func(*finding.Finding)) finding.Finding, id, standard, rule string) struct {
	edits object
	want  finding.Finding
} {
	return struct {
		edits object
		want  finding.Finding
	}{object{"GeneratorId": id},
		want(func(f *finding.Finding) { f.GeneratorID, f.Standard, f.Rule = id, standard, rule })}
}

func nested(depth int) json.RawMessage {
	return json.RawMessage(strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth))
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("9", 100_000)
	for name, tc := range map[string]struct {
		edits object
		want  string // part of the reason
	}{
		"no ProductArn": {object{"ProductArn": nil}, "ProductArn"},
		"ProductArn of another product": {
			object{"ProductArn": "arn:aws:securityhub:eu-west-1:222222222222:product/222222222222/default"},
			"ProductArn"},
		"ProductArn of a partner": {object{"ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/inspector"},
			"ProductArn"},
		"ProductArn with more behind it": {
			object{"ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/securityhub\n"}, "ProductArn"},
		"ProductArn that is long": {object{"ProductArn": long}, "ProductArn"},
		"Region that differs":     {object{"Region": "us-east-1"}, "differs"},
		"Region that is none": {object{
			"ProductArn": "arn:aws:securityhub:xx-nowhere-1::product/aws/securityhub", "Region": "xx-nowhere-1",
			"Id": strings.Replace(consolidatedID, "eu-west-1", "xx-nowhere-1", 1),
		}, "not a Region"},
		"Region of another partition": {object{
			"ProductArn": "arn:aws-cn:securityhub:eu-west-1::product/aws/securityhub",
			"Id":         strings.Replace(consolidatedID, "arn:aws:", "arn:aws-cn:", 1),
		}, "not a Region of partition aws-cn"},
		"account that is short":   {object{"AwsAccountId": "22222222222"}, "12 digits"},
		"account with letters":    {object{"AwsAccountId": "22222222222a"}, "12 digits"},
		"account in other digits": {object{"AwsAccountId": "٢٢٢٢٢٢٢٢٢٢٢٢"}, "12 digits"},
		"account missing":         {object{"AwsAccountId": nil}, "12 digits"},
		"Id of another account":   {object{"AwsAccountId": "333333333333"}, "does not begin with"},
		"Id of another Region": {object{"Id": strings.Replace(consolidatedID, "eu-west-1", "us-east-1", 1)},
			"does not begin with"},
		"Id missing":                   {object{"Id": nil}, "does not begin with"},
		"Id too long":                  {object{"Id": consolidatedID + long}, "does not begin with"},
		"Id with a reference":          {object{"Id": consolidatedID + "{{ssm:x}}"}, "Id contains {{"},
		"GeneratorId with a reference": {object{"GeneratorId": "{{x}}"}, "GeneratorId contains {{"},
		"control with a reference": {object{"Compliance": object{"SecurityControlId": "{{x}}"}},
			"SecurityControlId contains {{"},
		"resource with a reference": {
			object{"Resources": []object{{"Type": "T", "Id": group + "{{ global:DATE }}"}}},
			"Resources[0].Id contains {{"},
		"type with a reference": {object{"Resources": []object{{"Type": "{{x}}", "Id": group}}},
			"Resources[0].Type contains {{"},
		"no Resources":             {object{"Resources": nil}, "no resource"},
		"Resources empty":          {object{"Resources": []object{}}, "no resource"},
		"resource without Id":      {object{"Resources": []object{{"Type": "AwsEc2SecurityGroup"}}}, "no resource"},
		"resource without Type":    {object{"Resources": []object{{"Id": group}}}, "no resource"},
		"no time at all":           {object{"LastObservedAt": nil, "UpdatedAt": nil}, "no RFC 3339 time"},
		"time of another form":     {object{"LastObservedAt": "yesterday"}, "no RFC 3339 time"},
		"time that is long":        {object{"LastObservedAt": long}, "no RFC 3339 time"},
		"Id a number":              {object{"Id": 1}, "read finding"},
		"Id a number that is long": {object{"Id": json.RawMessage(long)}, "read finding"},
		"Compliance a text":        {object{"Compliance": "FAILED"}, "read finding"},
		"Resources a map":          {object{"Resources": object{}}, "read finding"},
		"Resources of texts":       {object{"Resources": []string{"x"}}, "read finding"},
		"nesting without end":      {object{"ProductFields": nested(20_000)}, "read finding"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// json.Marshal refuses what nests too deep, so the raw parts are put in by hand.
			refuse(t, rawObject(t, consolidated(tc.edits)), tc.want)
		})
	}
	for name, text := range map[string]string{
		"nothing": "", "cut off": `{"Id":"arn:aws`, "a list": "[]", "a text": `"finding"`, "two": "{}{}",
		"brackets": strings.Repeat("[", 200_000),
	} {
		t.Run("JSON: "+name, func(t *testing.T) {
			t.Parallel()
			refuse(t, json.RawMessage(text), "read finding")
		})
	}
	t.Run("JSON: null", func(t *testing.T) {
		t.Parallel()
		refuse(t, json.RawMessage("null"), "ProductArn")
	})
}

func rawObject(t *testing.T, o object) json.RawMessage {
	t.Helper()
	var parts []string
	for name, value := range o {
		text, ok := value.(json.RawMessage)
		if !ok {
			text = marshal(t, value)
		}
		parts = append(parts, `"`+name+`":`+string(text))
	}
	return json.RawMessage("{" + strings.Join(parts, ",") + "}")
}

// refuse demands an error with the reason, that gives nothing and fills no log.
func refuse(t *testing.T, raw json.RawMessage, want string) {
	t.Helper()
	got, err := finding.Parse(raw)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("Parse error = %v, want it to contain %q", err, want)
	}
	if n := len(err.Error()); n > 400 {
		t.Errorf("the reason has %d bytes; it repeats the finding's text", n)
	}
	if got != (finding.Finding{}) {
		t.Errorf("Parse gave %+v with its error", got)
	}
}

// The account's name goes into subjects and emails. An invalid one is dropped.
func TestAccountName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"workload": "workload", " Team A (prod) ": "Team A (prod)", strings.Repeat("x", 50): strings.Repeat("x", 50),
		strings.Repeat("x", 51): "",
		"a\nSubject: b":         "", "w\u00f6rk": "", "\u202eb": "", "": "",
	} {
		f, err := finding.Parse(marshal(t, consolidated(object{"AwsAccountName": name})))
		if err != nil || f.AccountName != want {
			t.Errorf("%q: the name is %q, %v", name, f.AccountName, err)
		}
	}
}
