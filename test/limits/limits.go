// Package limits holds templates against what AWS takes: sizes, lengths and numbers that a
// deployment runs into, some only in a member account or only with many controls.
package limits

// Limit is one of AWS's.
type Limit struct {
	Name string
	Most int
	// Quota is the quota that can be raised above Most. Empty if it cannot be raised.
	Quota string
	// Source is AWS's page about the limit.
	Source string
}

// share of a limit that may be used, in percent: the rest is for what grows unnoticed, such as
// names, account ids and Regions that a template does not know yet.
const share = 70

// Room is how much of the limit may be used.
func (l Limit) Room() int { return l.Most * share / 100 }

// Documentation that the limits are from.
const (
	iamQuotas            = "IAM User Guide, IAM and AWS STS quotas"
	cloudFormationQuotas = "CloudFormation User Guide, Understand CloudFormation quotas"
	ssmQuotas            = "AWS General Reference, Systems Manager endpoints and quotas"
	eventBridgeQuotas    = "EventBridge User Guide, Amazon EventBridge quotas"
	stackSetQuotas       = "CloudFormation User Guide, StackSets quotas"
	serviceCatalogQuotas = "Service Catalog Administrator Guide, Default service quotas"
	securityHubQuotas    = "AWS General Reference, Security Hub endpoints and quotas"
	sqsQuotas            = "SQS Developer Guide, Amazon SQS policy quotas"
	snsQuotas            = "SNS API Reference, SetTopicAttributes"
	lambdaQuotas         = "Lambda Developer Guide, Lambda quotas"
	cloudWatchAPI        = "CloudWatch API Reference, PutMetricAlarm"
	serviceQuotas        = "Service Quotas"
)

// The limits of what one template, or one resource of it, may be. A policy's white space does not count.
var (
	RolePolicies    = Limit{"characters in the inline policies of a role", 10_240, "", iamQuotas}
	ManagedPolicy   = Limit{"characters in a managed policy", 6_144, "", iamQuotas}
	TrustPolicy     = Limit{"characters in a role's trust policy", 2_048, serviceQuotas, iamQuotas}
	RoleName        = Limit{"characters in a role's name", 64, "", iamQuotas}
	RolePath        = Limit{"characters in an IAM path", 512, "", iamQuotas}
	RoleDescription = Limit{"characters in a role's description", 1_000, "", "IAM API Reference, CreateRole"}
	TemplateSize    = Limit{"bytes in a template that comes from a bucket", 1_000_000, "", cloudFormationQuotas}
	Resources       = Limit{"resources in a template", 500, "", cloudFormationQuotas}
	Parameters      = Limit{"parameters in a template", 200, "", cloudFormationQuotas}
	Mappings        = Limit{"mappings in a template", 200, "", cloudFormationQuotas}
	MappingKeys     = Limit{"attributes in a mapping", 200, "", cloudFormationQuotas}
	Outputs         = Limit{"outputs in a template", 200, "", cloudFormationQuotas}
	TemplateText    = Limit{"bytes in a template's description", 1_024, "", cloudFormationQuotas}
	ParameterText   = Limit{"characters in a parameter's description", 4_000, "",
		"CloudFormation User Guide, Parameters section"}
	LogicalID    = Limit{"characters in a logical id", 255, "", cloudFormationQuotas}
	DocumentSize = Limit{"bytes in an SSM document, with its parameters' values", 65_536, "", ssmQuotas}
	DocumentName = Limit{"characters in an SSM document's name", 128, "",
		"Systems Manager API Reference, CreateDocument"}
	PatternSize     = Limit{"characters in an event pattern", 2_048, "", eventBridgeQuotas}
	Targets         = Limit{"targets of a rule", 5, "", eventBridgeQuotas}
	RuleName        = Limit{"characters in a rule's name", 64, "", "EventBridge API Reference, PutRule"}
	RuleText        = Limit{"characters in a rule's description", 512, "", "EventBridge API Reference, PutRule"}
	InputTemplate   = Limit{"characters in an input template", 8_192, "", eventBridgeQuotas}
	BusPolicy       = Limit{"characters in a bus policy", 10_240, "", eventBridgeQuotas}
	QueuePolicy     = Limit{"bytes in a queue's policy", 8_192, "", sqsQuotas}
	QueueStatements = Limit{"statements in a queue's policy", 20, "", sqsQuotas}
	TopicPolicy     = Limit{"bytes in a topic's policy", 30_720, "", snsQuotas}
	Environment     = Limit{"bytes in a function's environment", 4_096, "", lambdaQuotas}
	FunctionText    = Limit{"characters in a function's description", 256, "", lambdaQuotas}
	FunctionName    = Limit{"characters in a function's name", 64, "", lambdaQuotas}
	AlarmText       = Limit{"characters in an alarm's description", 1_024, "", cloudWatchAPI}
	ProductVersions = Limit{"versions of a product", 100, serviceQuotas, serviceCatalogQuotas}
	StackSetWaits   = Limit{"StackSets that a StackSet waits for", 10, "",
		"CloudFormation Template Reference, AWS::CloudFormation::StackSet AutoDeployment"}
)

// The limits of what is in one account or Region after everything was deployed.
var (
	Roles         = Limit{"IAM roles in an account", 1_000, serviceQuotas, iamQuotas}
	Documents     = Limit{"SSM documents in an account and Region", 500, serviceQuotas, ssmQuotas}
	Rules         = Limit{"EventBridge rules on a bus", 300, serviceQuotas, eventBridgeQuotas}
	CustomActions = Limit{"Security Hub custom actions in an account and Region", 50, "", securityHubQuotas}
	Products      = Limit{"products in a portfolio", 150, serviceQuotas, serviceCatalogQuotas}
	StackSets     = Limit{"StackSets in an administrator account", 1_000, serviceQuotas, stackSetQuotas}
	Stacks        = Limit{"stacks in an account and Region", 2_000, serviceQuotas, cloudFormationQuotas}
)
