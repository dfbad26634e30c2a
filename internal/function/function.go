// Package function builds what the Lambda functions share: clients from the
// environment that the templates give them.
package function

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"hubmend/internal/effect"
	"hubmend/internal/hub"
	"hubmend/internal/ledger"
	"hubmend/internal/member"
	"hubmend/internal/notify"
)

// Names of the environment variables that the admin stack sets.
const (
	LedgerTable   = "HUBMEND_LEDGER_TABLE"
	TopicARN      = "HUBMEND_TOPIC_ARN"
	Partition     = "HUBMEND_PARTITION"
	FindingsQueue = "HUBMEND_FINDINGS_QUEUE_URL"
)

// Load reads the AWS configuration and demands the named environment variables. Its
// error names all that are missing.
func Load(ctx context.Context, variables ...string) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	errs := []error{err}
	for _, name := range variables {
		if os.Getenv(name) == "" {
			errs = append(errs, fmt.Errorf("the environment variable %s is not set", name))
		}
	}
	return cfg, errors.Join(errs...)
}

// Effects carry decisions out with the resources that the environment names.
func Effects(cfg aws.Config) effect.Effects {
	return effect.Effects{
		Ledger:   &ledger.DynamoDB{Client: dynamodb.NewFromConfig(cfg), Table: os.Getenv(LedgerTable)},
		Findings: &hub.Hub{Client: securityhub.NewFromConfig(cfg), Log: lambdacontext.NewLogger()},
		Notifier: &notify.Topic{Client: sns.NewFromConfig(cfg), ARN: os.Getenv(TopicARN)},
	}
}

// Accounts reach into member accounts.
func Accounts(cfg aws.Config) *member.Accounts {
	return &member.Accounts{Config: cfg, Partition: os.Getenv(Partition)}
}
