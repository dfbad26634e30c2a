package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/wording"
)

// whyNone explains why Security Hub has no active finding of the control about the resource. The others are its
// active findings about the resource, of other controls.
func (r remediating) whyNone(ctx context.Context, a asking, others []types.AwsSecurityFinding) error {
	account, region := accountOf(r.resource), part(r.resource, 3)
	there := located(account, region)
	if len(others) > 0 {
		return fmt.Errorf("Security Hub has not evaluated %s%s for %s yet, only %s; try again after its next check, "+
			"within 24 hours, or check that the control is enabled", r.control, there, wording.OneLine(r.resource),
			strings.Join(controlsOf(others), ", "))
	}
	inAccount := &types.AwsSecurityFindingFilters{AwsAccountId: equal(account), Region: equal(region)}
	ofControl := *inAccount
	ofControl.ComplianceSecurityControlId = equal(r.control)
	archived := ofControl
	archived.ResourceId, archived.RecordState = equal(r.resource), equal(string(types.RecordStateArchived))
	for _, c := range []struct {
		filters *types.AwsSecurityFindingFilters
		found   bool // what would be the reason
		reason  string
	}{
		{&archived, true, fmt.Sprintf("the finding of %s%s about %s is archived: the resource was deleted, or the "+
			"control was disabled", r.control, there, wording.OneLine(r.resource))},
		{inAccount, false, fmt.Sprintf(
			"Security Hub of account %s in %s has no findings%s: that is not a member account "+
				"of this administrator, or Security Hub is not enabled there, or its Region is not linked to this one",
			a.person.Account, a.cfg.Region, there)},
		{&ofControl, false, fmt.Sprintf("Security Hub has no findings of %s%s: it has not evaluated the control there "+
			"yet, or the control or its standard is disabled", r.control, there)},
	} {
		if found, err := anyFinding(ctx, a, c.filters); err != nil || found == c.found {
			return cmp.Or(err, errors.New(c.reason))
		}
	}
	return fmt.Errorf("Security Hub has findings of %s%s, but none about %s; check the id, or try again after its "+
		"next check, within 24 hours", r.control, there, wording.OneLine(r.resource))
}

// located writes an account and Region after what they belong to. Either may be unknown.
func located(account, region string) string {
	text := ""
	if account != "" {
		text = " in account " + wording.OneLine(account)
	}
	if region != "" {
		text += ", " + wording.OneLine(region)
	}
	return text
}

// controlsOf lists the controls of findings, each once.
func controlsOf(documents []types.AwsSecurityFinding) []string {
	var ids []string
	for _, f := range parsed(documentsOf(documents)) {
		if c, known := catalog.Embedded().Control(f); known {
			ids = append(ids, c.ID)
		} else {
			ids = append(ids, wording.OneLine(cmp.Or(f.ControlID, f.Rule)))
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// anyFinding reports whether Security Hub has a finding that matches the filters.
func anyFinding(ctx context.Context, a asking, filters *types.AwsSecurityFindingFilters) (bool, error) {
	out, err := securityhub.NewFromConfig(a.cfg).GetFindings(ctx,
		&securityhub.GetFindingsInput{Filters: filters, MaxResults: aws.Int32(1)})
	if err != nil {
		return false, hubError(a.cfg.Region, err)
	}
	return len(out.Findings) > 0, nil
}
