// Package admin owns the stack of the Security Hub administrator account: everything that
// decides on repairs and remembers them, and the portfolio that people launch from.
package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/console"
	"hubmend/infra/queue"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/servicecatalog/portfolio"
)

// StackProps say what to build the stack from. All but Key are needed.
type StackProps struct {
	Catalog *catalog.Catalog
	// Functions is the folder with a folder for each of Functions().
	Functions string
	// Processor is what the functions run on.
	Processor awslambda.Architecture
	// Key is what restricted.Settings say of it; empty when nobody demands one.
	Key string
}

// customActionSeconds are one call of Security Hub, with its retries, plus the answer to CloudFormation.
const customActionSeconds = 60

// How often a message is received before it is given up. A finding may go back to its queue while another repair of
// the same resource runs, a little longer each time; twenty times are three quarters of an hour. Nothing sends an
// outcome back but what went wrong, and five times are half an hour.
const findingAttempts, outcomeAttempts = 20, 5

// NewStack makes the stack. It is meant for one Region, the one where Security Hub
// collects its findings: the roles that members trust exist once per account.
func NewStack(scope constructs.Construct, id *string, props *StackProps) awscdk.Stack {
	stack := awscdk.NewStack(scope, id, &awscdk.StackProps{
		StackName: jsii.String(naming.Stack(*id)),
		Description: jsii.String(
			"Hubmend, administrator account: starts and records remediations of Security Hub findings. The table " +
				"hubmend-ledger, with their history, is kept when this stack is deleted."),
		// The CDK command line checks the bootstrap version before it deploys. The rule in the
		// template would do it again, and needs a parameter that people take for theirs.
		Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			GenerateBootstrapVersionRule: jsii.Bool(false),
		}),
	})
	organization := NewOrganization(stack, jsii.String("OrganizationId"))
	key := newKey(stack, props.Key)

	findings := queue.New(stack, jsii.String("Findings"), &queue.Props{
		Name: naming.FindingsQueue, FunctionTimeout: awscdk.Duration_Seconds(jsii.Number(dispatchSeconds)),
		Attempts: findingAttempts,
		Rules:    naming.Prefix + "*", // of products that are launched later
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
		processor: props.Processor, key: key,
	}
	workers.dispatch(stack)
	workers.settle(stack)
	newSchedule(stack, workers.sweep(stack))
	newDashboard(stack, newAlarms(stack, topic))
	newCustomAction(stack, props, key, awscdk.Duration_Seconds(jsii.Number(customActionSeconds)))

	offered := portfolio.NewPortfolio(stack, jsii.String("Portfolio"),
		&portfolio.Props{Catalog: props.Catalog, LaunchRole: newLaunchRole(stack)})
	newPeople(stack, offered)
	ledger := NewLedger(stack, jsii.String("Ledger"), key) // after everything else

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
