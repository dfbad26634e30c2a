// Command dispatch starts repairs for the findings that the findings queue brings.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"hubmend/internal/catalog"
	"hubmend/internal/dispatch"
	"hubmend/internal/function"
	"hubmend/internal/naming"
	"hubmend/internal/queue"
)

func main() {
	env, err := function.Load(context.Background(), naming.EnvLedgerTable, naming.EnvTopicARN, naming.EnvPartition,
		naming.EnvSwitch, naming.EnvFindingsQueue, naming.EnvFindingsDead)
	if err != nil {
		log.Fatal(err)
	}
	handler := &dispatch.Handler{
		Catalog: catalog.Embedded(),
		Effects: env.Effects(),
		Slots:   env.Ledger(),
		Switch:  env.Switch(),
		Starter: env.Accounts(),
		Queue: &dispatch.SQS{
			Client: sqs.NewFromConfig(env.Config), URL: os.Getenv(naming.EnvFindingsQueue),
			DeadLetters: queue.DeadLetters(env.Queue(naming.EnvFindingsDead)),
		},
		Home:     env.Config.Region,
		Settings: env.Settings,
		Now:      time.Now,
		Sleep:    function.Sleep,
		Together: function.Together,
		Log:      lambdacontext.NewLogger(),
	}
	lambda.Start(handler.Handle)
}
