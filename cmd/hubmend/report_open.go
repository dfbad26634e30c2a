package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/finding"
	hub "hubmend/internal/engine/securityhub"
	"hubmend/internal/ops/report"
)

// Security Hub takes 20 values for one attribute of a filter, and three questions a second.
const (
	mostValues    = 20
	mostOpenPages = 200 // of 100 findings each: about a minute
)

// readOpen asks Security Hub for the open findings of the catalog's controls. It gives a sentence
// about what the report lacks then, or "".
func readOpen(ctx context.Context, cfg aws.Config, b *report.Builder) string {
	client := securityhub.NewFromConfig(cfg, func(o *securityhub.Options) {
		o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
			s.MaxAttempts, s.MaxBackoff = hub.MaxAttempts, hub.MaxBackoff
		})
	})
	var open []finding.Finding
	pages := 0
	for some := range slices.Chunk(controlIDs(), mostValues) {
		list := securityhub.NewGetFindingsPaginator(client,
			&securityhub.GetFindingsInput{Filters: openFilters(some), MaxResults: aws.Int32(100)})
		for list.HasMorePages() {
			if pages++; pages > mostOpenPages {
				addOpen(b, open)
				return fmt.Sprintf("More than %d findings are open; the report has only the first of them.",
					mostOpenPages*100)
			}
			page, err := list.NextPage(ctx)
			if err != nil {
				return "What is open is not known: " + hubError(cfg.Region, err).Error() + "."
			}
			open = append(open, parsed(page.Findings)...)
		}
	}
	addOpen(b, open)
	return ""
}

func addOpen(b *report.Builder, open []finding.Finding) {
	b.AskedSecurityHub()
	for _, f := range open {
		b.AddOpen(f)
	}
}

// openFilters want what Security Hub's own checks found wrong and nobody has done with.
func openFilters(controls []string) *types.AwsSecurityFindingFilters {
	f := &types.AwsSecurityFindingFilters{
		ComplianceStatus: []types.StringFilter{equals(finding.Failed)},
		RecordState:      []types.StringFilter{equals(finding.Active)},
		WorkflowStatus:   []types.StringFilter{equals(finding.New), equals(finding.Notified)},
	}
	for _, id := range controls {
		f.ComplianceSecurityControlId = append(f.ComplianceSecurityControlId, equals(id))
	}
	return f
}

// parsed gives what can be trusted of findings, and leaves the others out: those are of other products.
func parsed(documents []types.AwsSecurityFinding) []finding.Finding {
	var all []finding.Finding
	for _, d := range documents {
		raw, err := json.Marshal(d)
		if err != nil {
			continue
		}
		if f, err := finding.Parse(raw); err == nil {
			all = append(all, f)
		}
	}
	return all
}

// hubError says what to do when Security Hub cannot be asked.
func hubError(region string, err error) error {
	var disabled *types.InvalidAccessException
	if errors.As(err, &disabled) {
		return fmt.Errorf("Security Hub is not enabled for these AWS credentials in %s; use credentials of the "+
			"administrator's account in the home Region (%s)", region, oneLine(awserr.Message(err)))
	}
	return awsError(region, err)
}
