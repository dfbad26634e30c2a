package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/arn"
	"hubmend/internal/engine/naming"
)

// ledgerARN names the table for the functions. A reference to it would create it before them.
func ledgerARN() *string { return arn.Local("dynamodb", "table/"+naming.LedgerTable) }

func ledgerIndexARN() *string {
	return arn.Local("dynamodb", "table/"+naming.LedgerTable+"/index/"+naming.LedgerIndex)
}

// NewLedger makes the table of targets and attempts. It outlives the stack, because it holds
// what is needed to undo a repair.
//
// Call it last: the table waits for all that the stack has by then. A first deployment that
// fails must not leave a table whose name the next one needs (ADR 21).
func NewLedger(scope constructs.Construct, id *string, encryptedWith awskms.IKey) awsdynamodb.Table {
	key := func(name string) *awsdynamodb.Attribute {
		return &awsdynamodb.Attribute{Name: jsii.String(name), Type: awsdynamodb.AttributeType_STRING}
	}
	before := created(awscdk.Stack_Of(scope))
	table := awsdynamodb.NewTable(scope, id, &awsdynamodb.TableProps{
		TableName:           jsii.String(naming.LedgerTable),
		PartitionKey:        key("pk"),
		SortKey:             key("sk"),
		TimeToLiveAttribute: jsii.String("expires"),
		BillingMode:         awsdynamodb.BillingMode_PAY_PER_REQUEST,
		EncryptionKey:       encryptedWith, // nil: with a key that AWS owns, which costs nothing
		DeletionProtection:  jsii.Bool(true),
		RemovalPolicy:       awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
	})
	// Sparse: only what is not done with has these attributes. Only the sweep reads it, in the order of since,
	// which is when a record is due.
	table.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName: jsii.String(naming.LedgerIndex), PartitionKey: key("open"), SortKey: key("since"),
		ProjectionType: awsdynamodb.ProjectionType_KEYS_ONLY,
	})
	for _, r := range before {
		table.Node().AddDependency(r)
	}
	return table
}

// created lists what a stack creates whatever its parameters are. AWS documents that a resource
// is not created when it depends on one whose condition is false.
func created(stack awscdk.Stack) []awscdk.CfnResource {
	var all []awscdk.CfnResource
	for _, construct := range *stack.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		r, ok := construct.(awscdk.CfnResource)
		// The template of a product is a stack of its own.
		if ok && *r.Stack().Node().Path() == *stack.Node().Path() && r.CfnOptions().Condition() == nil {
			all = append(all, r)
		}
	}
	return all
}
