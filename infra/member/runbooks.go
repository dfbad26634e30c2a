package member

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/arn"
	"hubmend/infra/console"
	"hubmend/infra/outcome"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
)

// NewRunbooksStack makes the runbooks of a member account in one Region, and the rule that reports their outcome. A
// further part has only runbooks.
func NewRunbooksStack(scope constructs.Construct, id *string, props *StackProps) awscdk.Stack {
	stack := newStack(scope, id,
		props.description("Hubmend, member account, once per account and Region: the runbooks, and the rule that "+
			"reports their outcome"))
	newShared(stack, props.Part.Runbooks)
	newDocuments(stack, props.Part.Runbooks)
	if props.isFirst() {
		askAdministrator(stack)
		askAdministratorRegion(stack)
		newForwardRule(stack)
		console.Output(stack, "NextLaunchPlaybook", "Next: launch the playbook here, in the administrator account. "+
			"Every control group starts DISABLED.", console.Products, awscdk.Fn_Ref(jsii.String(administratorRegion)))
	}
	return stack
}

func askAdministratorRegion(stack awscdk.Stack) {
	awscdk.NewCfnParameter(stack, jsii.String(administratorRegion), &awscdk.CfnParameterProps{
		Type:                  jsii.String("String"),
		AllowedPattern:        jsii.String(`^[a-z]{2,4}(-[a-z]+)+-\d$`),
		ConstraintDescription: jsii.String("must be the name of a Region, such as eu-west-1"),
		Description: jsii.String(
			"The home Region: that of the stack hubmend-admin, where Security Hub aggregates findings."),
	})
}

// Lanes is how many documents are created or updated at the same time.
//
// CloudFormation starts all resources without dependencies at once. Systems Manager throttles that, and with many
// documents CloudFormation may give up on one.
const Lanes = 3

// newDocuments makes the documents in lanes. Each depends on the previous one in its lane.
func newDocuments(stack awscdk.Stack, runbooks []catalog.Runbook) {
	var documents []awsssm.CfnDocument
	for i, runbook := range runbooks {
		documents = append(documents, newDocument(stack, runbook))
		if i >= Lanes {
			documents[i].AddResourceDependency(documents[i-Lanes], nil)
		}
	}
}

// The mapping of the texts that documents share: the runtime, the engine of settings, each program, and the frames.
const (
	mapping   = "Shared"
	attribute = "Text"
)

// newShared makes the mapping. A template has room for hundreds of documents only if it has these texts once.
func newShared(stack awscdk.Stack, runbooks []catalog.Runbook) {
	shared := map[string]*map[string]any{}
	for _, r := range runbooks {
		for _, piece := range r.Pieces {
			if piece.Name != "" {
				shared[piece.Name] = &map[string]any{attribute: piece.Text}
			}
		}
	}
	if len(shared) > 0 {
		awscdk.NewCfnMapping(stack, jsii.String(mapping), &awscdk.CfnMappingProps{
			Mapping: &shared, Lazy: jsii.Bool(false), // the CDK does not see that documents use it
		})
	}
}

// content is the text of a document. CloudFormation inserts the shared texts.
func content(runbook catalog.Runbook) map[string]any {
	var parts []any
	for _, piece := range runbook.Pieces {
		if piece.Name == "" {
			parts = append(parts, piece.Text)
			continue
		}
		parts = append(parts, map[string]any{"Fn::FindInMap": []any{mapping, piece.Name, attribute}})
	}
	return map[string]any{"Fn::Join": []any{"", parts}}
}

// newDocument makes an SSM document of a runbook.
func newDocument(stack awscdk.Stack, runbook catalog.Runbook) awsssm.CfnDocument {
	document := awsssm.NewCfnDocument(stack, jsii.String(runbook.Name), &awsssm.CfnDocumentProps{
		Name:           jsii.String(naming.Document(runbook.Name)),
		DocumentType:   jsii.String("Automation"),
		DocumentFormat: jsii.String("YAML"),
		// A document with a fixed name cannot be replaced, so a change is a new version, which becomes the default at
		// once. Running executions continue with the version that they started with.
		UpdateMethod: jsii.String("NewVersion"),
		Content:      map[string]any{},
	})
	// CloudFormation accepts a string too, the CDK only an object.
	document.AddPropertyOverride(jsii.String("Content"), content(runbook))
	return document
}

// newForwardRule forwards outcomes to the administrator's bus, but not events that other accounts put on this account's
// bus.
func newForwardRule(stack awscdk.Stack) {
	pattern := outcome.Pattern()
	pattern["account"] = []*string{awscdk.Aws_ACCOUNT_ID()}
	awsevents.NewCfnRule(stack, jsii.String("ForwardOutcomes"), &awsevents.CfnRuleProps{
		Name:         jsii.String(naming.Prefix + "forward-outcomes"),
		Description:  jsii.String("Forwards the status of Hubmend executions that ended to the administrator account."),
		EventPattern: pattern,
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id: jsii.String("administrator"),
			Arn: arn.Sub("arn:${AWS::Partition}:events:${" + administratorRegion + "}:${" + administratorAccount +
				"}:event-bus/" + naming.EventBus),
			RoleArn: arn.Role(naming.ForwardRole),
		}},
	})
}
