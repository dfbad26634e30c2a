package lab

import (
	"context"
	"errors"
	"strings"
)

// created is what a resource's Ref and GetAtt give.
type created struct {
	ref        string
	attributes map[string]any
}

// resourceType makes, changes and deletes the resources of one type. A property that it
// does not list is an error: a template must not depend on what the lab would silently
// leave out.
type resourceType struct {
	// that it honours, or that have no meaning on a laptop (encryption at rest and the like); space-separated
	properties string
	name       string // the property that names the resource; a change of it makes a new one
	fixed      string // further properties of which that is so; space-separated
	// create makes a resource. When it fails half way, what it gives has the ref of what is
	// there by now, so that it is deleted.
	create func(context.Context, *stack, properties) (created, error)
	// update changes a resource in place. Without it a changed resource is replaced. A resource
	// that it gives another ref is a new one, and the old one is deleted.
	update func(context.Context, *stack, deployed, properties) (created, error)
	delete func(context.Context, *stack, deployed) error
	// find gives a resource that is there already by the name that the template gives it, for a
	// stack that adopts what exists. Without it the type cannot be adopted.
	find func(context.Context, *stack, properties) (created, error)
	// lacks says what the lab does not do with it, for people.
	lacks string
}

var resourceTypes map[string]resourceType

func init() { // breaks the cycle with stack.operate
	resourceTypes = map[string]resourceType{
		"AWS::SQS::Queue": {
			properties: "QueueName VisibilityTimeout MessageRetentionPeriod RedrivePolicy SqsManagedSseEnabled " +
				"KmsMasterKeyId KmsDataKeyReusePeriodSeconds", name: "QueueName",
			create: createQueue, update: updateQueue, delete: deleteQueue,
		},
		"AWS::SQS::QueuePolicy": {
			properties: "PolicyDocument Queues",
			create:     fresh(putQueuePolicy), update: again(putQueuePolicy), delete: deleteQueuePolicy,
		},
		"AWS::DynamoDB::Table": {
			properties: "TableName KeySchema AttributeDefinitions BillingMode PointInTimeRecoverySpecification " +
				"TimeToLiveSpecification DeletionProtectionEnabled SSESpecification GlobalSecondaryIndexes",
			name: "TableName", fixed: "KeySchema",
			create: createTable, update: updateTable, delete: deleteTable, find: findTable,
			lacks: "backups, and a time to live: nothing expires by itself",
		},
		"AWS::SNS::Topic": {
			properties: "TopicName DisplayName KmsMasterKeyId", name: "TopicName",
			create: createTopic, update: updateTopic, delete: deleteTopic,
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
			create: createLogGroup, update: updateLogGroup, delete: deleteLogGroup,
			lacks: "the lines of functions go to the lab's output",
		},
		"AWS::KMS::Key": {
			properties: "Description KeyPolicy EnableKeyRotation",
			create:     createKey, update: updateKey, delete: deleteKey,
			lacks: "nothing is encrypted; but whether its policy, and that of a role, let them use it is asked for " +
				"each call of a queue, a topic or a table",
		},
		"AWS::CloudWatch::Alarm": {
			properties: "AlarmName " + alarmProperties, name: "AlarmName",
			create: createAlarm, update: updateAlarm, delete: deleteAlarm,
			lacks: "it acts on nothing; `alarms` of a scenario says what state it is in. One on what is counted " +
				"stays in ALARM, and one on another metric than the depth of a queue, or " +
				"that missing data raises, never is: of ours the two `-age` and `hubmend-sweep`",
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
		"AWS::Lambda::Function": {
			properties: "FunctionName Description Runtime Architectures Handler Code Role Environment Timeout " +
				"MemorySize LoggingConfig KmsKeyArn", name: "FunctionName",
			create: createFunction, update: updateFunction, delete: deleteFunction,
		},
		"AWS::Lambda::EventSourceMapping": {
			properties: "EventSourceArn FunctionName BatchSize MaximumBatchingWindowInSeconds FunctionResponseTypes " +
				"ScalingConfig", fixed: "EventSourceArn",
			create: fresh(putMapping), update: again(putMapping), delete: deleteMapping,
		},
		"AWS::Lambda::EventInvokeConfig": {
			properties: "FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds",
			fixed:      "FunctionName Qualifier",
			create:     fresh(putInvokeConfig), update: again(putInvokeConfig), delete: deleteInvokeConfig,
			lacks: "no event is too old",
		},
		"AWS::Lambda::Permission": {
			properties: "Action FunctionName Principal SourceArn",
			create:     createPermission, delete: deletePermission,
		},
		"AWS::Events::EventBus": {
			properties: "Name Description", name: "Name",
			create: createBus, update: unchanged, delete: deleteBus,
		},
		"AWS::Events::EventBusPolicy": {
			properties: "EventBusName StatementId Statement", name: "StatementId", fixed: "EventBusName",
			create: fresh(putBusPolicy), update: again(putBusPolicy), delete: deleteBusPolicy,
		},
		"AWS::Events::Rule": {
			properties: "Name Description EventBusName EventPattern ScheduleExpression State Targets", name: "Name",
			fixed:  "EventBusName",
			create: createRule, update: updateRule, delete: deleteRule,
		},
		"AWS::SSM::Document": {
			properties: "Name Content DocumentType DocumentFormat UpdateMethod", name: "Name", fixed: "DocumentType",
			create: createDocument, update: updateDocument, delete: deleteDocument,
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
		"AWS::ServiceCatalog::Portfolio": {
			properties: "DisplayName ProviderName Description",
			create:     createPortfolio, update: updatePortfolio, delete: deletePortfolio,
		},
		"AWS::ServiceCatalog::CloudFormationProduct": {
			properties: "Name Owner Description Distributor SupportDescription ProvisioningArtifactParameters " +
				"ReplaceProvisioningArtifacts",
			create: createProduct, update: updateProduct, delete: deleteProduct,
		},
		"AWS::ServiceCatalog::PortfolioProductAssociation": {
			properties: "PortfolioId ProductId",
			create:     createOffer, delete: deleteOffer,
		},
		"AWS::ServiceCatalog::LaunchRoleConstraint": {
			properties: "PortfolioId ProductId LocalRoleName RoleArn Description",
			create:     createLaunchConstraint, delete: deleteLaunchConstraint,
		},
		"AWS::ServiceCatalog::PortfolioPrincipalAssociation": {
			properties: "PortfolioId PrincipalARN PrincipalType",
			create:     createPrincipal, delete: deletePrincipal,
		},
		"AWS::CloudFormation::StackSet": {
			properties: "StackSetName Description PermissionModel CallAs TemplateURL Capabilities Parameters " +
				"AutoDeployment ManagedExecution OperationPreferences StackInstancesGroup",
			name: "StackSetName", fixed: "PermissionModel",
			create: createStackSet, update: updateStackSet, delete: deleteStackSet,
			lacks: "all accounts are in whatever unit is named, none joins later, and one that fails ends it",
		},
		"Custom::HubmendCustomAction": {
			properties: "ServiceToken ServiceTimeout Id Name Description", fixed: "ServiceToken",
			create: createCustom, update: updateCustom, delete: deleteCustom,
		},
	}
}

// ResourceTypes gives the types that the lab can create, each with what it does not do with
// them, which may be nothing.
func ResourceTypes() map[string]string {
	all := map[string]string{}
	for name, t := range resourceTypes {
		all[name] = t.lacks
	}
	return all
}

// put makes or changes a resource that is known by its ref.
type put func(ctx context.Context, s *stack, ref string, p properties) (created, error)

// fresh is a create that puts under a new ref, again an update that keeps it.
func fresh(f put) func(context.Context, *stack, properties) (created, error) {
	return func(ctx context.Context, s *stack, p properties) (created, error) {
		return f(ctx, s, s.physicalID(p.logicalID), p)
	}
}

func again(f put) func(context.Context, *stack, deployed, properties) (created, error) {
	return func(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
		return f(ctx, s, was.ref, p)
	}
}

// unchanged is for what the lab has by itself.
func unchanged(_ context.Context, _ *stack, was deployed, _ properties) (created, error) {
	return was.created, nil
}

// was gives the properties that a resource was made with.
func (d deployed) was() properties { return properties{d.properties, d.logicalID} }

// inTurn does all of them, also when one of them fails. What is gone already is no failure.
func inTurn(all ...func() error) error {
	var errs []error
	for _, f := range all {
		if err := f(); err != nil && !isGone(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// lastPart gives what follows the last separator: the name at the end of an ARN.
func lastPart(text, separator string) string { return text[strings.LastIndex(text, separator)+1:] }
