// Package request owns what a person asks for from a terminal: the messages that go onto the
// findings queue, and what the ledger tells of them. It starts nothing itself, so that the guard,
// the ledger and settle hold for people as for everybody.
package request

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/queue"
)

// ErrNoDeployment is the error when an account and Region have no findings queue.
var ErrNoDeployment = errors.New("queue " + naming.FindingsQueue + " not found")

// Identity asks who somebody is.
type Identity interface {
	GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput,
		...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error)
}

// Person is who asks.
type Person struct {
	ARN, Account string
}

// Who gives the person whose credentials a client has.
func Who(ctx context.Context, client Identity) (Person, error) {
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Person{}, fmt.Errorf("ask who you are: %w", err)
	}
	p := Person{aws.ToString(out.Arn), aws.ToString(out.Account)}
	if !finding.IsIdentity(p.ARN) {
		return Person{}, fmt.Errorf("ask who you are: %q is not the ARN of an identity", p.ARN)
	}
	return p, nil
}

// Queues is what FindingsQueue needs of SQS.
type Queues interface {
	queue.API
	GetQueueUrl(context.Context, *sqs.GetQueueUrlInput, ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error)
}

// FindingsQueue finds the queue that dispatch reads. Its error is ErrNoDeployment when there is
// none.
func FindingsQueue(ctx context.Context, client Queues) (queue.Sender, error) {
	out, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(naming.FindingsQueue)})
	var missing *types.QueueDoesNotExist
	if errors.As(err, &missing) || err != nil && strings.Contains(err.Error(), "NonExistentQueue") {
		return queue.Sender{}, ErrNoDeployment
	}
	if err != nil {
		return queue.Sender{}, fmt.Errorf("find the queue %s: %w", naming.FindingsQueue, err)
	}
	return queue.Sender{Client: client, URL: *out.QueueUrl}, nil
}
