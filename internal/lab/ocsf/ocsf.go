// Package ocsf writes control findings in the Open Cybersecurity Schema Framework (OCSF), as the new Security Hub has
// them. Documents are as encoding/json decodes them: every number is a float64.
package ocsf

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"hubmend/internal/lab/aging"
	"hubmend/internal/lab/apicall"
)

// Document is a finding in OCSF.
type Document = map[string]any

// The values of status_id.
const (
	New        = 1.0
	InProgress = 2.0
	Suppressed = 3.0
	Resolved   = 4.0
	Archived   = 5.0
)

var statuses = map[float64]string{0: "Unknown", New: "New", InProgress: "In Progress", Suppressed: "Suppressed",
	Resolved: "Resolved", Archived: "Archived", 99: "Other"}

var severities = map[float64]string{0: "Unknown", 1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical",
	6: "Fatal", 99: "Other"}

// workflows are the values of status_id for the values of Workflow.Status in ASFF.
var workflows = map[string]float64{"NEW": New, "NOTIFIED": InProgress, "SUPPRESSED": Suppressed, "RESOLVED": Resolved}

// compliances are the values of compliance.status_id for those of Compliance.Status in ASFF.
var compliances = map[string]struct {
	id   float64
	name string
}{"PASSED": {1, "Pass"}, "WARNING": {2, "Warning"}, "FAILED": {3, "Fail"}}

// types are the CloudFormation types for those of ASFF.
var types = map[string]string{
	"AwsAccount":                "AWS::::Account",
	"AwsCloudFrontDistribution": "AWS::CloudFront::Distribution",
	"AwsCloudTrailTrail":        "AWS::CloudTrail::Trail",
	"AwsDynamoDbTable":          "AWS::DynamoDB::Table",
	"AwsEc2Instance":            "AWS::EC2::Instance",
	"AwsEc2NetworkAcl":          "AWS::EC2::NetworkAcl",
	"AwsEc2SecurityGroup":       "AWS::EC2::SecurityGroup",
	"AwsEc2Subnet":              "AWS::EC2::Subnet",
	"AwsEc2Vpc":                 "AWS::EC2::VPC",
	"AwsEcrRepository":          "AWS::ECR::Repository",
	"AwsElbv2LoadBalancer":      "AWS::ElasticLoadBalancingV2::LoadBalancer",
	"AwsGuardDutyDetector":      "AWS::GuardDuty::Detector",
	"AwsIamGroup":               "AWS::IAM::Group",
	"AwsIamPolicy":              "AWS::IAM::ManagedPolicy",
	"AwsIamRole":                "AWS::IAM::Role",
	"AwsIamServerCertificate":   "AWS::IAM::ServerCertificate",
	"AwsIamUser":                "AWS::IAM::User",
	"AwsKinesisStream":          "AWS::Kinesis::Stream",
	"AwsKmsKey":                 "AWS::KMS::Key",
	"AwsRdsDbCluster":           "AWS::RDS::DBCluster",
	"AwsRdsDbInstance":          "AWS::RDS::DBInstance",
	"AwsS3Bucket":               "AWS::S3::Bucket",
	"AwsSnsTopic":               "AWS::SNS::Topic",
	"AwsSqsQueue":               "AWS::SQS::Queue",
}

// FromASFF writes a control finding in ASFF as a new one in OCSF. It reports false for the findings of other products.
func FromASFF(f map[string]any) (Document, bool) {
	if !strings.HasSuffix(apicall.Text(f["ProductArn"]), "::product/aws/securityhub") {
		return nil, false
	}
	product := ProductUID(apicall.Text(f["ProductArn"]))
	account, region, id := apicall.Text(f["AwsAccountId"]), apicall.Text(f["Region"]), apicall.Text(f["Id"])
	info := map[string]any{"title": f["Title"], "desc": f["Description"], "uid": id,
		"types": []any{"Software and Configuration Checks/Industry and Regulatory Standards", "Posture Management"}}
	for name, from := range map[string]string{"created_time": "CreatedAt", "modified_time": "UpdatedAt",
		"first_seen_time": "FirstObservedAt", "last_seen_time": "LastObservedAt"} {
		setTime(info, name, apicall.Text(f[from]))
	}
	if fields := object(f["ProductFields"]); fields["RelatedAWSResources:0/type"] == "AWS::Config::ConfigRule" {
		info["analytic"] = map[string]any{"category": "AWS::Config::ConfigRule", "type": "Rule", "type_id": 1.0,
			"name": fields["RelatedAWSResources:0/name"]}
	}
	d := Document{
		"category_name": "Findings", "category_uid": 2.0, "class_name": "Compliance Finding", "class_uid": 2003.0,
		"cloud": map[string]any{"account": map[string]any{"uid": account}, "provider": "AWS", "region": region},
		"metadata": map[string]any{
			"product":  map[string]any{"name": "Security Hub", "uid": product, "vendor_name": "AWS"},
			"profiles": []any{"cloud", "datetime"}, "uid": MetadataUID(account, product, id), "version": "1.8.0"},
		"finding_info": info, "compliance": compliance(object(f["Compliance"])), "resources": resources(f),
	}
	setTime(d, "time", apicall.Text(f["UpdatedAt"]))
	setActivity(d, 1, "Create")
	SetStatus(d, New)
	severity := severityOf(f)
	SetSeverity(d, severity)
	d["vendor_attributes"] = map[string]any{"severity": severities[severity], "severity_id": severity}
	return d, true
}

// ProductUID is the new Security Hub's form of a ProductArn.
func ProductUID(productARN string) string {
	return strings.Replace(productARN, "::product/", "::productv2/", 1)
}

// MetadataUID is the id of a finding in the new Security Hub. How AWS makes it is not known.
func MetadataUID(account, product, id string) string {
	sum := sha256.Sum256([]byte(account + "\n" + product + "\n" + id))
	return hex.EncodeToString(sum[:])
}

// Update makes a document the next version of one that Security Hub has. It keeps what customers set, but a check that
// passes resolves a finding, and one that fails again opens it again. Both leave Suppressed.
func Update(d, old Document, archived bool) {
	setActivity(d, 2, "Update")
	if old["comment"] != nil {
		d["comment"] = old["comment"]
	}
	was := Status(old)
	SetStatus(d, was)
	reopened := Passes(old) && !Passes(d) || was == Archived
	switch {
	case archived:
		setActivity(d, 3, "Close")
		SetStatus(d, Archived)
	case was == Suppressed:
	case Passes(d):
		SetStatus(d, Resolved)
	case reopened:
		SetStatus(d, New)
	}
}

// Passes reports whether the check of a finding passes.
func Passes(d Document) bool { return object(d["compliance"])["status"] == "Pass" }

// Status gives the status_id of a finding.
func Status(d Document) float64 {
	id, _ := d["status_id"].(float64)
	return id
}

// StatusOf gives the status_id for a status by its name in OCSF, or by that of the workflow status in ASFF.
func StatusOf(name string) (float64, bool) {
	for id, written := range statuses {
		if written == name {
			return id, true
		}
	}
	id, known := workflows[name]
	return id, known
}

// SetStatus sets the status of a finding. It reports false for an id that OCSF does not have.
func SetStatus(d Document, id float64) bool { return set(d, "status", id, statuses) }

// SetSeverity sets the severity of a finding. It reports false for an id that OCSF does not have.
func SetSeverity(d Document, id float64) bool { return set(d, "severity", id, severities) }

func set(d Document, field string, id float64, names map[float64]string) bool {
	name, known := names[id]
	if known {
		d[field], d[field+"_id"] = name, id
	}
	return known
}

func setActivity(d Document, id float64, name string) {
	d["activity_id"], d["activity_name"] = id, name
	d["type_uid"], d["type_name"] = 200300+id, "Compliance Finding: "+name
}

// setTime sets a time in both of its forms.
func setTime(in map[string]any, name, written string) {
	if at, err := time.Parse(time.RFC3339, written); err == nil {
		in[name+"_dt"], in[name] = written, float64(at.UnixMilli())
	}
}

// Aged gives a copy of a document in which all times are earlier.
func Aged(d Document, by time.Duration) Document {
	aged, _ := aging.Aged(d, by).(Document)
	info := maps.Clone(object(aged["finding_info"]))
	for _, in := range []map[string]any{aged, info} {
		for _, name := range slices.Collect(maps.Keys(in)) {
			if base, is := strings.CutSuffix(name, "_dt"); is {
				setTime(in, base, apicall.Text(in[name]))
			}
		}
	}
	aged["finding_info"] = info
	return aged
}

func compliance(c map[string]any) map[string]any {
	out := map[string]any{"status": "Unknown", "status_id": 0.0, "standards": []any{}}
	if s, known := compliances[apicall.Text(c["Status"])]; known {
		out["status"], out["status_id"] = s.name, s.id
	}
	if c["SecurityControlId"] != nil {
		out["control"] = c["SecurityControlId"]
	}
	if list, ok := c["AssociatedStandards"].([]any); ok {
		var ids []any
		for _, one := range list {
			ids = append(ids, object(one)["StandardsId"])
		}
		out["standards"] = ids
	}
	return out
}

func severityOf(f map[string]any) float64 {
	if object(f["Compliance"])["Status"] == "PASSED" {
		return 1
	}
	for id, name := range severities {
		if strings.EqualFold(name, apicall.Text(object(f["Severity"])["Label"])) {
			return id
		}
	}
	return 0
}

func resources(f map[string]any) []any {
	list, _ := f["Resources"].([]any)
	out := []any{}
	for _, one := range list {
		r := object(one)
		id, kind := apicall.Text(r["Id"]), apicall.Text(r["Type"])
		written := map[string]any{"cloud_partition": r["Partition"], "provider": "AWS", "region": r["Region"],
			"owner": map[string]any{"account": map[string]any{"uid": f["AwsAccountId"]}}, "type": kind, "uid": id}
		if known := types[kind]; known != "" {
			written["type"] = known
		}
		if strings.HasPrefix(id, "arn:") {
			written["uid"], written["uid_alt"] = nativeID(id), id
		}
		out = append(out, written)
	}
	return out
}

// nativeID is the id that a service itself uses: the name at the end of an ARN, or the URL of a queue.
func nativeID(arn string) string {
	part := strings.SplitN(arn, ":", 6)
	if len(part) < 6 {
		return arn
	}
	if part[2] == "sqs" {
		return "https://sqs." + part[3] + ".amazonaws.com/" + part[4] + "/" + part[5]
	}
	return part[5][strings.LastIndexAny(part[5], "/:")+1:]
}

func object(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}
