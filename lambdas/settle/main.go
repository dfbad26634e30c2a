// Command settle tells findings how the executions ended that the outcomes queue reports.
package main

import (
	"context"
	"log"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"hubmend/internal/function"
	"hubmend/internal/naming"
	"hubmend/internal/queue"
	"hubmend/internal/settle"
)

func main() {
	env, err := function.Load(context.Background(), naming.EnvLedgerTable, naming.EnvTopicARN, naming.EnvPartition, naming.EnvOutcomesDead)
	if err != nil {
		log.Fatal(err)
	}
	handler := &settle.Handler{
		Effects:     env.Effects(),
		Executions:  env.Accounts(),
		DeadLetters: queue.DeadLetters(env.Queue(naming.EnvOutcomesDead)),
		Home:        env.Config.Region,
		Settings:    env.Settings,
		Now:         time.Now,
		Log:         lambdacontext.NewLogger(),
	}
	lambda.Start(handler.Handle)
}
