// The function that the lab's tests run. Each line of a message says what it does with it,
// in order; a scheduled event and any other payload get the line in ORDER.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() { lambda.Start(handle) }

type payload struct {
	events.SQSEvent
	Source    string   `json:"source"`
	Type      string   `json:"detail-type"`
	Resources []string `json:"resources"`
}

func handle(ctx context.Context, in payload) (any, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	if len(in.Records) == 0 {
		say("event", strings.Join(append([]string{in.Source, in.Type}, in.Resources...), " "))
		return nil, work(ctx, cfg, os.Getenv("ORDER"), events.SQSMessage{})
	}
	out := events.SQSEventResponse{}
	for _, m := range in.Records {
		for _, order := range strings.Split(m.Body, "\n") {
			if err := work(ctx, cfg, order, m); err != nil {
				say("failed", err.Error())
				out.BatchItemFailures = append(out.BatchItemFailures,
					events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
				break
			}
		}
	}
	return out, nil
}

func work(ctx context.Context, cfg aws.Config, order string, m events.SQSMessage) error {
	verb, rest, _ := strings.Cut(order, " ")
	switch verb {
	case "":
		return nil
	case "say":
		say(rest, m.Attributes["ApproximateReceiveCount"])
		return nil
	case "print":
		fmt.Println(rest)
		return nil
	case "fail":
		return fmt.Errorf("told to fail")
	case "exit":
		os.Exit(1)
	case "hide":
		seconds, err := strconv.Atoi(rest)
		if err != nil {
			return err
		}
		_, err = sqs.NewFromConfig(cfg).ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl: aws.String(os.Getenv("QUEUE")), ReceiptHandle: &m.ReceiptHandle,
			VisibilityTimeout: int32(seconds)})
		return err
	case "parameter":
		out, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: &rest})
		if err != nil {
			return err
		}
		say("parameter", *out.Parameter.Value)
		return nil
	case "publish":
		_, err := sns.NewFromConfig(cfg).Publish(ctx, &sns.PublishInput{TopicArn: &rest, Message: aws.String("hello")})
		return err
	case "update":
		_, err := securityhub.NewFromConfig(cfg).BatchUpdateFindings(ctx, &securityhub.BatchUpdateFindingsInput{
			FindingIdentifiers: []types.AwsSecurityFindingIdentifier{{Id: &rest, ProductArn: &rest}},
			Workflow:           &types.WorkflowUpdate{Status: types.WorkflowStatusNotified}})
		return err
	case "start":
		return start(ctx, cfg, strings.Fields(rest))
	}
	return fmt.Errorf("unknown order %q", order)
}

// start starts a document under a role of another account: in the function's own Region, or in the
// one that is named with the time that the call may take.
func start(ctx context.Context, cfg aws.Config, words []string) error {
	out, err := sts.NewFromConfig(cfg).AssumeRole(ctx,
		&sts.AssumeRoleInput{RoleArn: &words[0], RoleSessionName: aws.String("target")})
	if err != nil {
		return err
	}
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId,
		*out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	if len(words) > 2 {
		limit, err := time.ParseDuration(words[3])
		if err != nil {
			return err
		}
		bounded, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		ctx, cfg.Region = bounded, words[2]
	}
	_, err = ssm.NewFromConfig(cfg).StartAutomationExecution(ctx,
		&ssm.StartAutomationExecutionInput{DocumentName: &words[1]})
	return err
}

func say(message, text string) {
	line, _ := json.Marshal(map[string]any{"msg": message, "text": text, "deep": map[string]string{"msg": message}})
	fmt.Println(string(line))
}
