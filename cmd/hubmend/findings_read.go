package main

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/engine/finding"
	hub "hubmend/internal/engine/securityhub"
)

// Security Hub takes 20 values for one attribute of a filter, and three requests a second.
const (
	mostValues    = 20
	mostOpenPages = 200 // of 100 findings each: about a minute
)

// openRead are the open findings that Security Hub has.
type openRead struct {
	findings []finding.Finding
	more     bool   // there are more than were read
	problem  string // why the new Security Hub, which is enabled, could not be read
}

// openFindings reads the open findings of controls, as openDocuments does, and adds what the new Security Hub has of
// them. It leaves out those that are suppressed there.
func openFindings(ctx context.Context, cfg aws.Config, controls []string, within *types.AwsSecurityFindingFilters,
	tell func(read int)) (openRead, error) {
	documents, more, err := openDocuments(ctx, cfg, controls, within, tell)
	if err != nil {
		return openRead{}, err
	}
	r := openRead{more: more}
	var v2 map[string]finding.V2
	v2, r.problem = readV2(ctx, cfg, controls, within)
	for _, f := range parsed(documents) {
		if f.V2 = v2[f.ID]; f.V2.Status != finding.Suppressed {
			r.findings = append(r.findings, f)
		}
	}
	return r, nil
}

// documentsOf gives findings as JSON.
func documentsOf(findings []types.AwsSecurityFinding) []json.RawMessage {
	var all []json.RawMessage
	for _, f := range findings {
		if raw, err := json.Marshal(f); err == nil {
			all = append(all, raw)
		}
	}
	return all
}

// parsed leaves out findings that do not parse: they come from other products.
func parsed(documents []json.RawMessage) []finding.Finding {
	var all []finding.Finding
	for _, raw := range documents {
		if f, err := finding.Parse(raw); err == nil {
			all = append(all, f)
		}
	}
	return all
}

// openDocuments reads the open findings of controls: those that failed, are active, and are neither suppressed nor
// resolved. It reports whether there are more than it reads, and after each page how many it has read.
func openDocuments(ctx context.Context, cfg aws.Config, controls []string, within *types.AwsSecurityFindingFilters,
	tell func(read int)) (open []json.RawMessage, more bool, err error) {
	client := securityhub.NewFromConfig(cfg, func(o *securityhub.Options) {
		o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
			s.MaxAttempts, s.MaxBackoff = hub.MaxAttempts, hub.MaxBackoff
		})
	})
	filters := *within
	filters.ComplianceStatus = equal(finding.Failed)
	filters.RecordState = equal(finding.Active)
	filters.WorkflowStatus = []types.StringFilter{equals(finding.New), equals(finding.Notified)}
	pages := 0
	for some := range slices.Chunk(controls, mostValues) {
		filters.ComplianceSecurityControlId = nil
		for _, id := range some {
			filters.ComplianceSecurityControlId = append(filters.ComplianceSecurityControlId, equals(id))
		}
		list := securityhub.NewGetFindingsPaginator(client,
			&securityhub.GetFindingsInput{Filters: &filters, MaxResults: aws.Int32(100)})
		for list.HasMorePages() {
			if pages++; pages > mostOpenPages {
				return open, true, nil
			}
			page, err := list.NextPage(ctx)
			if err != nil {
				return nil, false, hubError(cfg.Region, err)
			}
			open = append(open, documentsOf(page.Findings)...)
			tell(len(open))
		}
	}
	return open, false, nil
}
