// Package admin has the stack of the Security Hub administrator account: the functions that start and record
// remediations, with their queues and ledger, and the portfolio of playbooks.
package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/console"
	"hubmend/infra/queue"
	"hubmend/infra/reevaluate"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/servicecatalog/portfolio"
)

// StackProps describe the stack. All but Key and Reevaluate are required.
type StackProps struct {
	Catalog *catalog.Catalog
	// Offered are the playbooks of the portfolio.
	Offered []catalog.Playbook
	// Functions has a folder for each of Functions().
	Functions string
	// Processor is the architecture of the functions.
	Processor awslambda.Architecture
	// Key is the KMS key of restricted.Settings, or empty.
	Key string
	// Reevaluate is the setting of that name; nil without one.
	Reevaluate *bool
}

// customActionSeconds are enough for one Security Hub call with retries, and the answer to CloudFormation.
const customActionSeconds = 60

// How often a message is received before it goes to the dead-letter queue. A finding returns to its queue while another
// remediation of the same resource runs, with growing delay: twenty attempts last 45 minutes. An outcome returns only
// after an error: five attempts last half an hour.
const findingAttempts, outcomeAttempts = 20, 5

// NewStack makes the stack, for one Region: the home Region, in which Security Hub aggregates findings. The roles that
// members trust exist once per account.
func NewStack(scope constructs.Construct, id *string, props *StackProps) awscdk.Stack {
	stack := awscdk.NewStack(scope, id, &awscdk.StackProps{
		StackName: jsii.String(naming.Stack(*id)),
		Description: jsii.String(
			"Hubmend, administrator account: starts and records remediations of Security Hub findings. The table " +
				naming.LedgerTable + ", with their history, is kept when this stack is deleted."),
		// The CDK command line checks the bootstrap version before it deploys. The rule in the template would repeat
		// that, with a parameter that users should not see.
		Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			GenerateBootstrapVersionRule: jsii.Bool(false),
		}),
	})
	organization := NewOrganization(stack, jsii.String("OrganizationId"))
	key := newKey(stack, props.Key)

	findings := queue.New(stack, jsii.String("Findings"), &queue.Props{
		Name: naming.FindingsQueue, FunctionTimeout: awscdk.Duration_Seconds(jsii.Number(dispatchSeconds)),
		Attempts: findingAttempts,
		Rules:    naming.Prefix + "*", // also those of products that are launched later
		Key:      key,
	})
	outcomes := queue.New(stack, jsii.String("Outcomes"), &queue.Props{
		Name: naming.OutcomesQueue, FunctionTimeout: awscdk.Duration_Seconds(jsii.Number(settleSeconds)),
		Attempts: outcomeAttempts,
		Rules:    naming.EventBus + "/" + naming.Prefix + "*",
		Key:      key,
	})
	NewBus(stack, jsii.String("Bus"), &BusProps{Organization: organization, Outcomes: outcomes})
	topic := NewTopic(stack, jsii.String("NotificationEmail"), key)

	workers := &workers{
		organization: organization, topic: topic, pause: NewSwitch(stack, jsii.String("Switch")),
		settings: newSettings(stack), findings: findings, outcomes: outcomes, functions: props.Functions,
		processor: props.Processor, key: key, reevaluate: reevaluate.Value(stack, props.Reevaluate),
	}
	workers.dispatch(stack)
	workers.settle(stack)
	newSchedule(stack, workers.sweep(stack))
	newDashboard(stack, newAlarms(stack, topic))
	newCustomAction(stack, props, key, awscdk.Duration_Seconds(jsii.Number(customActionSeconds)))

	offered := portfolio.NewPortfolio(stack, jsii.String("Portfolio"),
		&portfolio.Props{Catalog: props.Catalog, Playbooks: props.Offered, LaunchRole: newLaunchRole(stack)})
	newPeople(stack, offered)
	ledger := NewLedger(stack, jsii.String("Ledger"), key) // last

	output(stack, "PortfolioId", "The portfolio that playbooks are launched from. The parameters EndUserRole, "+
		"EndUserPermissionSet and CatalogGroups say who may launch.", offered.PortfolioId())
	output(stack, "TopicArn", "Subscribe to this topic to be notified when a remediation needs attention. Every state "+
		"change is an event: see docs/events.md.", topic.TopicArn())
	output(stack, "LedgerTableName", "The table with the history of all remediations. It is kept when this stack is "+
		"deleted. Before you deploy again, read \"Install again\" in docs/deployment.md.", ledger.TableName())
	console.Output(stack, "NextDeployMembers", "Next: create hubmend-member-roles and hubmend-member-runbooks here to "+
		"remediate this account. For an organization, create hubmend-rollout in the management account or a delegated "+
		"administrator of StackSets.", console.CreateStack, stack.Region())
	console.Output(stack, "NextLaunchPlaybook", "Then: launch the playbook here. Every control group starts DISABLED.",
		console.Products, stack.Region())
	return stack
}

func output(stack awscdk.Stack, name, description string, value *string) {
	awscdk.NewCfnOutput(stack, jsii.String(name),
		&awscdk.CfnOutputProps{Description: jsii.String(description), Value: value})
}
