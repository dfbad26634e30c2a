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

// ledgerARN is the table by its name. A reference would make CloudFormation create the table before the functions.
func ledgerARN() *string { return arn.Local("dynamodb", "table/"+naming.LedgerTable) }

func ledgerIndexARN() *string {
	return arn.Local("dynamodb", "table/"+naming.LedgerTable+"/index/"+naming.LedgerIndex)
}

// NewLedger makes the table of targets and attempts. It outlives the stack, because it has the previous values that an
// undo needs.
//
// Call it last: the table is created after everything that the stack has by then. A first deployment that fails must
// not leave a table behind, because the next one could not create it (ADR 21).
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
		EncryptionKey:       encryptedWith, // nil: a key that AWS owns, at no cost
		DeletionProtection:  jsii.Bool(true),
		RemovalPolicy:       awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
	})
	// The index is sparse: only records with pending work have these attributes. The sweep reads it in the order of
	// since, the time at which a record is due.
	table.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName: jsii.String(naming.LedgerIndex), PartitionKey: key("open"), SortKey: key("since"),
		ProjectionType: awsdynamodb.ProjectionType_KEYS_ONLY,
	})
	for _, r := range before {
		table.Node().AddDependency(r)
	}
	return table
}

// created lists the resources of a stack that have no condition. A resource that depends on one whose condition is
// false is not created.
func created(stack awscdk.Stack) []awscdk.CfnResource {
	var all []awscdk.CfnResource
	for _, construct := range *stack.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		r, ok := construct.(awscdk.CfnResource)
		// Product templates are stacks of their own.
		if ok && *r.Stack().Node().Path() == *stack.Node().Path() && r.CfnOptions().Condition() == nil {
			all = append(all, r)
		}
	}
	return all
}
