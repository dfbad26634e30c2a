package hubv2_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/document"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/ops/hubv2"
)

const controlFinding = "arn:aws:securityhub:us-east-1:222222222222:security-control/S3.1/finding/f"

// hub has so many pages of one finding.
type hub struct {
	pages            int
	refuses, enabled error
	asked            []*securityhub.GetFindingsV2Input
}

func (h *hub) GetFindingsV2(_ context.Context, in *securityhub.GetFindingsV2Input, _ ...func(*securityhub.Options)) (
	*securityhub.GetFindingsV2Output, error) {
	h.asked = append(h.asked, in)
	if h.refuses != nil || h.pages == 0 {
		return &securityhub.GetFindingsV2Output{}, h.refuses
	}
	out := &securityhub.GetFindingsV2Output{Findings: []document.Interface{document.NewLazyDocument(map[string]any{
		"class_uid": 2003, "status": "New", "time": 1772366400000,
		"cloud":        map[string]any{"account": map[string]any{"uid": "222222222222"}, "region": "us-east-1"},
		"compliance":   map[string]any{"control": "S3.1", "status": "Fail", "status_id": 3},
		"finding_info": map[string]any{"uid": controlFinding, "last_seen_time_dt": "2026-03-01T12:00:00Z"},
		"metadata": map[string]any{"uid": "9d1b", "product": map[string]any{
			"uid": "arn:aws:securityhub:us-east-1::productv2/aws/securityhub"}},
		"resources": []any{map[string]any{"type": "AWS::S3::Bucket", "uid_alt": "arn:aws:s3:::b"}}})}}
	if len(h.asked) < h.pages {
		out.NextToken = aws.String("more")
	}
	return out, nil
}

func (h *hub) DescribeSecurityHubV2(context.Context, *securityhub.DescribeSecurityHubV2Input,
	...func(*securityhub.Options)) (*securityhub.DescribeSecurityHubV2Output, error) {
	return &securityhub.DescribeSecurityHubV2Output{}, h.enabled
}

func TestFind(t *testing.T) {
	t.Parallel()
	none, denied := &types.ResourceNotFoundException{}, &types.AccessDeniedException{Message: aws.String("no")}
	for name, tc := range map[string]struct {
		hub   hub
		found int
		want  error
	}{
		"found":                     {hub: hub{pages: 1}, found: 1},
		"not found":                 {hub: hub{}},
		"not found, may not ask":    {hub: hub{enabled: denied}},
		"not enabled":               {hub: hub{enabled: none}, want: hubv2.ErrNotEnabled},
		"not enabled, refused":      {hub: hub{refuses: denied, enabled: none}, want: hubv2.ErrNotEnabled},
		"refused":                   {hub: hub{refuses: denied}, want: denied},
		"refused, and may not know": {hub: hub{refuses: denied, enabled: denied}, want: denied},
	} {
		found, err := hubv2.Find(t.Context(), &tc.hub, "9d1b")
		if len(found) != tc.found || !errors.Is(err, tc.want) || tc.want == nil && err != nil {
			t.Errorf("%s: %d findings, %v", name, len(found), err)
		}
		if unsure := tc.hub.enabled == denied && tc.want != nil; errors.Is(err, hubv2.ErrUnknown) != unsure {
			t.Errorf("%s: %v", name, err)
		}
		if tc.found > 0 && !strings.Contains(string(found[0]), `"uid":"9d1b"`) {
			t.Errorf("%s: %s", name, found[0])
		}
		filter := tc.hub.asked[0].Filters.CompositeFilters[0]
		if len(filter.StringFilters) != 2 || filter.Operator != types.AllowedOperatorsOr {
			t.Errorf("%s: asks for %+v", name, filter)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	h := &hub{pages: 3}
	var told []int
	all, more, err := hubv2.List(t.Context(), h, 2, func(n int) { told = append(told, n) },
		hubv2.Field(types.OcsfStringFieldComplianceControl, "S3.1", "S3.2"))
	if err != nil || !more || len(all) != 2 || len(told) != 2 || told[1] != 2 {
		t.Errorf("%d findings, more %v, told %v, %v", len(all), more, told, err)
	}
	h = &hub{pages: 2}
	if all, more, err := hubv2.List(t.Context(), h, 2, func(int) {}); err != nil || more || len(all) != 2 {
		t.Errorf("%d findings, more %v, %v", len(all), more, err)
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	var ids []string
	for i := range 21 {
		ids = append(ids, fmt.Sprint("f-", i))
	}
	h := &hub{pages: 9}
	known, err := hubv2.IDs(t.Context(), h, ids)
	if err != nil || len(h.asked) != 2 || len(h.asked[0].Filters.CompositeFilters[0].StringFilters) != 20 {
		t.Errorf("asks %d times, %v", len(h.asked), err)
	}
	if want := map[string]string{controlFinding: "9d1b"}; !maps.Equal(known, want) {
		t.Errorf("%v, want %v", known, want)
	}
	if _, err := hubv2.IDs(t.Context(), &hub{refuses: &types.AccessDeniedException{},
		enabled: &types.ResourceNotFoundException{}}, ids); !errors.Is(err, hubv2.ErrNotEnabled) {
		t.Error(err)
	}
	if known, err := hubv2.IDs(t.Context(), nil, nil); err != nil || len(known) > 0 {
		t.Errorf("of nothing: %v, %v", known, err)
	}
}
