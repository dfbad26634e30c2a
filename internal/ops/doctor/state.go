package doctor

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"hubmend/internal/engine/naming"
	"hubmend/internal/ops/wording"
)

// queues counts the waiting messages and the dead letters.
func (e *examination) queues(ctx context.Context) (report, error) {
	r := report{}
	var waiting []string
	for _, f := range feeds {
		for _, name := range []string{f.queue, naming.DeadLetters(f.queue)} {
			n, err := e.messages(ctx, name)
			var missing *sqstypes.QueueDoesNotExist
			switch {
			case errors.As(err, &missing):
				r.problem(restore(name), "queue %s not found", name)
			case err != nil:
				return r, err
			case name == f.queue:
				waiting = append(waiting, fmt.Sprintf("%d in %s", n, name))
			case n > 0:
				r.problem("run hubmend dlq list, fix the cause, then run hubmend dlq redrive",
					"%s in dead-letter queue %s", wording.Counted(n, "message"), name)
			}
		}
	}
	r.found = "no dead letters; waiting messages: " + strings.Join(waiting, ", ")
	return r, nil
}

// messages counts the messages of a queue, including those in flight.
func (e *examination) messages(ctx context.Context, queue string) (int, error) {
	url, err := e.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &queue})
	if err != nil {
		return 0, err
	}
	counts := []sqstypes.QueueAttributeName{
		sqstypes.QueueAttributeNameApproximateNumberOfMessages,
		sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		sqstypes.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	out, err := e.sqs.GetQueueAttributes(ctx,
		&sqs.GetQueueAttributesInput{QueueUrl: url.QueueUrl, AttributeNames: counts})
	if err != nil {
		return 0, err
	}
	total := 0
	for _, name := range counts {
		n, err := strconv.Atoi(out.Attributes[string(name)])
		if err != nil {
			return 0, fmt.Errorf("read %s of %s: %w", name, queue, err)
		}
		total += n
	}
	return total, nil
}

func (e *examination) ledger(ctx context.Context) (report, error) {
	r := report{found: "table " + naming.LedgerTable + " is ACTIVE"}
	out, err := e.table.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(naming.LedgerTable)})
	var missing *dynamodbtypes.ResourceNotFoundException
	if errors.As(err, &missing) {
		r.problem("restore the table under the same name with point-in-time recovery (docs/operations.md)",
			"table %s not found", naming.LedgerTable)
		return r, nil
	}
	if err != nil {
		return r, err
	}
	if out.Table.TableStatus != dynamodbtypes.TableStatusActive {
		r.problem("wait until it is ACTIVE", "table %s is %s", naming.LedgerTable, out.Table.TableStatus)
	}
	for _, index := range out.Table.GlobalSecondaryIndexes {
		if aws.ToString(index.IndexName) == naming.LedgerIndex {
			if index.IndexStatus != dynamodbtypes.IndexStatusActive {
				r.problem("wait until it is ACTIVE", "index %s of %s is %s", naming.LedgerIndex, naming.LedgerTable,
					index.IndexStatus)
			}
			return r, nil
		}
	}
	r.problem(restore("the index"), "table %s has no index %s, which the sweep needs",
		naming.LedgerTable, naming.LedgerIndex)
	return r, nil
}

func (e *examination) killswitch(ctx context.Context) (report, error) {
	r := report{found: naming.Switch + " is " + naming.SwitchActive}
	out, err := e.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(naming.Switch)})
	var missing *ssmtypes.ParameterNotFound
	switch {
	case errors.As(err, &missing):
		create := fmt.Sprintf("aws ssm put-parameter --name %s --value %s --type String", naming.Switch,
			naming.SwitchActive)
		r.problem(create, "parameter %s not found, so no remediation starts", naming.Switch)
	case err != nil:
		return r, err
	case aws.ToString(out.Parameter.Value) != naming.SwitchActive:
		r.problem("hubmend resume", "%s is %q, so no remediation starts", naming.Switch,
			aws.ToString(out.Parameter.Value))
	}
	return r, nil
}
