package lab_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tagged makes a resource of each type whose tags the lab reads, with the tag env=prod, and gives their ARNs.
func (w world) tagged(t *testing.T) []string {
	t.Helper()
	call := func(service, api string, input object) object { return w.call(t, member, service, api, input) }
	tags := []any{object{"Key": "env", "Value": "prod"}}
	ec2 := func(kind string) []any { return []any{object{"ResourceType": kind, "Tags": tags}} }
	anywhere := "arn:aws:%:us-east-1:" + member + ":"
	arn := func(service, resource string, id any) string {
		return strings.Replace(anywhere, "%", service, 1) + resource + id.(string)
	}
	vpc := at(call("ec2", "CreateVpc", object{"CidrBlock": "10.1.0.0/16", "TagSpecifications": ec2("vpc")}), "Vpc",
		"VpcId")
	group := call("ec2", "CreateSecurityGroup", object{"GroupName": "g", "Description": "g", "VpcId": vpc,
		"TagSpecifications": ec2("security-group")})["GroupId"]
	subnet := at(call("ec2", "CreateSubnet", object{"VpcId": vpc, "CidrBlock": "10.1.1.0/24",
		"TagSpecifications": ec2("subnet")}), "Subnet", "SubnetId")
	acl := at(call("ec2", "CreateNetworkAcl", object{"VpcId": vpc, "TagSpecifications": ec2("network-acl")}),
		"NetworkAcl", "NetworkAclId")
	key := at(call("kms", "CreateKey", object{"Tags": []any{object{"TagKey": "env", "TagValue": "prod"}}}),
		"KeyMetadata", "KeyId")
	call("s3", "CreateBucket", object{"Bucket": "tagged"})
	call("s3", "PutBucketTagging", object{"Bucket": "tagged", "Tagging": object{"TagSet": tags}})
	call("s3", "PutBucketPolicy", object{"Bucket": "tagged", "Policy": `{"Version": "2012-10-17", "Statement": [` +
		`{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*",` +
		`"Resource": ["arn:aws:s3:::tagged", "arn:aws:s3:::tagged/*"]}]}`})
	call("cloudtrail", "CreateTrail", object{"Name": "audit", "S3BucketName": "tagged", "TagsList": tags})
	call("dynamodb", "CreateTable", object{"TableName": "records", "BillingMode": "PAY_PER_REQUEST", "Tags": tags,
		"KeySchema":            []any{object{"AttributeName": "k", "KeyType": "HASH"}},
		"AttributeDefinitions": []any{object{"AttributeName": "k", "AttributeType": "S"}}})
	call("ecr", "CreateRepository", object{"repositoryName": "team/r", "tags": tags})
	balancer := at(call("elbv2", "CreateLoadBalancer", object{"Name": "l", "Type": "network", "Subnets": []any{subnet},
		"Tags": tags}), "LoadBalancers", 0, "LoadBalancerArn")
	detector := call("guardduty", "CreateDetector", object{"Enable": true, "Tags": object{"env": "prod"}})["DetectorId"]
	call("kinesis", "CreateStream", object{"StreamName": "s", "ShardCount": 1})
	call("kinesis", "AddTagsToStream", object{"StreamName": "s", "Tags": object{"env": "prod"}})
	call("rds", "CreateDBInstance", object{"DBInstanceIdentifier": "d", "DBInstanceClass": "db.t3.micro",
		"Engine": "mysql", "Tags": tags})
	call("sqs", "CreateQueue", object{"QueueName": "q", "tags": object{"env": "prod"}})
	distribution := at(call("cloudfront", "CreateDistributionWithTags", object{"DistributionConfigWithTags": object{
		"Tags": object{"Items": tags}, "DistributionConfig": object{
			"CallerReference": "r", "Comment": "", "Enabled": true,
			"Origins": object{"Quantity": 1, "Items": []any{object{"Id": "o", "DomainName": "example.com",
				"CustomOriginConfig": object{"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}}}},
			"DefaultCacheBehavior": object{"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only"},
		}}}), "Distribution", "Id")
	return []string{
		arn("ec2", "vpc/", vpc), arn("ec2", "security-group/", group), arn("ec2", "subnet/", subnet),
		arn("ec2", "network-acl/", acl), arn("kms", "key/", key), "arn:aws:s3:::tagged",
		arn("cloudtrail", "trail/", "audit"),
		arn("dynamodb", "table/", "records"), arn("ecr", "repository/", "team/r"), balancer.(string),
		arn("guardduty", "detector/", detector), arn("kinesis", "stream/", "s"), arn("rds", "db:", "d"),
		arn("sqs", "", "q"),
		"arn:aws:cloudfront::" + member + ":distribution/" + distribution.(string),
	}
}

// resources gives the tags that GetResources answers with, by ARN.
func (w world) resources(t *testing.T, account string, arns ...string) map[string]map[string]string {
	t.Helper()
	list := []any{}
	for _, one := range arns {
		list = append(list, one)
	}
	found := map[string]map[string]string{}
	out := w.call(t, account, "resourcegroupstaggingapi", "GetResources", object{"ResourceARNList": list})
	for _, m := range out["ResourceTagMappingList"].([]any) {
		tags := map[string]string{}
		for _, tag := range at(m, "Tags").([]any) {
			tags[at(tag, "Key").(string)] = at(tag, "Value").(string)
		}
		found[at(m, "ResourceARN").(string)] = tags
	}
	return found
}

// The answers are read by botocore, as its model of the service has them.
func TestTagsOfResources(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	arns := w.tagged(t)
	want := map[string]map[string]string{}
	for _, one := range arns {
		want[one] = map[string]string{"env": "prod"}
	}
	plain := w.call(t, member, "ec2", "CreateSecurityGroup",
		object{"GroupName": "plain", "Description": "p"})["GroupId"]
	untagged := "arn:aws:ec2:us-east-1:" + member + ":security-group/" + plain.(string)
	// Resources that never had tags are left out, and so are those that do not exist or are in another Region.
	others := []string{untagged, "arn:aws:sqs:us-east-1:" + member + ":gone",
		strings.Replace(arns[0], home, linked, 1), "arn:aws:iam::" + member + ":user/alice"}
	if diff := cmp.Diff(want, w.resources(t, member, slices.Concat(arns, others)...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := w.resources(t, admin, arns[0]); len(got) != 0 {
		t.Errorf("another account sees %v", got)
	}

	// CloudFormation's own tags.
	stack := object{"aws:cloudformation:stack-name": "web"}
	for _, one := range []string{untagged, "arn:aws:s3:::tagged"} {
		w.call(t, member, "lab", "SetSystemTags", object{"ResourceARN": one, "Tags": stack})
	}
	set := map[string]map[string]string{untagged: {"aws:cloudformation:stack-name": "web"},
		"arn:aws:s3:::tagged": {"aws:cloudformation:stack-name": "web", "env": "prod"}}
	if diff := cmp.Diff(set, w.resources(t, member, slices.Collect(maps.Keys(set))...)); diff != "" {
		t.Errorf("tags of AWS (-want +got):\n%s", diff)
	}
	for _, wrong := range []object{{"ResourceARN": "b", "Tags": stack},
		{"ResourceARN": untagged, "Tags": object{"env": "prod"}},
		{"ResourceARN": "arn:aws:iam::222222222222:user/alice", "Tags": stack}, {"Name": "b"}} {
		if _, err := w.try(t, member, "lab", "SetSystemTags", wrong); err == nil {
			t.Errorf("SetSystemTags accepts %v", wrong)
		}
	}

	refused := func(input object, message string) {
		t.Helper()
		w.refused(t, member, "resourcegroupstaggingapi", "GetResources", input, "InvalidParameterException", message)
	}
	list := []any{untagged}
	refused(object{"ResourceARNList": list, "ResourcesPerPage": 10}, "ResourcesPerPage")
	refused(object{"ResourceARNList": list, "TagFilters": []any{object{"Key": "env"}}}, "TagFilters")
	refused(object{"ResourceARNList": slices.Repeat(list, 101)}, "1 to 100")
	refused(object{"ResourceARNList": []any{"sg-1"}}, "not a valid ARN")
	w.refused(t, member, "resourcegroupstaggingapi", "GetResources", object{"ResourceARNList": []any{
		"arn:aws:lambda:us-east-1:" + member + ":function:f"}}, "NotImplemented", "lambda")
	// Without a list, moto answers.
	out := w.call(t, member, "resourcegroupstaggingapi", "GetResources",
		object{"TagFilters": []any{object{"Key": "env"}}, "ResourcesPerPage": 1})
	if len(out["ResourceTagMappingList"].([]any)) != 1 || out["PaginationToken"] == "" {
		t.Errorf("by filters: %v", out)
	}
}
