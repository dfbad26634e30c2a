// Package sweep is the function that finds what was left undone, every few minutes.
package sweep

import (
	"context"
	"errors"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"hubmend/internal/engine/function"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/policy/deployed"
	"hubmend/internal/engine/policy/inforce"
	"hubmend/internal/engine/queue"
	"hubmend/internal/engine/sweep"
)

// Start serves invocations until Lambda ends the process.
func Start() {
	env, err := function.Load(context.Background(), naming.EnvLedgerTable, naming.EnvTopicARN, naming.EnvEventBus,
		naming.EnvSwitch,
		naming.EnvFindingsQueue, naming.EnvOutcomesQueue)
	if err != nil {
		log.Fatal(err)
	}
	announcer, queues := env.Announcer(), sqs.NewFromConfig(env.Config)
	table := env.Ledger()
	handler := &sweep.Handler{
		Index:    table,
		Policy:   &inforce.Policy{Store: table, Now: time.Now},
		Swept:    table,
		Effects:  env.Effects(announcer, env.Findings()),
		Switch:   env.Switch(),
		Findings: queue.Batches{Client: queues, URL: os.Getenv(naming.EnvFindingsQueue)},
		Outcomes: queue.Batches{Client: queues, URL: os.Getenv(naming.EnvOutcomesQueue)},
		Settings: env.Settings,
		Now:      time.Now,
		Sleep:    function.Sleep,
		Together: function.Together,
		Log:      lambdacontext.NewLogger(),
	}
	rules := &deployed.Applier{Store: table, Now: time.Now,
		Path: filepath.Join(os.Getenv("LAMBDA_TASK_ROOT"), deployed.File)}
	lambda.Start(func(ctx context.Context) (err error) {
		failed := rules.Apply(ctx) // the sweep goes on without it
		function.Work(ctx, announcer, func(ctx context.Context) { err = handler.Handle(ctx) })
		return errors.Join(failed, err)
	})
}
