// Command settle tells findings how the executions ended that the outcomes queue reports.
package main

import (
	"context"
	"log"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"hubmend/internal/function"
	"hubmend/internal/settle"
)

func main() {
	cfg, err := function.Load(context.Background(), function.LedgerTable, function.TopicARN, function.Partition)
	if err != nil {
		log.Fatal(err)
	}
	handler := &settle.Handler{
		Effects:    function.Effects(cfg),
		Executions: function.Accounts(cfg),
		Now:        time.Now,
		Log:        lambdacontext.NewLogger(),
	}
	lambda.Start(handler.Handle)
}
