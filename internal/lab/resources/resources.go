// Package resources creates the resources of templates that only moto knows, such as tables, log groups and roles.
package resources

import (
	"hubmend/internal/lab/cloudformation"
	"hubmend/internal/lab/kms"
)

// Moto creates resources in moto, and tells package kms which keys encrypt them.
type Moto struct{ keys *kms.Keys }

// New gives the resource types with the keys that encrypt them.
func New(keys *kms.Keys) Moto { return Moto{keys} }

// ResourceTypes are the resource types that moto stores.
func (m Moto) ResourceTypes() map[string]cloudformation.ResourceType {
	return map[string]cloudformation.ResourceType{
		"AWS::SQS::Queue": {
			Properties: "QueueName VisibilityTimeout MessageRetentionPeriod RedrivePolicy SqsManagedSseEnabled " +
				"KmsMasterKeyId KmsDataKeyReusePeriodSeconds", Name: "QueueName",
			Create: m.createQueue, Update: m.updateQueue, Delete: deleteQueue,
		},
		"AWS::DynamoDB::Table": {
			Properties: "TableName KeySchema AttributeDefinitions BillingMode PointInTimeRecoverySpecification " +
				"TimeToLiveSpecification DeletionProtectionEnabled SSESpecification GlobalSecondaryIndexes",
			Name: "TableName", Fixed: "KeySchema",
			Create: m.createTable, Update: m.updateTable, Delete: deleteTable, Find: findTable,
			Lacks: "no backups; items do not expire",
		},
		"AWS::SNS::Topic": {
			Properties: "TopicName DisplayName KmsMasterKeyId", Name: "TopicName",
			Create: m.createTopic, Update: m.updateTopic, Delete: deleteTopic,
		},
		"AWS::SNS::TopicPolicy": {
			Properties: "PolicyDocument Topics",
			Create:     cloudformation.Fresh(putTopicPolicy), Update: cloudformation.Again(putTopicPolicy),
			Delete: deleteTopicPolicy,
			Lacks:  "evaluated only for EventBridge; all others may publish",
		},
		"AWS::SNS::Subscription": {
			Properties: "Protocol TopicArn Endpoint",
			Create:     createSubscription, Delete: deleteSubscription,
			Lacks: "no email is sent",
		},
		"AWS::Logs::LogGroup": {
			Properties: "LogGroupName RetentionInDays KmsKeyId", Name: "LogGroupName",
			Create: m.createLogGroup, Update: m.updateLogGroup, Delete: deleteLogGroup,
			Lacks: "the log lines of functions go to the output of the lab",
		},
		"AWS::KMS::Key": {
			Properties: "Description KeyPolicy EnableKeyRotation",
			Create:     createKey, Update: updateKey, Delete: deleteKey,
			Lacks: "nothing is encrypted, but each call of an encrypted queue, topic or table needs the permissions " +
				"of the key policy and of the role",
		},
		"AWS::CloudWatch::Dashboard": {
			Properties: "DashboardName DashboardBody", Name: "DashboardName",
			Create: createDashboard, Update: updateDashboard, Delete: deleteDashboard,
			Lacks: "stored, not shown",
		},
		"AWS::IAM::Role": {
			Properties: "RoleName Path PermissionsBoundary Description AssumeRolePolicyDocument Policies " +
				"ManagedPolicyArns MaxSessionDuration Tags", Name: "RoleName", Fixed: "Path",
			Create: createRole, Update: updateRole, Delete: deleteRole,
			Lacks: "AWS managed policies are not attached",
		},
		"AWS::IAM::Policy": {
			Properties: "PolicyName PolicyDocument Roles", Name: "PolicyName",
			Create: createPolicy, Update: updatePolicy, Delete: deletePolicy,
		},
		"AWS::SSM::Parameter": {
			Properties: "Name Type Value Description AllowedPattern Tier DataType", Name: "Name",
			Create: createParameter, Update: updateParameter, Delete: deleteParameter,
		},
		"AWS::S3::Bucket": {
			Properties: "BucketName AccessControl BucketEncryption PublicAccessBlockConfiguration " +
				"VersioningConfiguration LifecycleConfiguration", Name: "BucketName",
			Create: createBucket, Update: updateBucket, Delete: deleteBucket,
			Lacks: "objects do not expire",
		},
		"AWS::S3::BucketPolicy": {
			Properties: "Bucket PolicyDocument", Fixed: "Bucket",
			Create: cloudformation.Fresh(putBucketPolicy), Update: cloudformation.Again(putBucketPolicy),
			Delete: deleteBucketPolicy,
			Lacks:  "evaluated only for other accounts",
		},
		"AWS::ECR::Repository": {
			Properties: "RepositoryName ImageTagMutability LifecyclePolicy RepositoryPolicyText",
			Name:       "RepositoryName",
			Create:     createRepository, Update: cloudformation.Unchanged, Delete: deleteRepository,
			Lacks: "only a name; images cannot be pushed",
		},
		"AWS::IAM::ManagedPolicy": {
			Properties: "ManagedPolicyName Description Path PolicyDocument Roles Users Groups",
			Name:       "ManagedPolicyName", Fixed: "Description Path",
			Create: createManagedPolicy, Update: updateManagedPolicy, Delete: deleteManagedPolicy,
		},
		"AWS::IAM::Group": {
			Properties: "GroupName ManagedPolicyArns", Name: "GroupName", Fixed: "ManagedPolicyArns",
			Create: createGroup, Delete: deleteGroup,
		},
	}
}
