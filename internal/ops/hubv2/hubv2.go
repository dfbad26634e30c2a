// Package hubv2 reads findings from the new Security Hub for commands. AWS calls its API V2.
package hubv2

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/engine/finding"
	hub "hubmend/internal/engine/securityhub"
)

// API is what this package needs of Security Hub.
type API interface {
	securityhub.GetFindingsV2APIClient
	hub.Describer
}

var (
	// ErrNotEnabled is the error when the new Security Hub is not enabled in an account and Region.
	ErrNotEnabled = errors.New("the new Security Hub is not enabled")
	// ErrUnknown is part of an error when the new Security Hub may be enabled or not.
	ErrUnknown = errors.New("it is not known if the new Security Hub is enabled")
)

// Find returns the findings with an id, which is metadata.uid or finding_info.uid.
func Find(ctx context.Context, api API, id string) ([]json.RawMessage, error) {
	all, _, err := List(ctx, api, 1, func(int) {},
		Any(id, types.OcsfStringFieldMetadataUid, types.OcsfStringFieldFindingInfoUid))
	if err != nil || len(all) > 0 {
		return all, err
	}
	if err := explain(ctx, api, nil); errors.Is(err, ErrNotEnabled) {
		return nil, err
	}
	return nil, nil
}

// IDs returns the ids (metadata.uid) of findings, by their ids in Security Hub CSPM. It lacks those that are not found.
func IDs(ctx context.Context, api API, findings []string) (map[string]string, error) {
	known := map[string]string{}
	for some := range slices.Chunk(findings, hub.MaxReadV2) {
		all, _, err := List(ctx, api, 1, func(int) {}, Field(types.OcsfStringFieldFindingInfoUid, some...))
		if err != nil {
			return known, err
		}
		for _, raw := range all {
			if f, err := finding.ParseOCSF(raw); err == nil {
				known[f.ID] = f.V2.UID
			}
		}
	}
	return known, nil
}

// Any is the filter for findings that have a value in one of the fields.
func Any(value string, fields ...types.OcsfStringField) types.CompositeFilter {
	f := types.CompositeFilter{Operator: types.AllowedOperatorsOr}
	for _, field := range fields {
		f.StringFilters = append(f.StringFilters, filter(field, value))
	}
	return f
}

// Field is the filter for findings that have one of the values in a field.
func Field(field types.OcsfStringField, values ...string) types.CompositeFilter {
	f := types.CompositeFilter{Operator: types.AllowedOperatorsOr}
	for _, value := range values {
		f.StringFilters = append(f.StringFilters, filter(field, value))
	}
	return f
}

func filter(field types.OcsfStringField, value string) types.OcsfStringFilter {
	return types.OcsfStringFilter{FieldName: field,
		Filter: &types.StringFilter{Comparison: types.StringFilterComparisonEquals, Value: &value}}
}

// List returns the findings that match all filters, from so many pages of 100 at most. It reports whether there are
// more, and after each page how many it has read.
func List(ctx context.Context, api API, pages int, tell func(read int), filters ...types.CompositeFilter) (
	all []json.RawMessage, more bool, err error) {
	list := securityhub.NewGetFindingsV2Paginator(api, &securityhub.GetFindingsV2Input{
		Filters: &types.OcsfFindingFilters{CompositeFilters: filters,
			CompositeOperator: types.AllowedOperatorsAnd},
		MaxResults: aws.Int32(100)})
	for ; list.HasMorePages(); pages-- {
		if pages == 0 {
			return all, true, nil
		}
		page, err := list.NextPage(ctx)
		if err != nil {
			return nil, false, explain(ctx, api, err)
		}
		for _, f := range page.Findings {
			raw, err := f.MarshalSmithyDocument()
			if err != nil {
				return nil, false, fmt.Errorf("read a finding in OCSF: %w", err)
			}
			all = append(all, raw)
		}
		tell(len(all))
	}
	return all, false, nil
}

// explain finds out if the new Security Hub is enabled. How GetFindingsV2 answers where it is not is not documented.
func explain(ctx context.Context, api API, err error) error {
	enabled, problem := hub.Enabled(ctx, api)
	switch {
	case problem != nil:
		return errors.Join(ErrUnknown, err)
	case !enabled:
		return ErrNotEnabled
	}
	return err
}
