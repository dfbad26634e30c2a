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
	"hubmend/internal/decide"
	"hubmend/internal/dispatch"
	"hubmend/internal/function"
)

func main() {
	cfg, err := function.Load(context.Background(), function.LedgerTable, function.TopicARN, function.Partition, function.FindingsQueue)
	if err != nil {
		log.Fatal(err)
	}
	handler := &dispatch.Handler{
		Catalog:  catalog.Embedded(),
		Effects:  function.Effects(cfg),
		Starter:  function.Accounts(cfg),
		Queue:    &dispatch.SQS{Client: sqs.NewFromConfig(cfg), URL: os.Getenv(function.FindingsQueue)},
		Settings: decide.Defaults,
		Now:      time.Now,
		Log:      lambdacontext.NewLogger(),
	}
	lambda.Start(handler.Handle)
}
