package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/finding"
	"hubmend/internal/ops/report"
	"hubmend/internal/ops/wording"
)

// readOpen adds the open findings of the catalog's controls. It returns a sentence about what is missing in
// the report, or "".
func readOpen(ctx context.Context, cfg aws.Config, b *report.Builder) string {
	open, err := openFindings(ctx, cfg, controlIDs(), &types.AwsSecurityFindingFilters{}, func(int) {})
	if err != nil {
		return "Open findings are unknown: " + err.Error() + "."
	}
	addOpen(b, open.findings)
	if open.problem != "" {
		b.Note(open.problem)
	}
	if open.more {
		return fmt.Sprintf("More than %d findings are open; the report has only the first of them.", mostOpenPages*100)
	}
	return ""
}

func addOpen(b *report.Builder, open []finding.Finding) {
	b.AskedSecurityHub()
	for _, f := range open {
		b.AddOpen(f)
	}
}

// hubError explains an error of Security Hub.
func hubError(region string, err error) error {
	var disabled *types.InvalidAccessException
	if errors.As(err, &disabled) {
		return fmt.Errorf("Security Hub is not enabled for these AWS credentials in %s; use credentials of the "+
			"administrator's account in the home Region (%s)", region, wording.OneLine(awserr.Message(err)))
	}
	return awsError(region, err)
}
