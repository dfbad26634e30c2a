// Package dispatch is the function that starts repairs for the findings that the findings queue brings.
package dispatch

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"

	"hubmend/internal/engine/deadline"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/function"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/policy/inforce"
	"hubmend/internal/engine/prepared"
	"hubmend/internal/engine/queue"
)

// Start serves invocations until Lambda ends the process.
func Start() {
	env, err := function.Load(context.Background(), naming.EnvLedgerTable, naming.EnvTopicARN, naming.EnvEventBus,
		naming.EnvPartition,
		naming.EnvSwitch, naming.EnvFindingsQueue, naming.EnvFindingsDead)
	if err != nil {
		log.Fatal(err)
	}
	announcer, accounts, table, findings := env.Announcer(), env.Accounts(), env.Ledger(), env.Findings()
	handler := &dispatch.Handler{
		Catalog:  prepared.Embedded(),
		Effects:  env.Effects(announcer, findings),
		Slots:    table,
		Accounts: table,
		Budgets:  table,
		Policy:   &inforce.Policy{Store: table, Now: time.Now},
		Facts:    env.Facts(accounts),
		Switch:   env.Switch(),
		Starter:  accounts,
		Queue: &dispatch.SQS{
			Client: sqs.NewFromConfig(env.Config), URL: os.Getenv(naming.EnvFindingsQueue),
			DeadLetters: queue.DeadLetters(env.Queue(naming.EnvFindingsDead)),
		},
		Home:     env.Config.Region,
		Settings: env.Settings,
		V2:       findings.InV2,
		Grace:    deadline.Grace,
		Now:      time.Now,
		Nonce:    uuid.NewString,
		Sleep:    function.Sleep,
		Together: function.Together,
		Log:      lambdacontext.NewLogger(),
	}
	lambda.Start(func(ctx context.Context, batch events.SQSEvent) (response events.SQSEventResponse, err error) {
		function.Work(ctx, announcer, func(ctx context.Context) { response, err = handler.Handle(ctx, batch) })
		return response, err
	})
}
