package ocsf_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/lab/ocsf"
	"hubmend/internal/lab/samplefinding"
)

type object = map[string]any

var checked = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

func sample(t *testing.T, control, resource string) object {
	t.Helper()
	c, ok := catalog.Embedded().ByID(control)
	if !ok {
		t.Fatalf("the catalog has no control %s", control)
	}
	f, err := samplefinding.Build(samplefinding.Spec{Control: c, Resource: resource, Account: "222222222222",
		Region: "eu-west-1", ID: "f", Now: checked})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func document(t *testing.T, f object) ocsf.Document {
	t.Helper()
	d, ok := ocsf.FromASFF(f)
	if !ok {
		t.Fatal("the finding is not a control finding")
	}
	return d
}

// The document has the shape of AWS's samples.
func TestFromASFF(t *testing.T) {
	t.Parallel()
	f := sample(t, "S3.1", "arn:aws:s3:::my-bucket")
	f["Resources"] = []any{object{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::my-bucket", "Partition": "aws",
		"Region": "eu-west-1"}}
	f["Title"], f["Description"] = "t", "d"
	f["Compliance"] = object{"Status": "FAILED", "SecurityControlId": "S3.1",
		"AssociatedStandards": []any{object{"StandardsId": "standards/nist-800-53/v/5.0.0"}}}
	f["ProductFields"] = object{"RelatedAWSResources:0/type": "AWS::Config::ConfigRule",
		"RelatedAWSResources:0/name": "securityhub-s3-abcdef12"}
	got := document(t, f)
	uid, _ := got["metadata"].(object)["uid"].(string)
	if len(uid) != 64 {
		t.Errorf("metadata.uid is %q", uid)
	}
	var want any
	const at = `"2026-01-05T10:00:00.000Z"`
	text := `{
		"activity_id": 1, "activity_name": "Create", "category_name": "Findings", "category_uid": 2,
		"class_name": "Compliance Finding", "class_uid": 2003, "type_uid": 200301,
		"type_name": "Compliance Finding: Create",
		"cloud": {"account": {"uid": "222222222222"}, "provider": "AWS", "region": "eu-west-1"},
		"compliance": {"control": "S3.1", "status": "Fail", "status_id": 3,
			"standards": ["standards/nist-800-53/v/5.0.0"]},
		"finding_info": {"title": "t", "desc": "d",
			"types": ["Software and Configuration Checks/Industry and Regulatory Standards", "Posture Management"],
			"uid": "arn:aws:securityhub:eu-west-1:222222222222:security-control/S3.1/finding/f",
			"analytic": {"category": "AWS::Config::ConfigRule", "name": "securityhub-s3-abcdef12", "type": "Rule",
				"type_id": 1},
			"created_time": 1767607200000, "created_time_dt": AT, "modified_time": 1767607200000,
			"modified_time_dt": AT, "first_seen_time": 1767607200000, "first_seen_time_dt": AT,
			"last_seen_time": 1767607200000, "last_seen_time_dt": AT},
		"metadata": {"product": {"name": "Security Hub", "vendor_name": "AWS",
			"uid": "arn:aws:securityhub:eu-west-1::productv2/aws/securityhub"},
			"profiles": ["cloud", "datetime"], "uid": "UID", "version": "1.8.0"},
		"resources": [{"cloud_partition": "aws", "owner": {"account": {"uid": "222222222222"}}, "provider": "AWS",
			"region": "eu-west-1", "type": "AWS::S3::Bucket", "uid": "my-bucket",
			"uid_alt": "arn:aws:s3:::my-bucket"}],
		"severity": "High", "severity_id": 4, "status": "New", "status_id": 1,
		"time": 1767607200000, "time_dt": AT, "vendor_attributes": {"severity": "High", "severity_id": 4}}`
	text = strings.NewReplacer("AT", at, "UID", uid).Replace(text)
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, any(got)); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
	f["ProductArn"] = "arn:aws:securityhub:eu-west-1::product/aws/guardduty"
	if _, ok := ocsf.FromASFF(f); ok {
		t.Error("a finding of another product is a control finding")
	}
}

// Every resource of the catalog has a type of CloudFormation.
func TestTypes(t *testing.T) {
	t.Parallel()
	for _, c := range catalog.Embedded().Controls {
		if c.Resource.Type == "" {
			continue
		}
		r, _ := document(t, sample(t, c.ID, "x"))["resources"].([]any)[0].(object)
		if kind, _ := r["type"].(string); !strings.HasPrefix(kind, "AWS::") {
			t.Errorf("%s: %s is written as %q", c.ID, c.Resource.Type, kind)
		}
	}
}

func TestNativeIDs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string][2]any{
		"arn:aws:ec2:eu-west-1:222222222222:security-group/sg-1": {"sg-1",
			"arn:aws:ec2:eu-west-1:222222222222:security-group/sg-1"},
		"arn:aws:rds:eu-west-1:222222222222:db:main": {"main", "arn:aws:rds:eu-west-1:222222222222:db:main"},
		"arn:aws:sqs:eu-west-1:222222222222:q": {"https://sqs.eu-west-1.amazonaws.com/222222222222/q",
			"arn:aws:sqs:eu-west-1:222222222222:q"},
		"arn:aws:iam::222222222222:user/team/ann": {"ann", "arn:aws:iam::222222222222:user/team/ann"},
		"AWS::::Account:222222222222":             {"AWS::::Account:222222222222", nil},
	} {
		r, _ := document(t, sample(t, "EC2.13", id))["resources"].([]any)[0].(object)
		if diff := cmp.Diff(want, [2]any{r["uid"], r["uid_alt"]}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

// An update by the provider changes the status only as a check can.
func TestUpdate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		was      float64
		from, to string
		archived bool
		want     float64
	}{
		"fails still":            {ocsf.InProgress, "FAILED", "FAILED", false, ocsf.InProgress},
		"resolved too early":     {ocsf.Resolved, "FAILED", "FAILED", false, ocsf.Resolved},
		"passes":                 {ocsf.InProgress, "FAILED", "PASSED", false, ocsf.Resolved},
		"fails again":            {ocsf.Resolved, "PASSED", "FAILED", false, ocsf.New},
		"suppressed, passes":     {ocsf.Suppressed, "FAILED", "PASSED", false, ocsf.Suppressed},
		"suppressed, fails anew": {ocsf.Suppressed, "PASSED", "FAILED", false, ocsf.Suppressed},
		"archived":               {ocsf.InProgress, "FAILED", "FAILED", true, ocsf.Archived},
		"active again":           {ocsf.Archived, "FAILED", "FAILED", false, ocsf.New},
	} {
		check := func(compliance string) ocsf.Document {
			f := sample(t, "S3.1", "arn:aws:s3:::b")
			f["Compliance"] = object{"Status": compliance, "SecurityControlId": "S3.1"}
			return document(t, f)
		}
		old, d := check(tc.from), check(tc.to)
		ocsf.SetStatus(old, tc.was)
		old["comment"] = "c"
		if ocsf.Update(d, old, tc.archived); ocsf.Status(d) != tc.want || d["comment"] != "c" {
			t.Errorf("%s: status %v, comment %v; want status %v", name, d["status"], d["comment"], tc.want)
		}
	}
}

func TestAged(t *testing.T) {
	t.Parallel()
	d := ocsf.Aged(document(t, sample(t, "S3.1", "arn:aws:s3:::b")), time.Hour)
	info, _ := d["finding_info"].(object)
	for _, in := range []object{{"at": d["time"], "dt": d["time_dt"]},
		{"at": info["last_seen_time"], "dt": info["last_seen_time_dt"]}} {
		if diff := cmp.Diff(object{"at": 1767603600000.0, "dt": "2026-01-05T09:00:00.000Z"}, in); diff != "" {
			t.Errorf("an hour older (-want +got):\n%s", diff)
		}
	}
}
