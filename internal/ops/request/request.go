// Package request owns what a person requests from a terminal: the messages for the findings queue, and what the ledger
// says about them. It starts nothing itself, so that the loop guard and the ledger apply to people too.
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

// Identity is the API that Caller needs of STS.
type Identity interface {
	GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput,
		...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error)
}

// Person is an identity that makes requests.
type Person struct {
	ARN, Account string
}

// Caller returns the person who owns a client's credentials.
func Caller(ctx context.Context, client Identity) (Person, error) {
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Person{}, fmt.Errorf("look up your identity: %w", err)
	}
	p := Person{aws.ToString(out.Arn), aws.ToString(out.Account)}
	if !finding.IsIdentity(p.ARN) {
		return Person{}, fmt.Errorf("look up your identity: %q is not the ARN of an identity", p.ARN)
	}
	return p, nil
}

// Queues is what FindingsQueue needs of SQS.
type Queues interface {
	queue.API
	GetQueueUrl(context.Context, *sqs.GetQueueUrlInput, ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error)
}

// FindingsQueue finds the queue that dispatch reads. Its error is ErrNoDeployment when it does not exist.
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
