// Package settle is the function that tells findings how the executions ended that the outcomes queue reports.
package settle

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"hubmend/internal/engine/function"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/queue"
	"hubmend/internal/engine/settle"
)

// Start serves invocations until Lambda ends the process.
func Start() {
	env, err := function.Load(context.Background(), naming.EnvLedgerTable, naming.EnvTopicARN, naming.EnvEventBus,
		naming.EnvPartition, naming.EnvOutcomesDead, naming.EnvOutcomesQueue)
	if err != nil {
		log.Fatal(err)
	}
	announcer, accounts := env.Announcer(), env.Accounts()
	handler := &settle.Handler{
		Effects:     env.Effects(announcer, env.Findings()),
		Executions:  accounts,
		Trail:       accounts,
		Errands:     env.Queue(naming.EnvOutcomesQueue),
		DeadLetters: queue.DeadLetters(env.Queue(naming.EnvOutcomesDead)),
		Home:        env.Config.Region,
		Settings:    env.Settings,
		Now:         time.Now,
		Sleep:       function.Sleep,
		Together:    function.Together,
		Log:         lambdacontext.NewLogger(),
	}
	if os.Getenv(naming.EnvReevaluate) == "true" {
		handler.Rules, handler.Holds = accounts, env.Ledger()
	}
	lambda.Start(func(ctx context.Context, batch events.SQSEvent) (response events.SQSEventResponse, err error) {
		function.Work(ctx, announcer, func(ctx context.Context) { response, err = handler.Handle(ctx, batch) })
		return response, err
	})
}
