// Package customaction is the function that provides Security Hub custom actions to CloudFormation stacks.
package customaction

import (
	"context"
	"log"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"hubmend/internal/aws/awsclient"
	"hubmend/internal/engine/customaction"
)

// Start serves invocations until Lambda ends the process.
func Start() {
	cfg, err := awsclient.Load(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	provider := &customaction.Provider{Client: securityhub.NewFromConfig(cfg), Log: lambdacontext.NewLogger()}
	lambda.Start(cfn.LambdaWrap(provider.Handle))
}
