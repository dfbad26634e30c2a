package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/naming"
)

// readLedger gives the ledger of the account and Region to people. Nothing is read yet.
func readLedger(cfg aws.Config) *ledger.Reader {
	return &ledger.Reader{Client: dynamodb.NewFromConfig(cfg), Table: naming.LedgerTable, Now: time.Now}
}

// ledgerError says what to do when the ledger of a Region cannot be read.
func ledgerError(region string, err error) error {
	var missing *types.ResourceNotFoundException
	switch {
	case errors.As(err, &missing):
		return fmt.Errorf("there is no ledger in this account and %s; deploy hubmend-admin first, or choose the "+
			"administrator's account and home Region", region)
	case ledger.IsNewer(err):
		return fmt.Errorf("a newer version of Hubmend wrote this record in %s; run the hubmend command of that version",
			region)
	}
	return awsError(region, err)
}

// newerNote says that this version may not show everything, or nothing when it does.
func newerNote(items int) []string {
	if items == 0 {
		return nil
	}
	return []string{fmt.Sprintf(
		"%s of the ledger came from a newer version of Hubmend. This version shows only what it knows; run the "+
			"hubmend command of that version to see everything.", counted(items, "item"))}
}

// awsError gives the error of a call in one line, with what to do about it. Nothing was changed before it.
func awsError(region string, err error) error {
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	return awsProblem(region, err)
}

// awsProblem is awsError for a command that may have changed something already.
func awsProblem(region string, err error) error {
	var call *smithy.OperationError
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("it was interrupted")
	case awserr.IsExpired(err):
		return errors.New("the AWS credentials have expired; log in again")
	case awserr.IsNotEnabled(err):
		return fmt.Errorf("%s does not know these AWS credentials; log in again, or choose another AWS_PROFILE or "+
			"AWS_REGION (%s)", region, oneLine(awserr.Message(err)))
	case awserr.IsDenied(err):
		return fmt.Errorf("these AWS credentials may not: %s", oneLine(awserr.Message(err)))
	case awserr.Code(err) == "" && errors.As(err, &call):
		return fmt.Errorf("AWS does not answer in %s; look at the Region and at AWS_ENDPOINT_URL: %s", region,
			oneLine(err.Error()))
	}
	return errors.New(oneLine(err.Error()))
}
