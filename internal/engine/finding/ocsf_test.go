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

// hash has the form of metadata.uid.
var hash = strings.Repeat("9d1b", 16)

// open is the finding of consolidated in OCSF, with fields that Hubmend does not read, changed by edits. A nil value
// takes a field away, and a map is merged.
func open(edits object) object {
	f := object{
		"activity_id": 1, "activity_name": "Create", "category_name": "Findings", "category_uid": 2,
		"class_name": "Compliance Finding", "class_uid": 2003, "type_uid": 200301,
		"cloud": object{"account": object{"uid": "222222222222"}, "provider": "AWS", "region": "eu-west-1"},
		"compliance": object{"control": "EC2.13", "status": "Fail", "status_id": 3,
			"standards": []string{"standards/aws-foundational-security-best-practices/v/1.0.0"}},
		"finding_info": object{
			"analytic": object{"category": "AWS::Config::ConfigRule", "name": "securityhub-restricted-ssh-abcdef12",
				"type": "Rule", "type_id": 1},
			"first_seen_time": 1769904000000, "first_seen_time_dt": "2026-02-01T00:00:00.000Z",
			"last_seen_time": 1772359200500, "last_seen_time_dt": "2026-03-01T10:00:00.5Z",
			"modified_time": 1772355600000, "modified_time_dt": "2026-03-01T09:00:00.000Z",
			"title": "Security groups should not allow ingress from 0.0.0.0/0 or ::/0 to port 22",
			"types": []string{"Posture Management"}, "uid": consolidatedID,
		},
		"metadata": object{"uid": hash, "version": "1.8.0", "profiles": []string{"cloud", "datetime"},
			"product": object{"name": "Security Hub", "vendor_name": "AWS",
				"uid": "arn:aws:securityhub:eu-west-1::productv2/aws/securityhub"}},
		"resources": []object{{"cloud_partition": "aws", "type": "AWS::EC2::SecurityGroup", "region": "eu-west-1",
			"owner": object{"account": object{"uid": "222222222222"}}, "uid": "sg-0123456789abcdef0",
			"uid_alt": group}},
		"severity": "High", "severity_id": 4, "status": "New", "status_id": 1,
		"time": 1772359300000, "time_dt": "2026-03-01T10:01:40.000Z",
		"vendor_attributes": object{"severity": "High", "severity_id": 4},
	}
	return overlay(f, edits)
}

func overlay(f, edits object) object {
	f = maps.Clone(f)
	for name, edit := range edits {
		inner, isMap := f[name].(object)
		part, merges := edit.(object)
		switch {
		case edit == nil:
			delete(f, name)
		case isMap && merges:
			f[name] = overlay(inner, part)
		default:
			f[name] = edit
		}
	}
	return f
}

// The event of each service about one check becomes one request, so both findings must say the same.
func TestBothFormatsSayTheSame(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ asff, ocsf object }{
		"consolidated": {},
		"of one standard": {
			object{"Id": standardID, "GeneratorId": "cis-aws-foundations-benchmark/v/5.0.0/5.3"},
			object{"finding_info": object{"uid": standardID}},
		},
		"of CIS 1.2.0": {
			object{"Id": firstCISID,
				"GeneratorId": "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1"},
			object{"finding_info": object{"uid": firstCISID}},
		},
		"an account": {
			object{"Resources": []object{{"Type": "AwsAccount", "Id": "AWS::::Account:222222222222"}}},
			object{"resources": []object{{"type": "AWS::::Account", "uid": "222222222222"}}},
		},
		"passed and resolved": {
			object{"Workflow": object{"Status": "RESOLVED"}, "Severity": object{"Label": "INFORMATIONAL"},
				"Compliance": object{"Status": "PASSED", "SecurityControlId": "EC2.13"}},
			object{"status_id": 4, "status": "Resolved", "severity_id": 1,
				"compliance": object{"status_id": 1, "status": "Pass"}},
		},
		"by names only": {
			object{"Workflow": object{"Status": "SUPPRESSED"},
				"Compliance": object{"Status": "WARNING", "SecurityControlId": "EC2.13"}},
			object{"status_id": nil, "status": "suppressed", "severity_id": nil,
				"compliance": object{"status_id": nil, "status": "Warning"}},
		},
		"archived": {
			object{"Workflow": object{"Status": "RESOLVED"}, "RecordState": "ARCHIVED"},
			object{"activity_id": 3, "activity_name": "Close", "status_id": 4},
		},
		"archived by its status": {
			object{"RecordState": "ARCHIVED"}, object{"status_id": 5, "status": "Archived"},
		},
		"not available": {
			object{"Compliance": object{"Status": "NOT_AVAILABLE", "SecurityControlId": "EC2.13"}},
			object{"compliance": object{"status_id": 0, "status": "Unknown"}},
		},
		"the account's name": {object{"AwsAccountName": "workload"},
			object{"cloud": object{"account": object{"name": "workload"}}}},
		"no rule of Config": {object{"ProductFields": nil}, object{"finding_info": object{"analytic": nil}}},
		"something else than a rule of Config": {object{"ProductFields": nil},
			object{"finding_info": object{"analytic": object{"category": "other"}}}},
		"no name of a rule": {object{"ProductFields": nil},
			object{"finding_info": object{"analytic": object{"name": "a rule; rm"}}}},
		"modified time": {object{"LastObservedAt": nil, "FirstObservedAt": nil},
			object{"finding_info": object{"last_seen_time": nil, "last_seen_time_dt": nil, "first_seen_time": nil,
				"first_seen_time_dt": nil}}},
		"milliseconds": {nil, object{"finding_info": object{"last_seen_time_dt": nil, "first_seen_time_dt": nil}}},
		"RFC 3339 in the other field": {nil, object{"finding_info": object{"last_seen_time_dt": nil,
			"last_seen_time": "2026-03-01T10:00:00.5Z"}}},
		"a later version": {nil, object{"metadata": object{"version": "3.0"}, "new_field": object{"x": 1}}},
		"several resources": {
			object{"Resources": []object{{"Type": "AwsEc2SecurityGroup", "Id": group},
				{"Type": "AwsEc2Vpc", "Id": "x"}}},
			object{"resources": []object{{"type": "AWS::EC2::SecurityGroup", "uid": group},
				{"type": "AWS::EC2::VPC", "uid": "x"}}},
		},
		"a resource in ASFF's words": {nil,
			object{"resources": []object{{"type": "AwsEc2SecurityGroup", "uid": group, "uid_alt": "web"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := finding.Parse(marshal(t, consolidated(merge(object{
				"FirstObservedAt": "2026-02-01T00:00:00Z", "Severity": object{"Label": "HIGH"},
				"ProductFields": object{"RelatedAWSResources:0/type": "AWS::Config::ConfigRule",
					"RelatedAWSResources:0/name": "securityhub-restricted-ssh-abcdef12"},
			}, tc.asff))))
			if err != nil {
				t.Fatal(err)
			}
			want.V2 = finding.V2{UID: hash, Status: want.Workflow}
			if name == "archived by its status" {
				want.V2.Status = finding.Archived
			}
			got, err := finding.ParseOCSF(marshal(t, open(tc.ocsf)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("ASFF against OCSF (-ASFF +OCSF):\n%s", diff)
			}
		})
	}
}

const (
	benchmark  = "arn:aws:securityhub:eu-west-1:222222222222:subscription/cis-aws-foundations-benchmark/v/"
	standardID = benchmark + "5.0.0/5.3/finding/0a1b"
	firstCISID = benchmark + "1.2.0/4.1/finding/0a1b"
)

// The number counts where it is known, because the name is for people. The comment shows whose In Progress it is.
func TestStatusOfOCSF(t *testing.T) {
	t.Parallel()
	own := finding.Comment("Remediation started.", finding.Notified, false)
	got, err := finding.ParseOCSF(marshal(t, open(object{"status_id": 2, "status": "New", "comment": own})))
	want := finding.V2{UID: hash, Status: finding.Notified, Comment: own}
	if err != nil || got.Workflow != finding.Notified || got.V2 != want || !got.V2.OwnInProgress() {
		t.Errorf("the finding is %s, %+v, %v", got.Workflow, got.V2, err)
	}
	got, err = finding.ParseOCSF(marshal(t, open(object{"status_id": 99, "status": "In Progress"})))
	if err != nil || got.Workflow != finding.Notified || got.V2.OwnInProgress() {
		t.Errorf("the finding is %s, %+v, %v", got.Workflow, got.V2, err)
	}
}

// Account-level findings name their account in ways that no document lists.
func TestAccountsInOCSF(t *testing.T) {
	t.Parallel()
	const detector = "arn:aws:guardduty:eu-west-1:222222222222:detector/00000000000000000000000000000000"
	for id, resource := range map[string]object{
		"AWS::::Account:222222222222": {"uid": "222222222222", "uid_alt": detector},
		"AWS::::Account:222222222223": {"uid": "AWS::::Account:222222222223"},
		"AWS::::Account:222222222224": {"uid": "x", "uid_alt": "arn:aws:iam::222222222224:root"},
		"AWS::::Account:222222222225": {"uid": "arn:aws-cn:iam::222222222225:root"},
		detector:                      {"uid": "x", "uid_alt": detector},
		"AWS::::Account:222222222226": {"type": "AwsAccount", "uid": "AWS::::Account:222222222226"},
	} {
		resource = merge(object{"type": "AWS::::Account"}, resource)
		f, err := finding.ParseOCSF(marshal(t, open(object{"resources": []object{resource}})))
		if err != nil || f.ResourceID != id || f.ResourceType != finding.AccountType {
			t.Errorf("%v: %s %s, %v", resource, f.ResourceType, f.ResourceID, err)
		}
	}
}

func TestParseOCSFRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("9", 100_000)
	product := func(uid string) object {
		return object{"metadata": object{"product": object{"uid": uid}}}
	}
	const security = "arn:aws:securityhub:eu-west-1::productv2/aws/securityhub"
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }
	for name, tc := range map[string]struct {
		edits object
		want  string // part of the reason
	}{
		"coverage": {merge(product(security+"-coverage"), object{"compliance": object{"control": nil}}),
			"is a coverage finding"},
		"exposure": {merge(product(security+"-risk"), object{"class_uid": 2004}), "is an exposure"},
		"no class": {object{"class_uid": nil}, "class 0"},
		"vulnerability": {object{"class_uid": 2002, "class_name": "Vulnerability Finding"},
			"class 2002 (Vulnerability Finding)"},
		"class that is large": {object{"class_uid": raw("9223372036854775807")}, "class 9223372036854775807"},
		"class without end":   {object{"class_uid": raw(long)}, "read OCSF finding"},
		"class a fraction":    {object{"class_uid": raw("2003.5")}, "read OCSF finding"},
		"class a text":        {object{"class_uid": "2003"}, "read OCSF finding"},
		"Inspector": {product("arn:aws:securityhub:eu-west-1::productv2/aws/inspector"),
			"not Security Hub's"},
		"GuardDuty's detection": {merge(product("arn:aws:securityhub:eu-west-1::productv2/aws/guardduty"),
			object{"class_uid": 2004}), "not Security Hub's"},
		"another of Security Hub": {product(security + "-new"), "not Security Hub's"},
		"ProductArn of ASFF": {product("arn:aws:securityhub:eu-west-1::product/aws/securityhub"),
			"not Security Hub's"},
		"product of an account": {product("arn:aws:securityhub:eu-west-1:222222222222:productv2/222222222222/default"),
			"not Security Hub's"},
		"product with more behind it": {product(security + "\n"), "not Security Hub's"},
		"product that is long":        {product(long), "not Security Hub's"},
		"product of another Region":   {product("arn:aws:securityhub:us-east-1::productv2/aws/securityhub"), "differs"},
		"product of another partition": {merge(product("arn:aws-cn:securityhub:eu-west-1::productv2/aws/securityhub"),
			object{"cloud": nil}), "not a Region of partition aws-cn"},
		"another account": {object{"cloud": object{"account": object{"uid": "333333333333"}}},
			"does not begin with"},
		"no account":           {object{"cloud": nil}, "12 digits"},
		"no control":           {object{"compliance": object{"control": nil}}, "no compliance.control"},
		"forged control":       {object{"compliance": object{"control": "EC2.14"}}, "differs"},
		"control that is long": {object{"compliance": object{"control": long}}, "differs"},
		"control with a reference": {object{"compliance": object{"control": "{{x}}"},
			"finding_info": object{"uid": standardID}}, "contains {{"},
		"no metadata.uid":       {object{"metadata": object{"uid": nil}}, "metadata.uid"},
		"metadata.uid of lines": {object{"metadata": object{"uid": "a\nb"}}, "metadata.uid"},
		"uid missing":           {object{"finding_info": object{"uid": nil}}, "does not begin with"},
		"uid with a reference":  {object{"finding_info": object{"uid": standardID + "{{ssm:x}}"}}, "contains {{"},
		"unknown status":        {object{"status_id": 77, "status": "Snoozed"}, `status 77 "Snoozed" is unknown`},
		"status that is long":   {object{"status_id": nil, "status": long}, "is unknown"},
		"no status":             {object{"status_id": nil, "status": nil}, "is unknown"},
		"status without end":    {object{"status_id": raw("1e999")}, "read OCSF finding"},
		"status of a bool":      {object{"status_id": true}, "read OCSF finding"},
		"unknown compliance": {object{"compliance": object{"status_id": 4, "status": "Maybe"}},
			`compliance.status 4 "Maybe" is unknown`},
		"no resources":          {object{"resources": nil}, "no resource"},
		"resources empty":       {object{"resources": []object{}}, "no resource"},
		"resource without type": {object{"resources": []object{{"uid": group}}}, "no resource"},
		"resource without id":   {object{"resources": []object{{"type": "AWS::EC2::VPC"}}}, "no resource"},
		"resource with a reference": {object{"resources": []object{{"type": "T", "uid_alt": group + "{{x}}"}}},
			"contains {{"},
		"resources a map": {object{"resources": raw("{}")}, "read OCSF finding"},
		"no time": {object{"time": nil, "time_dt": nil, "finding_info": object{"last_seen_time": raw("1e300"),
			"last_seen_time_dt": "yesterday", "modified_time": -1, "modified_time_dt": []int{1}}}, "hold no time"},
		"times after the year 9999": {object{"time": nil, "time_dt": nil,
			"finding_info": object{"last_seen_time": raw("9223372036854775807"), "last_seen_time_dt": nil,
				"modified_time": raw(long), "modified_time_dt": nil}}, "hold no time"},
		"nesting without end": {object{"vendor_attributes": nested(20_000)}, "read OCSF finding"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuseOCSF(t, rawObject(t, open(tc.edits)), tc.want)
		})
	}
	for name, text := range map[string]string{
		"nothing": "", "a list": "[]", "two": "{}{}", "NaN": `{"class_uid":NaN}`,
		"brackets": strings.Repeat("[", 200_000),
	} {
		t.Run("JSON: "+name, func(t *testing.T) {
			t.Parallel()
			refuseOCSF(t, json.RawMessage(text), "read OCSF finding")
		})
	}
	t.Run("ASFF", func(t *testing.T) {
		t.Parallel()
		refuseOCSF(t, marshal(t, consolidated(nil)), "not Security Hub's own")
		refuse(t, marshal(t, open(nil)), "read finding")
	})
}

func refuseOCSF(t *testing.T, raw json.RawMessage, want string) {
	t.Helper()
	got, err := finding.ParseOCSF(raw)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("ParseOCSF error = %v, want it to contain %q", err, want)
	}
	if n := len(err.Error()); n > 400 {
		t.Errorf("the reason has %d bytes; it repeats the finding's text", n)
	}
	if got != (finding.Finding{}) {
		t.Errorf("ParseOCSF gave %+v with its error", got)
	}
}

func TestOCSFIsLargeAndDeep(t *testing.T) {
	t.Parallel()
	for _, edits := range []object{
		{"comment": strings.Repeat("x", 240<<10)}, {"vendor_attributes": nested(9_999)},
	} {
		if _, err := finding.ParseOCSF(rawObject(t, open(edits))); err != nil {
			t.Error(err)
		}
	}
	refuseOCSF(t, rawObject(t, open(object{"resources": nested(10_000)})), "read OCSF finding")
}

// Any part may be of any type.
func TestWrongTypesInOCSF(t *testing.T) {
	t.Parallel()
	var doc any
	if err := json.Unmarshal(marshal(t, open(nil)), &doc); err != nil {
		t.Fatal(err)
	}
	for name, by := range odd {
		for path, changed := range replaced(doc, by) {
			f, err := finding.ParseOCSF(marshal(t, changed))
			if err == nil {
				checkInvariants(t, f)
			} else if f != (finding.Finding{}) || len(err.Error()) > 400 {
				t.Errorf("%s is %s: ParseOCSF gave %+v and %v", path, name, f, err)
			}
		}
	}
}

func FuzzParseOCSF(f *testing.F) {
	for _, edits := range []object{
		nil, {"status_id": nil, "compliance": object{"status_id": nil}}, {"finding_info": object{"uid": firstCISID}},
		{"resources": []object{{"type": "AWS::::Account", "uid": "222222222222"}}}, {"class_uid": 2004},
		{"metadata": object{"product": object{
			"uid": "arn:aws:securityhub:eu-west-1::productv2/aws/securityhub-coverage"}}},
	} {
		f.Add([]byte(marshal(f, open(edits))))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := finding.ParseOCSF(json.RawMessage(raw))
		if err != nil {
			if got != (finding.Finding{}) {
				t.Errorf("ParseOCSF gave %+v with the error %v", got, err)
			}
			return
		}
		checkInvariants(t, got)
		if got.V2.UID == "" || got.V2.Status == "" || got.ControlID == "" || got.ObservedAt.Before(time.Unix(0, 0)) {
			t.Errorf("ParseOCSF gave %+v", got)
		}
	})
}
