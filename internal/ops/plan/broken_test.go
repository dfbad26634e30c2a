package plan_test

import (
	"maps"
	"strings"
	"time"
)

// broken is a resource that a control is about, made so that it fails.
type broken struct {
	control string
	make    func(w *world) (resource string)
	// lines are those of the differences, each below its thing.
	lines []string
	// uses has a part of what is found for each use, in their order.
	uses []string
}

func group(w *world, name string, permissions ...any) string {
	id := w.seed("ec2:CreateSecurityGroup", object{"GroupName": name, "Description": name})["GroupId"].(string)
	if len(permissions) > 0 {
		w.seed("ec2:AuthorizeSecurityGroupIngress", object{"GroupId": id, "IpPermissions": permissions})
	}
	return "arn:aws:ec2:" + region + ":" + w.account + ":security-group/" + id
}

func rule(from, to int, cidr string) object {
	return object{"IpProtocol": "tcp", "FromPort": from, "ToPort": to, "IpRanges": []any{object{"CidrIp": cidr}}}
}

func key(w *world, user string, ages object) string {
	id := w.seed("iam:CreateAccessKey", object{"UserName": user})["AccessKey"].(object)["AccessKeyId"].(string)
	w.backdate(with(ages, object{"UserName": user, "AccessKeyId": id}))
	return id
}

const allowSQS = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`

func with(a, b object) object {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

func trail(w *world) string {
	w.seed("s3:CreateBucket", object{"Bucket": "trails-" + w.account})
	return w.seed("cloudtrail:CreateTrail",
		object{"Name": "audit", "S3BucketName": "trails-" + w.account})["TrailARN"].(string)
}

// everywhere makes a trail of all Regions that is logging, with these other values.
func everywhere(w *world, other object) {
	w.seed("s3:CreateBucket", object{"Bucket": "trails-" + w.account})
	w.seed("cloudtrail:CreateTrail", with(other,
		object{"Name": "audit", "S3BucketName": "trails-" + w.account, "IsMultiRegionTrail": true}))
	w.seed("cloudtrail:StartLogging", object{"Name": "audit"})
}

// parameter sets a value that the customer chooses.
func parameter(w *world, name, value string) {
	w.seed("ssm:PutParameter", object{"Name": "/hubmend/" + name, "Type": "String", "Value": value})
}

func account(w *world) string { return "AWS::::Account:" + w.account }

func user(w *world) string {
	w.seed("iam:CreateUser", object{"UserName": "ann"})
	return "arn:aws:iam::" + w.account + ":user/ann"
}

// everyRunbook has a world for each runbook, and for some more than one.
var everyRunbook = map[string]broken{
	"a rule for SSH": {
		control: "EC2.13",
		make: func(w *world) string {
			return group(w, "web", rule(22, 22, "0.0.0.0/0"),
				rule(443, 443, "0.0.0.0/0"))
		},
		lines: []string{"sg-*", "- {FromPort:22,IpProtocol:tcp,IpRanges:[{CidrIp:0.0.0.0/0}],ToPort:22}"},
		uses:  []string{"", ""},
	},
	"a wide rule": {
		control: "EC2.14",
		make: func(w *world) string {
			arn := group(w, "legacy", rule(0, 65535, "0.0.0.0/0"))
			subnet := w.seed("ec2:DescribeSubnets", object{})["Subnets"].([]any)[0].(object)["SubnetId"]
			w.seed("ec2:CreateNetworkInterface",
				object{"SubnetId": subnet, "Description": "of the database",
					"Groups": []any{arn[strings.Index(arn, "sg-"):]}})
			return arn
		},
		lines: []string{
			"sg-*", "- {FromPort:0,IpProtocol:tcp,IpRanges:[{CidrIp:0.0.0.0/0}],ToPort:65535}",
			"+ {FromPort:0,IpProtocol:tcp,IpRanges:[{CidrIp:0.0.0.0/0}],ToPort:3388}",
			"+ {FromPort:3390,IpProtocol:tcp,IpRanges:[{CidrIp:0.0.0.0/0}],ToPort:65535}",
		},
		uses: []string{"of the database", ""},
	},
	"the default group": {
		control: "EC2.2",
		make: func(w *world) string {
			isDefault := object{"Name": "group-name", "Values": []any{"default"}}
			found := w.seed("ec2:DescribeSecurityGroups", object{"Filters": []any{isDefault}})
			id := found["SecurityGroups"].([]any)[0].(object)["GroupId"].(string)
			w.seed("ec2:AuthorizeSecurityGroupIngress",
				object{"GroupId": id,
					"IpPermissions": []any{object{"IpProtocol": "-1",
						"UserIdGroupPairs": []any{object{"GroupId": id}}}}})
			return "arn:aws:ec2:" + region + ":" + w.account + ":security-group/" + id
		},
		lines: []string{
			"sg-*", "- {Direction:ingress,IpProtocol:-1,UserIdGroupPairs:[{GroupId:sg-*,UserId:*}]}",
			"- {Direction:egress,IpProtocol:-1,IpRanges:[{CidrIp:0.0.0.0/0}]}",
		},
		uses: []string{"", "default", ""},
	},
	"an open network ACL": {
		control: "EC2.21",
		make: func(w *world) string {
			subnet := w.seed("ec2:DescribeSubnets", object{})["Subnets"].([]any)[0].(object)
			made := w.seed("ec2:CreateNetworkAcl", object{"VpcId": subnet["VpcId"]})["NetworkAcl"]
			acl := made.(object)["NetworkAclId"]
			w.seed("ec2:CreateNetworkAclEntry", object{"NetworkAclId": acl, "RuleNumber": 100, "Protocol": "6",
				"RuleAction": "allow", "Egress": false, "CidrBlock": "0.0.0.0/0",
				"PortRange": object{"From": 22, "To": 80}})
			of := object{"Name": "association.subnet-id", "Values": []any{subnet["SubnetId"]}}
			old := w.seed("ec2:DescribeNetworkAcls", object{"Filters": []any{of}})["NetworkAcls"].([]any)[0].(object)
			for _, one := range old["Associations"].([]any) {
				if one := one.(object); one["SubnetId"] == subnet["SubnetId"] {
					w.seed("ec2:ReplaceNetworkAclAssociation",
						object{"AssociationId": one["NetworkAclAssociationId"], "NetworkAclId": acl})
				}
			}
			w.seed("ec2:CreateNetworkInterface",
				object{"SubnetId": subnet["SubnetId"], "Description": "of the bastion"})
			return "arn:aws:ec2:" + region + ":" + w.account + ":network-acl/" + acl.(string)
		},
		lines: []string{"acl-*",
			"- {CidrBlock:0.0.0.0/0,Egress:false,PortRange:{From:22,To:80},Protocol:6,RuleAction:allow,RuleNumber:100}",
			"+ {CidrBlock:0.0.0.0/0,Egress:false,PortRange:{From:23,To:80},Protocol:6,RuleAction:allow,RuleNumber:100}",
		},
		uses: []string{"subnet-", "of the bastion", ""},
	},
	"an instance with IMDSv1": {
		control: "EC2.8",
		make: func(w *world) string {
			image := w.seed("ec2:DescribeImages", object{"Owners": []any{"amazon"}})["Images"].([]any)[0].(object)
			run := w.seed("ec2:RunInstances", object{"ImageId": image["ImageId"], "MinCount": 1, "MaxCount": 1,
				"MetadataOptions": object{"HttpTokens": "optional", "HttpPutResponseHopLimit": 2}})
			id := run["Instances"].([]any)[0].(object)["InstanceId"].(string)
			// A use is looked up until the last full second.
			earlier := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
			w.seed("cloudwatch:PutMetricData", object{"Namespace": "AWS/EC2", "MetricData": []any{object{
				"MetricName": "MetadataNoToken", "Value": 0, "Timestamp": earlier,
				"Dimensions": []any{object{"Name": "InstanceId", "Value": id}}}}})
			return "arn:aws:ec2:" + region + ":" + w.account + ":instance/" + id
		},
		lines: []string{"i-*", "- HttpTokens: optional", "+ HttpTokens: required"},
		uses:  []string{`"Sum":0`, "2", ""},
	},
	"a VPC": {
		control: "EC2.6",
		make: func(w *world) string {
			w.seed("iam:CreateRole", object{"RoleName": "hubmend-flow-log-delivery", "AssumeRolePolicyDocument": "{}"})
			return "arn:aws:ec2:" + region + ":" + w.account + ":vpc/" + w.seed("ec2:DescribeVpcs",
				object{})["Vpcs"].([]any)[0].(object)["VpcId"].(string)
		},
		lines: []string{
			"vpc-*", "+ {LogGroupName:/hubmend/vpc-flow-logs/vpc-*,TrafficType:REJECT}",
		},
		uses: []string{""},
	},
	"old keys": {
		control: "IAM.3",
		make: func(w *world) string {
			arn := user(w)
			key(w, "ann", object{"CreatedDaysAgo": 100, "LastUsedDaysAgo": 2})
			key(w, "ann", object{"CreatedDaysAgo": 200})
			return arn
		},
		lines: []string{
			"ann", "- {AccessKeyId:*,CreateDate:*,Status:Active}", "- {AccessKeyId:*,CreateDate:*,Status:Active}",
			"+ {AccessKeyId:*,CreateDate:*,Status:Inactive}", "+ {AccessKeyId:*,CreateDate:*,Status:Inactive}",
		},
		uses: []string{"FKIA|AKIA|LKIA", `"ServiceName":"s3"`, ""},
	},
	"unused credentials": {
		control: "IAM.8",
		make: func(w *world) string {
			arn := user(w)
			key(w, "ann", object{"CreatedDaysAgo": 100})
			key(w, "ann", object{"CreatedDaysAgo": 100, "LastUsedDaysAgo": 2})
			w.seed("iam:CreateLoginProfile", object{"UserName": "ann", "Password": "correct-horse-9"})
			w.backdate(object{"UserName": "ann", "PasswordCreatedDaysAgo": 300, "PasswordLastUsedDaysAgo": 120})
			return arn
		},
		lines: []string{
			"ann", "- {AccessKeyId:*,CreateDate:*,Status:Active}",
			"- {LoginProfile:{CreateDate:*,PasswordResetRequired:false,UserName:ann}}",
			"+ {AccessKeyId:*,CreateDate:*,Status:Inactive}",
		},
		uses: []string{"KIA", "s3", "20", ""},
	},
	"an unused key alone": {
		control: "IAM.8",
		make: func(w *world) string {
			arn := user(w)
			key(w, "ann", object{"CreatedDaysAgo": 100})
			return arn
		},
		lines: []string{"ann", "- {AccessKeyId:*,CreateDate:*,Status:Active}",
			"+ {AccessKeyId:*,CreateDate:*,Status:Inactive}"},
		uses: []string{"KIA", "N/A", "", ""},
	},
	"no password policy": {
		control: "IAM.15",
		make:    account,
		lines: []string{
			"account *", "+ AllowUsersToChangePassword: true", "+ ExpirePasswords: true", "+ HardExpiry: false",
			"+ MaxPasswordAge: 90",
			"+ MinimumPasswordLength: 14", "- PasswordPolicy: none", "+ PasswordReusePrevention: 24",
			"+ RequireLowercaseCharacters: true", "+ RequireNumbers: true",
			"+ RequireSymbols: true", "+ RequireUppercaseCharacters: true",
		},
		uses: []string{""},
	},
	"a weak password policy": {
		control: "IAM.16",
		make: func(w *world) string {
			user(w)
			w.seed("iam:UpdateAccountPasswordPolicy", object{
				"MinimumPasswordLength": 20, "MaxPasswordAge": 60, "PasswordReusePrevention": 5, "RequireNumbers": true,
				"RequireLowercaseCharacters": true,
				"RequireSymbols":             true, "RequireUppercaseCharacters": true,
				"AllowUsersToChangePassword": true,
				"HardExpiry":                 true,
			})
			return account(w)
		},
		lines: []string{"account *", "- PasswordReusePrevention: 5", "+ PasswordReusePrevention: 24"},
		uses:  []string{"ann"},
	},
	"a user with policies": {
		control: "IAM.2",
		make: func(w *world) string {
			arn := user(w)
			w.seed("iam:PutUserPolicy", object{"UserName": "ann", "PolicyName": "own", "PolicyDocument": allowSQS})
			return arn
		},
		lines: []string{"ann",
			"- {PolicyDocument:{Statement:[{Action:sqs:*,Effect:Allow,Resource:*}],Version:2012-10-17},PolicyName:own}",
			"+ {Group:hubmend-user-ann}", "+ {Group:hubmend-user-ann,Member:ann}",
			"+ {Group:hubmend-user-ann,PolicyDocument:{Statement:[{Action:sqs:*,Effect:Allow,Resource:*}]," +
				"Version:2012-10-17},PolicyName:own}"},
	},
	"an account without a support role": {
		control: "IAM.18",
		make:    account,
		lines: []string{"account *", "+ InlinePolicies: []", "+ Policies: [arn:aws:iam::aws:policy/AWSSupportAccess]",
			"+ Trust: {Statement:[{Action:sts:AssumeRole,Condition:{Bool:{aws:MultiFactorAuthPresent:true}}," +
				"Effect:Allow,Principal:{AWS:arn:aws:iam::*:root}}],Version:2012-10-17}"},
	},
	"a role with CloudShell": {
		control: "IAM.27",
		make: func(w *world) string {
			w.seed("iam:CreateRole", object{"RoleName": "shell", "AssumeRolePolicyDocument": "{}"})
			w.seed("iam:AttachRolePolicy",
				object{"RoleName": "shell", "PolicyArn": "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"})
			return "arn:aws:iam::" + w.account + ":role/shell"
		},
		lines: []string{"shell", "- Attached: true", "+ Attached: false"},
	},
	"an account without a security contact": {
		control: "Account.1",
		make: func(w *world) string {
			for name, value := range map[string]string{"Name": "Desk", "Title": "On call",
				"EmailAddress": "security@example.com", "PhoneNumber": "+1"} {
				parameter(w, "SetSecurityContact/"+name, value)
			}
			return account(w)
		},
		lines: []string{"account *", "- SecurityContact: none", "+ SecurityContact: *"},
	},
	"a key": {
		control: "KMS.4",
		make: func(w *world) string {
			made := w.seed("kms:CreateKey", object{})["KeyMetadata"].(object)
			w.seed("kms:CreateAlias", object{"AliasName": "alias/invoices", "TargetKeyId": made["KeyId"]})
			return made["Arn"].(string)
		},
		lines: []string{"*-*-*-*-*", "- KeyRotationEnabled: false", "+ KeyRotationEnabled: true"},
		uses:  []string{"alias/invoices", ""},
	},
	"a trail without validation": {
		control: "CloudTrail.4", make: trail,
		lines: []string{"audit", "- LogFileValidationEnabled: false", "+ LogFileValidationEnabled: true"},
		uses:  []string{"false"},
	},
	"a trail without a log group": {
		control: "CloudTrail.5",
		make: func(w *world) string {
			w.seed("iam:CreateRole", object{"RoleName": "hubmend-trail-delivery", "AssumeRolePolicyDocument": "{}"})
			return trail(w)
		},
		lines: []string{
			"audit", "+ CloudWatchLogsLogGroupArn: arn:aws:logs:*",
			"+ CloudWatchLogsRoleArn: arn:aws:iam::*:role/hubmend-trail-delivery",
		},
		uses: []string{"false"},
	},
	"a bucket without a block": {
		control: "CloudTrail.6",
		make: func(w *world) string {
			w.seed("s3:CreateBucket", object{"Bucket": "open-" + w.account})
			return "arn:aws:s3:::open-" + w.account
		},
		lines: []string{"open-*", "+ BlockPublicAcls: true", "+ BlockPublicPolicy: true", "+ IgnorePublicAcls: true",
			"- PublicAccessBlock: none", "+ RestrictPublicBuckets: true"},
		uses: []string{"FULL_CONTROL", "", "", ""},
	},
	"a bucket with half a block": {
		control: "CloudTrail.6",
		make: func(w *world) string {
			w.seed("s3:CreateBucket", object{"Bucket": "half-" + w.account})
			w.seed("s3:PutPublicAccessBlock",
				object{"Bucket": "half-" + w.account, "PublicAccessBlockConfiguration": object{
					"BlockPublicAcls": true, "IgnorePublicAcls": false, "BlockPublicPolicy": true,
					"RestrictPublicBuckets": false,
				}})
			return "arn:aws:s3:::half-" + w.account
		},
		lines: []string{"half-*", "- IgnorePublicAcls: false", "+ IgnorePublicAcls: true",
			"- RestrictPublicBuckets: false", "+ RestrictPublicBuckets: true"},
		uses: []string{"FULL_CONTROL", "", "", ""},
	},
	"a bucket without logging": {
		control: "CloudTrail.7",
		make: func(w *world) string {
			w.seed("s3:CreateBucket", object{"Bucket": "unlogged-" + w.account})
			return "arn:aws:s3:::unlogged-" + w.account
		},
		lines: []string{
			"unlogged-*", "+ TargetBucket: hubmend-access-logs-*", "+ TargetPrefix: unlogged-*/",
		},
	},
	"an account without a trail": {
		control: "CloudTrail.1", make: account,
		lines: []string{
			"account *", "+ EventSelectors: [{IncludeManagementEvents:true,ReadWriteType:All}]",
			"+ IncludeGlobalServiceEvents: true", "+ IsLogging: true", "+ IsMultiRegionTrail: true",
			"+ S3BucketName: hubmend-trail-*-us-east-1", "- Trail: none",
			"+ Trail: arn:aws:cloudtrail:us-east-1:*:trail/hubmend-management-events",
		},
	},
	"a stopped trail of one Region": {
		control: "CloudTrail.1",
		make: func(w *world) string {
			trail(w)
			w.seed("cloudtrail:PutEventSelectors", object{"TrailName": "audit", "EventSelectors": []any{
				object{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true}}})
			return account(w)
		},
		lines: []string{
			"account *", "- EventSelectors: [{IncludeManagementEvents:true,ReadWriteType:WriteOnly}]",
			"+ EventSelectors: [{IncludeManagementEvents:true,ReadWriteType:All}]", "- IsLogging: false",
			"+ IsLogging: true", "- IsMultiRegionTrail: false", "+ IsMultiRegionTrail: true",
		},
	},
	"a trail without a key": {
		control: "CloudTrail.2",
		make: func(w *world) string {
			key := w.seed("kms:CreateKey", object{})["KeyMetadata"].(object)
			parameter(w, "EncryptTrail/KmsKeyArn", key["Arn"].(string))
			return trail(w)
		},
		lines: []string{"audit", "+ KmsKeyId: arn:aws:kms:us-east-1:*:key/*"},
		uses:  []string{"false"},
	},
	"a trail without an alarm": {
		control: "CloudWatch.6",
		make: func(w *world) string {
			w.seed("logs:CreateLogGroup", object{"logGroupName": "trails"})
			w.seed("iam:CreateRole", object{"RoleName": "delivery", "AssumeRolePolicyDocument": "{}"})
			everywhere(w, object{
				"CloudWatchLogsLogGroupArn": "arn:aws:logs:" + region + ":" + w.account + ":log-group:trails:*",
				"CloudWatchLogsRoleArn":     "arn:aws:iam::" + w.account + ":role/delivery",
			})
			topic := w.seed("sns:CreateTopic", object{"Name": "hubmend-cis-alarms"})["TopicArn"]
			w.seed("sns:Subscribe", object{"TopicArn": topic, "Protocol": "email", "Endpoint": "security@example.com"})
			return account(w)
		},
		lines: []string{
			"account *",
			"- {Alarm:none,Filter:none,LogGroup:trails,Metric:LogMetrics/ConsoleAuthenticationFailure,*}",
			"+ {Alarm:arn:aws:sns:us-east-1:*:hubmend-cis-alarms,Filter:set,LogGroup:trails,*}",
		},
	},
	"a trail without data events": {
		control: "S3.22",
		make: func(w *world) string {
			everywhere(w, object{})
			return account(w)
		},
		lines: []string{
			"account *", "- Selectors: [{IncludeManagementEvents:true,ReadWriteType:All}]",
			"+ Selectors: [{IncludeManagementEvents:true,ReadWriteType:All},{DataResources:[" +
				"{Type:AWS::S3::Object,Values:[arn:aws:s3]}],IncludeManagementEvents:false,ReadWriteType:WriteOnly}]",
		},
		uses: []string{""},
	},
	"an account without AWS Config": {
		control: "Config.1", make: account,
		lines: []string{
			"account *", "- Bucket: none", "+ Bucket: hubmend-config-*-us-east-1", "- Channel: none",
			"+ Channel: default", "- IncludeGlobalResourceTypes: false", "+ IncludeGlobalResourceTypes: true",
			"- Recorder: none", "+ Recorder: default", "- Recording: false", "+ Recording: true",
			"- RoleARN: none", "+ RoleARN: *:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
		},
	},
	"a stopped recorder": {
		control: "Config.1",
		make: func(w *world) string {
			recording := object{"allSupported": true, "includeGlobalResourceTypes": false}
			w.seed("config:PutConfigurationRecorder", object{"ConfigurationRecorder": object{"name": "team",
				"roleARN": "arn:aws:iam::" + w.account + ":role/config", "recordingGroup": recording}})
			w.seed("s3:CreateBucket", object{"Bucket": "config-" + w.account})
			w.seed("config:PutDeliveryChannel",
				object{"DeliveryChannel": object{"name": "team", "s3BucketName": "config-" + w.account}})
			return account(w)
		},
		lines: []string{
			"account *", "- IncludeGlobalResourceTypes: false", "+ IncludeGlobalResourceTypes: true",
			"- Recording: false", "+ Recording: true", "- RoleARN: arn:aws:iam::*:role/config",
			"+ RoleARN: *:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
		},
	},
	"a bucket without a policy": {
		control: "S3.5",
		make: func(w *world) string {
			w.seed("s3:CreateBucket", object{"Bucket": "plain-" + w.account})
			return "arn:aws:s3:::plain-" + w.account
		},
		lines: []string{"plain-*", "+ Statement: {Action:s3:*,*,Sid:HubmendRequireTLS}"},
		uses:  []string{""},
	},
	"a bucket with a policy": {
		control: "S3.5",
		make: func(w *world) string {
			w.seed("s3:CreateBucket", object{"Bucket": "shared-" + w.account})
			w.seed("s3:PutBucketPolicy", object{"Bucket": "shared-" + w.account, "Policy": `{"Version":"2012-10-17",` +
				`"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + w.account + `:root"},` +
				`"Action":"s3:GetObject","Resource":"arn:aws:s3:::shared-` + w.account + `/*"}}`})
			w.seed("s3:PutBucketWebsite", object{"Bucket": "shared-" + w.account,
				"WebsiteConfiguration": object{"IndexDocument": object{"Suffix": "index.html"}}})
			return "arn:aws:s3:::shared-" + w.account
		},
		lines: []string{"shared-*", "+ Statement: {Action:s3:*,*,Sid:HubmendRequireTLS}"},
		uses:  []string{"index.html"},
	},
}
