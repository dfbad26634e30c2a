package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/ops/wording"
)

// awsError gives the error of a call in one line: what happened, what to do, and then what the SDK says. Nothing was
// changed before it.
func awsError(region string, err error) error {
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	return awsProblem(region, err)
}

// awsProblem is awsError for a command that may have changed something already.
func awsProblem(region string, err error) error {
	var call *smithy.OperationError
	code, said := awserr.Code(err), wording.OneLine(awserr.Message(err))
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	case awserr.IsExpired(err):
		return errors.New("the AWS credentials have expired; log in again")
	case awserr.IsNotEnabled(err):
		return fmt.Errorf("%s does not know these AWS credentials; log in again, or choose another AWS_PROFILE or "+
			"AWS_REGION%s (%s)", region, meantRegion(region), said)
	case isKeyProblem(code, said):
		return fmt.Errorf("the KMS key in %s cannot be used: it was deleted or disabled, or its key policy "+
			"does not let "+
			"you use it; check kmsKey of hubmend-admin (%s)", region, said)
	case awserr.IsDenied(err):
		return fmt.Errorf("access denied for these AWS credentials: %s", said)
	case code == "" && errors.As(err, &call):
		return fmt.Errorf("AWS does not respond in %s%s; check AWS_REGION, AWS_ENDPOINT_URL and the network (%s)",
			region,
			meantRegion(region), wording.OneLine(err.Error()))
	}
	return errors.New(wording.OneLine(err.Error()))
}

// isKeyProblem reports whether a service could not use the key that encrypts its data. SQS has error codes of its own
// for this; other services only mention the key in the message.
func isKeyProblem(code, said string) bool {
	return strings.HasPrefix(strings.ToUpper(code), "KMS") || strings.Contains(said, "KMS key") ||
		strings.Contains(said, "kms:Decrypt") || strings.Contains(said, "kms:GenerateDataKey")
}
