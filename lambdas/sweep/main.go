// Command sweep finds what was left undone, every few minutes.
package main

import (
	"context"
	"log"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"hubmend/internal/function"
	"hubmend/internal/naming"
	"hubmend/internal/sweep"
)

func main() {
	env, err := function.Load(context.Background(), naming.EnvLedgerTable, naming.EnvTopicARN, naming.EnvEventBus, naming.EnvSwitch,
		naming.EnvFindingsQueue, naming.EnvOutcomesQueue)
	if err != nil {
		log.Fatal(err)
	}
	announcer := env.Announcer()
	handler := &sweep.Handler{
		Index:    env.Ledger(),
		Effects:  env.Effects(announcer),
		Switch:   env.Switch(),
		Findings: env.Queue(naming.EnvFindingsQueue),
		Outcomes: env.Queue(naming.EnvOutcomesQueue),
		Settings: env.Settings,
		Now:      time.Now,
		Log:      lambdacontext.NewLogger(),
	}
	lambda.Start(func(ctx context.Context) (err error) {
		function.Work(ctx, announcer, func(ctx context.Context) { err = handler.Handle(ctx) })
		return err
	})
}
