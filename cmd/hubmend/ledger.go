package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/naming"
	"hubmend/internal/ops/wording"
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
		return fmt.Errorf("Hubmend is not deployed for these AWS credentials in %s: table %s not found; use "+
			"credentials of "+
			"the administrator's account in the home Region, or deploy hubmend-admin%s", region, naming.LedgerTable,
			meantRegion(region))
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
			"hubmend command of that version to see everything.", wording.Counted(items, "item"))}
}
