package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/naming"
)

// NewLedger makes the table of targets and attempts. It outlives the stack, because it
// holds what is needed to undo a repair.
func NewLedger(scope constructs.Construct, id *string) awsdynamodb.Table {
	key := func(name string) *awsdynamodb.Attribute {
		return &awsdynamodb.Attribute{Name: jsii.String(name), Type: awsdynamodb.AttributeType_STRING}
	}
	table := awsdynamodb.NewTable(scope, id, &awsdynamodb.TableProps{
		TableName:           jsii.String(naming.LedgerTable),
		PartitionKey:        key("pk"),
		SortKey:             key("sk"),
		TimeToLiveAttribute: jsii.String("expires"),
		BillingMode:         awsdynamodb.BillingMode_PAY_PER_REQUEST,
		// Without Encryption: with a key that AWS owns, which costs nothing.
		DeletionProtection: jsii.Bool(true),
		RemovalPolicy:      awscdk.RemovalPolicy_RETAIN,
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
	return table
}
