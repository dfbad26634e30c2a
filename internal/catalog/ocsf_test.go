package catalog_test

import (
	"encoding/json"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/finding"
)

// cloudFormationTypes are the types of the controls' resources in OCSF. Each type of the catalog must be here.
var cloudFormationTypes = map[string][]string{
	"AwsAccount":                {"AWS::::Account"},
	"AwsCloudFrontDistribution": {"AWS::CloudFront::Distribution"},
	"AwsCloudTrailTrail":        {"AWS::CloudTrail::Trail"},
	"AwsDynamoDbTable":          {"AWS::DynamoDB::Table"},
	"AwsEc2Instance":            {"AWS::EC2::Instance"},
	"AwsEc2NetworkAcl":          {"AWS::EC2::NetworkAcl"},
	"AwsEc2SecurityGroup":       {"AWS::EC2::SecurityGroup"},
	"AwsEc2Subnet":              {"AWS::EC2::Subnet"},
	"AwsEc2Vpc":                 {"AWS::EC2::VPC"},
	"AwsEcrRepository":          {"AWS::ECR::Repository"},
	"AwsElbv2LoadBalancer":      {"AWS::ElasticLoadBalancingV2::LoadBalancer"},
	"AwsGuardDutyDetector":      {"AWS::GuardDuty::Detector"},
	"AwsIamGroup":               {"AWS::IAM::Group"},
	"AwsIamRole":                {"AWS::IAM::Role"},
	"AwsIamServerCertificate":   {"AWS::IAM::ServerCertificate"},
	"AwsIamUser":                {"AWS::IAM::User"},
	"AwsKinesisStream":          {"AWS::Kinesis::Stream"},
	"AwsKmsKey":                 {"AWS::KMS::Key"},
	// A cluster of Neptune has an ARN of RDS.
	"AwsRdsDbCluster":  {"AWS::RDS::DBCluster", "AWS::Neptune::DBCluster"},
	"AwsRdsDbInstance": {"AWS::RDS::DBInstance"},
	"AwsS3Bucket":      {"AWS::S3::Bucket"},
	"AwsSqsQueue":      {"AWS::SQS::Queue"},
}

// ids are the forms in which a resource may be named in OCSF.
func ids(id string) []map[string]string {
	forms := []map[string]string{{"uid": id}, {"uid": id, "uid_alt": "x"}}
	if strings.HasPrefix(id, "arn:") {
		return append(forms, map[string]string{"uid": path.Base(id), "uid_alt": id}, map[string]string{"uid_alt": id})
	}
	return append(forms, map[string]string{"uid": account},
		map[string]string{"uid": account, "uid_alt": "arn:aws:iam::" + account + ":root"},
		map[string]string{"uid": "arn:aws:iam::" + account + ":root"})
}

// The same check gives the same target in ASFF and in OCSF, for each control that has a runbook.
func TestEmbeddedFindingsInOCSF(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	for _, control := range c.Controls {
		for shape, asff := range sampleFindings(t, control) {
			if asff.ControlID == "" {
				continue // every finding in OCSF has it
			}
			for _, kind := range append([]string{control.Resource.Type}, control.Resource.OtherTypes...) {
				asff.ResourceType = kind
				if len(cloudFormationTypes[kind]) == 0 {
					t.Errorf("%s: %s has no type in OCSF", control.ID, kind)
				}
				for _, other := range append(cloudFormationTypes[kind], kind) {
					for _, resource := range ids(asff.ResourceID) {
						resource["type"] = other
						compareFormats(t, control, shape, asff, resource)
					}
				}
			}
		}
	}
}

func compareFormats(t *testing.T, control catalog.Control, shape string, asff finding.Finding, resource any) {
	t.Helper()
	type object = map[string]any
	text, err := json.Marshal(object{
		"class_uid": 2003, "status_id": 1,
		"cloud":        object{"account": object{"uid": asff.Account}, "region": asff.Region},
		"compliance":   object{"control": asff.ControlID, "status_id": 3},
		"finding_info": object{"uid": asff.ID, "last_seen_time": asff.ObservedAt.UnixMilli()},
		"metadata": object{"uid": "0a1b",
			"product": object{"uid": "arn:aws:securityhub:" + region + "::productv2/aws/securityhub"}},
		"resources": []any{resource},
	})
	if err != nil {
		t.Fatal(err)
	}
	ocsf, err := finding.ParseOCSF(text)
	if err != nil {
		t.Errorf("%s, %s, %v: %v", control.ID, shape, resource, err)
		return
	}
	ocsf.V2, asff.GeneratorID = finding.V2{}, ocsf.GeneratorID // which standards may spell in two ways
	if diff := cmp.Diff(asff, ocsf); diff != "" {
		t.Errorf("%s, %s, %v (-ASFF +OCSF):\n%s", control.ID, shape, resource, diff)
	}
	want, wantParameters, _ := control.Bind(asff)
	got, parameters, err := control.Bind(ocsf)
	if err != nil || got != want || cmp.Diff(wantParameters, parameters) != "" {
		t.Errorf("%s, %s, %v: target %s, want %s, %v", control.ID, shape, resource, got, want, err)
	}
}
