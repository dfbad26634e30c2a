package securityhub_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
)

// pageSize makes the fake give what it finds in several pages.
const pageSize = 8

func (s *service) GetFindings(_ context.Context, in *sdk.GetFindingsInput,
	_ ...func(*sdk.Options)) (*sdk.GetFindingsOutput, error) {
	s.pages++
	if s.err != nil {
		return nil, s.err
	}
	var ids []string
	for _, f := range in.Filters.Id {
		if f.Comparison != types.StringFilterComparisonEquals {
			return nil, fmt.Errorf("InvalidInputException: comparison %q", f.Comparison)
		}
		ids = append(ids, *f.Value)
	}
	if n := len(ids); n == 0 || n > 20 { // without a filter the service gives all findings there are
		return nil, fmt.Errorf("InvalidInputException: %d values", n)
	}
	var found []types.AwsSecurityFinding
	for _, f := range s.findings {
		if slices.Contains(ids, *f.Id) {
			found = append(found, f)
		}
	}
	begin := 0
	if in.NextToken == nil {
		s.asked = append(s.asked, ids)
	} else {
		begin, _ = strconv.Atoi(*in.NextToken)
	}
	out := &sdk.GetFindingsOutput{Findings: found[begin:]}
	if len(out.Findings) > pageSize {
		out.Findings, out.NextToken = out.Findings[:pageSize], aws.String(strconv.Itoa(begin+pageSize))
	}
	return out, nil
}

func refs(from, to int) []decide.Ref {
	var all []decide.Ref
	for i := from; i < to; i++ {
		all = append(all, ref(i))
	}
	return all
}

func TestReadGivesWhatDecideAsksFor(t *testing.T) {
	t.Parallel()
	checked, updated := aws.String("2026-03-01T12:00:00.123Z"), aws.String("2026-03-01T13:00:00Z")
	at := time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC)
	for name, tc := range map[string]struct {
		finding types.AwsSecurityFinding
		want    decide.Seen
	}{
		"everything": {
			types.AwsSecurityFinding{
				RecordState: types.RecordStateActive, LastObservedAt: checked, UpdatedAt: updated,
				Workflow:   &types.Workflow{Status: types.WorkflowStatusSuppressed},
				Compliance: &types.Compliance{Status: types.ComplianceStatusPassed},
			},
			decide.Seen{Workflow: "SUPPRESSED", Compliance: "PASSED", RecordState: "ACTIVE", ObservedAt: at},
		},
		"a note of Hubmend": {
			types.AwsSecurityFinding{
				Note: &types.Note{Text: aws.String("Repaired."), UpdatedBy: aws.String("hubmend")}},
			decide.Seen{Note: "Repaired."},
		},
		"a note of a person": {
			types.AwsSecurityFinding{Note: &types.Note{Text: aws.String("Mine."), UpdatedBy: aws.String("ann")}},
			decide.Seen{},
		},
		"nothing": {types.AwsSecurityFinding{}, decide.Seen{}},
		"archived": {types.AwsSecurityFinding{RecordState: types.RecordStateArchived},
			decide.Seen{RecordState: "ARCHIVED"}},
		"updated only": {types.AwsSecurityFinding{UpdatedAt: updated},
			decide.Seen{ObservedAt: at.Truncate(time.Hour).Add(time.Hour)}},
		"observed, but no time": {types.AwsSecurityFinding{LastObservedAt: aws.String("yesterday"), UpdatedAt: updated},
			decide.Seen{ObservedAt: at.Truncate(time.Hour).Add(time.Hour)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.finding.Id = aws.String(ref(0).ID)
			got, err := hub(&service{findings: []types.AwsSecurityFinding{tc.finding}}).Read(t.Context(), refs(0, 1))
			if diff := cmp.Diff(map[string]decide.Seen{ref(0).ID: tc.want}, got); err != nil || diff != "" {
				t.Errorf("Read = %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestReadInChunks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		refs  []decide.Ref
		asked []int // findings in each question
		pages int
	}{
		"none":            {nil, nil, 0},
		"one":             {refs(0, 1), []int{1}, 1},
		"one in two":      {append(refs(0, 1), refs(0, 1)...), []int{1}, 1},
		"a page":          {refs(0, 8), []int{8}, 1},
		"three pages":     {refs(0, 20), []int{20}, 3},
		"two questions":   {refs(0, 21), []int{20, 1}, 4},
		"half of it gone": {refs(20, 60), []int{20, 20}, 3 + 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{}
			want := map[string]decide.Seen{}
			for _, r := range tc.refs {
				want[r.ID] = decide.Seen{}
				if slices.Contains(refs(0, 40), r) { // the others do not exist
					want[r.ID] = decide.Seen{RecordState: "ACTIVE"}
				}
			}
			for _, r := range refs(0, 40) {
				s.findings = append(s.findings, types.AwsSecurityFinding{Id: &r.ID, RecordState: "ACTIVE"})
			}
			got, err := hub(s).Read(t.Context(), tc.refs)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("Read = %v (-want +got):\n%s", err, diff)
			}
			var asked []int
			for _, ids := range s.asked {
				asked = append(asked, len(ids))
			}
			if diff := cmp.Diff(tc.asked, asked); diff != "" || s.pages != tc.pages {
				t.Errorf("%d calls, asked (-want +got):\n%s", s.pages, diff)
			}
		})
	}
}

func TestReadError(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	if got, err := hub(&service{err: down}).Read(t.Context(), refs(0, 1)); !errors.Is(err, down) || got != nil {
		t.Errorf("Read = %v, %v", got, err)
	}
}
