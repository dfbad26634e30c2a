package securityhub

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/engine/decide"
)

// maxRead is how many values the service takes for one attribute of a filter.
const maxRead = 20

// Read returns how findings are now, by id. Those that do not exist have a zero Seen. V2 is zero for those that are not
// known there.
func (f *Findings) Read(ctx context.Context, refs []decide.Ref) (map[string]decide.Seen, error) {
	var ids []string
	for _, r := range refs {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	seen := map[string]decide.Seen{}
	for batch := range slices.Chunk(slices.Compact(ids), maxRead) {
		if err := f.read(ctx, batch, seen); err != nil {
			return nil, fmt.Errorf("read findings: %w", err)
		}
	}
	if err := f.readV2(ctx, seen); err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	return seen, nil
}

func (f *Findings) read(ctx context.Context, ids []string, seen map[string]decide.Seen) error {
	for _, id := range ids {
		seen[id] = decide.Seen{}
	}
	in := &sdk.GetFindingsInput{Filters: &types.AwsSecurityFindingFilters{}, MaxResults: aws.Int32(100)}
	for _, id := range ids {
		in.Filters.Id = append(in.Filters.Id,
			types.StringFilter{Value: &id, Comparison: types.StringFilterComparisonEquals})
	}
	pages := sdk.NewGetFindingsPaginator(f.Client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, found := range page.Findings {
			seen[aws.ToString(found.Id)] = seenOf(found)
		}
	}
	return nil
}

func seenOf(f types.AwsSecurityFinding) decide.Seen {
	s := decide.Seen{RecordState: string(f.RecordState)}
	if f.Workflow != nil {
		s.Workflow = string(f.Workflow.Status)
	}
	if f.Compliance != nil {
		s.Compliance = string(f.Compliance.Status)
	}
	if f.Note != nil && aws.ToString(f.Note.UpdatedBy) == updatedBy {
		s.Note = aws.ToString(f.Note.Text)
	}
	for _, text := range []*string{f.LastObservedAt, f.UpdatedAt} {
		if at, err := time.Parse(time.RFC3339, aws.ToString(text)); err == nil {
			s.ObservedAt = at
			break
		}
	}
	if at, err := time.Parse(time.RFC3339, aws.ToString(f.FirstObservedAt)); err == nil {
		s.Since = at
	}
	return s
}
