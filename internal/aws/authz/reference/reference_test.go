package reference_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/authz/reference"
)

const arn = "arn:${Partition}:"

func TestLookup(t *testing.T) {
	t.Parallel()
	for call, want := range map[[2]string]string{
		{"rds", "ModifyDBInstance"}:           "rds:ModifyDBInstance",
		{"elbv2", "ModifyListener"}:           "elasticloadbalancing:ModifyListener",
		{"cloudwatch", "DescribeAlarms"}:      "cloudwatch:DescribeAlarms",
		{"s3", "PutBucketEncryption"}:         "s3:PutEncryptionConfiguration",
		{"s3", "PutPublicAccessBlock"}:        "s3:PutBucketPublicAccessBlock",
		{"s3control", "PutPublicAccessBlock"}: "s3:PutAccountPublicAccessBlock",
		{"s3", "ListObjectsV2"}:               "s3:ListBucket",
		{"kms", "enableKeyRotation"}:          "",
		{"odd", "Do"}:                         "",
		{"sqs", "SendMessageBatch"}:           "", // the action is SendMessage, which no list tells
		{"elb", "DeleteLoadBalancer"}:         "", // the reference has lost the older generation's resources
	} {
		got, ok := reference.Lookup(call[0], call[1])
		if got.Action != want || ok != (want != "") {
			t.Errorf("%s: the action is %q, %t; want %q", call, got.Action, ok, want)
		}
	}
	for call, want := range map[[2]string]string{
		{"elasticloadbalancing", "ModifyLoadBalancerAttributes"}: "elasticloadbalancing:ModifyLoadBalancerAttributes",
		{"monitoring", "DescribeAlarms"}:                         "cloudwatch:DescribeAlarms",
		{"rds", "DescribeDBInstances"}:                           "rds:DescribeDBInstances",
		{"s3", "GetBucketLogging"}:                               "s3:GetBucketLogging",
		{"odd", "Do"}:                                            "",
	} {
		if got, _ := reference.Signed(call[0], call[1]); got.Action != want {
			t.Errorf("signed for %s: the action is %q, want %q", call, got.Action, want)
		}
	}
}

// Roles are derived from these types.
func TestTypes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		service, api string
		parameters   []string
		want         []string
	}{
		"what is required": {"rds", "ModifyDBInstance", nil,
			[]string{arn + "rds:${Region}:${Account}:db:${DbInstanceName}"}},
		"and what is named besides": {"rds", "ModifyDBInstance",
			[]string{"DBInstanceIdentifier", "DBParameterGroupName"},
			[]string{arn + "rds:${Region}:${Account}:db:${DbInstanceName}",
				arn + "rds:${Region}:${Account}:pg:${ParameterGroupName}"}},
		"no resource": {"ec2", "EnableEbsEncryptionByDefault", nil, nil},
		"one of several": {"s3", "GetBucketLocation", []string{"Bucket", "ExpectedBucketOwner"},
			[]string{arn + "s3:::${BucketName}"}},
		"no one of several": {"s3", "GetBucketLocation", nil,
			[]string{arn + "s3:${Region}:${Account}:accesspoint/${AccessPointName}", arn + "s3:::${BucketName}"}},
		"an object": {"s3", "GetObject", []string{"Bucket", "Key"},
			[]string{arn + "s3:::${BucketName}/${ObjectName}"}},
		"all kinds of a thing": {"elbv2", "ModifyLoadBalancerAttributes", []string{"LoadBalancerArn", "Attributes"},
			[]string{
				arn + "elasticloadbalancing:${Region}:${Account}:loadbalancer/app/${LoadBalancerName}/${LoadBalancerId}",
				arn + "elasticloadbalancing:${Region}:${Account}:loadbalancer/gwy/${LoadBalancerName}/${LoadBalancerId}",
				arn + "elasticloadbalancing:${Region}:${Account}:loadbalancer/net/${LoadBalancerName}/${LoadBalancerId}",
			}},
		"a group for a security group": {"ec2", "ModifyInstanceAttribute", []string{"InstanceId", "Groups"},
			[]string{arn + "ec2:${Region}:${Account}:instance/${InstanceId}",
				arn + "ec2:${Region}:${Account}:security-group/${SecurityGroupId}"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, _ := reference.Lookup(tc.service, tc.api)
			if diff := cmp.Diff(tc.want, call.Types(tc.parameters)); diff != "" {
				t.Errorf("types (-want +got):\n%s", diff)
			}
		})
	}
}

// The lab evaluates a role's policies for these resources.
func TestResources(t *testing.T) {
	t.Parallel()
	type input = map[string][]string
	const balancer = "arn:aws:elasticloadbalancing:eu-west-1:2:loadbalancer/net/n/1"
	for name, tc := range map[string]struct {
		service, api string
		input        input
		want         []string
	}{
		"an id": {"rds", "ModifyDBInstance", input{"DBInstanceIdentifier": {"d"}},
			[]string{"arn:aws:rds:eu-west-1:2:db:d"}},
		"an ARN": {"elbv2", "ModifyLoadBalancerAttributes", input{"LoadBalancerArn": {balancer}},
			[]string{balancer}},
		"a cluster": {"rds", "ModifyDBCluster", input{"DBClusterIdentifier": {"c"}, "Tags": {"x"}},
			[]string{"arn:aws:rds:eu-west-1:2:cluster:c"}},
		"a URL": {"sqs", "SetQueueAttributes", input{"QueueUrl": {"http://h/2/q"}},
			[]string{"arn:aws:sqs:eu-west-1:2:q"}},
		"in the path": {"cloudfront", "UpdateDistribution", input{"Id": {"E1"}},
			[]string{"arn:aws:cloudfront::2:distribution/E1"}},
		"several": {"ec2", "DeleteFlowLogs", input{"FlowLogId": {"f1", "f2"}},
			[]string{"arn:aws:ec2:eu-west-1:2:vpc-flow-log/f1", "arn:aws:ec2:eu-west-1:2:vpc-flow-log/f2"}},
		"no placeholder": {"kms", "DescribeKey", input{"KeyId": {"${KeyId}${Account}"}},
			[]string{"arn:aws:kms:eu-west-1:2:key/${KeyId}${Account}"}},
		"a part of a name": {"dynamodb", "Scan", input{"TableName": {"t"}},
			[]string{"arn:aws:dynamodb:eu-west-1:2:table/t"}},
		"all": {"rds", "DescribeDBInstances", nil, []string{"arn:aws:rds:eu-west-1:2:db:*"}},
		"an ARN of else": {"ecr", "PutImageScanningConfiguration",
			input{"repositoryName": {"r"}, "x": {"arn:aws:kms:x:2:key/k"}},
			[]string{"arn:aws:ecr:eu-west-1:2:repository/r"}},
		"an object": {"s3", "GetObject", input{"Bucket": {"b"}, "Key": {"a/b"}}, []string{"arn:aws:s3:::b/a/b"}},
		"a detector": {"guardduty", "UpdateDetector", input{"DetectorId": {"d"}},
			[]string{"arn:aws:guardduty:eu-west-1:2:detector/d"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, _ := reference.Lookup(tc.service, tc.api)
			if diff := cmp.Diff(tc.want,
				call.Resources(reference.Place{Partition: "aws", Region: "eu-west-1", Account: "2"},
					tc.input)); diff != "" {
				t.Errorf("resources (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRoute(t *testing.T) {
	t.Parallel()
	type query = map[string][]string
	for name, tc := range map[string]struct {
		service, method, path string
		query                 query
		want                  string
	}{
		"a bucket":        {"s3", "PUT", "/b", nil, "s3:CreateBucket"},
		"a listing":       {"s3", "GET", "/b", query{"prefix": {"x"}}, "s3:ListObjects"},
		"a newer listing": {"s3", "GET", "/b", query{"list-type": {"2"}, "prefix": {"x"}}, "s3:ListObjectsV2"},
		"a sub-resource":  {"s3", "GET", "/b/", query{"logging": {""}}, "s3:GetBucketLogging"},
		"an unknown one":  {"s3", "GET", "/b", query{"odd": {""}}, ""},
		"an object":       {"s3", "GET", "/b/k/l", query{"x-id": {"GetObject"}}, "s3:GetObject"},
		"S3 Control": {"s3", "PUT", "/v20180820/configuration/publicAccessBlock", nil,
			"s3control:PutPublicAccessBlock"},
		"the Go SDK": {"s3", "PUT", "/b", query{"logging": {""}, "x-id": {"PutBucketLogging"}},
			"s3:PutBucketLogging"},
		"another service":    {"guardduty", "POST", "/detector/d", nil, "guardduty:UpdateDetector"},
		"a path that is cut": {"guardduty", "POST", "/detector/d/no", nil, ""},
		"not REST":           {"rds", "POST", "/", nil, ""},
		"of several services": {"lambda", "GET", "/2015-03-31/functions/f/configuration", query{"Qualifier": {"1"}},
			"lambda:GetFunctionConfiguration"},
		"a service not there":  {"odd", "GET", "/", nil, ""},
		"a name that is empty": {"s3", "PUT", "/", nil, ""},
	} {
		got, ok := reference.Route(tc.service, tc.method, tc.path, tc.query)
		if ok {
			got.API = got.Service + ":" + got.API
		}
		if got.API != tc.want || ok != (tc.want != "") {
			t.Errorf("%s: Route = %q, %t; want %q", name, got.API, ok, tc.want)
		}
	}
	request, _ := reference.Route("s3", "GET", "/b/k/l", query{"versionId": {"1"}})
	if diff := cmp.Diff(map[string]any{"Bucket": "b", "Key": "k/l", "versionId": "1"}, request.Input); diff != "" {
		t.Errorf("input (-want +got):\n%s", diff)
	}
	for service, want := range map[string]bool{"s3": true, "guardduty": true, "rds": false,
		"elasticloadbalancing": false, "odd": false} {
		if reference.IsREST(service) != want {
			t.Errorf("IsREST(%s) is not %t", service, want)
		}
	}
}
