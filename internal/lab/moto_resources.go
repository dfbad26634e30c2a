package lab

// motoResources makes the resources that moto holds. Which keys encrypt them is the lab's to know.
type motoResources struct{ keys *keys }

func newMotoResources(keys *keys) motoResources { return motoResources{keys} }

// resourceTypes are the resource types that moto holds.
func (m motoResources) resourceTypes() map[string]resourceType {
	return map[string]resourceType{
		"AWS::SQS::Queue": {
			properties: "QueueName VisibilityTimeout MessageRetentionPeriod RedrivePolicy SqsManagedSseEnabled " +
				"KmsMasterKeyId KmsDataKeyReusePeriodSeconds", name: "QueueName",
			create: m.createQueue, update: m.updateQueue, delete: deleteQueue,
		},
		"AWS::DynamoDB::Table": {
			properties: "TableName KeySchema AttributeDefinitions BillingMode PointInTimeRecoverySpecification " +
				"TimeToLiveSpecification DeletionProtectionEnabled SSESpecification GlobalSecondaryIndexes",
			name: "TableName", fixed: "KeySchema",
			create: m.createTable, update: m.updateTable, delete: deleteTable, find: findTable,
			lacks: "backups, and a time to live: nothing expires by itself",
		},
		"AWS::SNS::Topic": {
			properties: "TopicName DisplayName KmsMasterKeyId", name: "TopicName",
			create: m.createTopic, update: m.updateTopic, delete: deleteTopic,
		},
		"AWS::SNS::TopicPolicy": {
			properties: "PolicyDocument Topics",
			create:     fresh(putTopicPolicy), update: again(putTopicPolicy), delete: deleteTopicPolicy,
			lacks: "it is asked for EventBridge only: anybody else may publish",
		},
		"AWS::SNS::Subscription": {
			properties: "Protocol TopicArn Endpoint",
			create:     createSubscription, delete: deleteSubscription,
			lacks: "no mail is sent",
		},
		"AWS::Logs::LogGroup": {
			properties: "LogGroupName RetentionInDays KmsKeyId", name: "LogGroupName",
			create: m.createLogGroup, update: m.updateLogGroup, delete: deleteLogGroup,
			lacks: "the lines of functions go to the lab's output",
		},
		"AWS::KMS::Key": {
			properties: "Description KeyPolicy EnableKeyRotation",
			create:     createKey, update: updateKey, delete: deleteKey,
			lacks: "nothing is encrypted; but whether its policy, and that of a role, let them use it is asked for " +
				"each call of a queue, a topic or a table",
		},
		"AWS::CloudWatch::Dashboard": {
			properties: "DashboardName DashboardBody", name: "DashboardName",
			create: createDashboard, update: updateDashboard, delete: deleteDashboard,
			lacks: "it is kept, and nobody draws it",
		},
		"AWS::IAM::Role": {
			properties: "RoleName Path PermissionsBoundary Description AssumeRolePolicyDocument Policies " +
				"ManagedPolicyArns MaxSessionDuration Tags", name: "RoleName", fixed: "Path",
			create: createRole, update: updateRole, delete: deleteRole,
			lacks: "policies that AWS manages are not attached",
		},
		"AWS::IAM::Policy": {
			properties: "PolicyName PolicyDocument Roles", name: "PolicyName",
			create: createPolicy, update: updatePolicy, delete: deletePolicy,
		},
		"AWS::SSM::Parameter": {
			properties: "Name Type Value Description AllowedPattern Tier DataType", name: "Name",
			create: createParameter, update: updateParameter, delete: deleteParameter,
		},
		"AWS::S3::Bucket": {
			properties: "BucketName AccessControl BucketEncryption PublicAccessBlockConfiguration " +
				"VersioningConfiguration LifecycleConfiguration", name: "BucketName",
			create: createBucket, update: updateBucket, delete: deleteBucket,
			lacks: "nothing expires by itself",
		},
		"AWS::S3::BucketPolicy": {
			properties: "Bucket PolicyDocument", fixed: "Bucket",
			create: fresh(putBucketPolicy), update: again(putBucketPolicy), delete: deleteBucketPolicy,
			lacks: "it is evaluated for other accounts only",
		},
		"AWS::ECR::Repository": {
			properties: "RepositoryName ImageTagMutability LifecyclePolicy RepositoryPolicyText",
			name:       "RepositoryName",
			create:     createRepository, update: unchanged, delete: deleteRepository,
			lacks: "a name without a repository: no images can be pushed",
		},
		"AWS::IAM::ManagedPolicy": {
			properties: "ManagedPolicyName Description Path PolicyDocument Roles Users Groups",
			name:       "ManagedPolicyName", fixed: "Description Path",
			create: createManagedPolicy, update: updateManagedPolicy, delete: deleteManagedPolicy,
		},
		"AWS::IAM::Group": {
			properties: "GroupName ManagedPolicyArns", name: "GroupName", fixed: "ManagedPolicyArns",
			create: createGroup, delete: deleteGroup,
		},
	}
}
