package securityhub_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/document"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

// v2 is the new Security Hub, enabled unless it says otherwise.
type v2 struct {
	disabled    error // the answer to the question whether it is enabled
	takes       time.Duration
	questions   int
	updateErr   error
	readErr     error
	unprocessed map[string]types.BatchUpdateFindingsV2UnprocessedFindingErrorCode // by the finding's name
	findings    []map[string]any
	in          []*sdk.BatchUpdateFindingsV2Input
	asked       [][]string // the ids of each new question
	order       []string   // of updates here and in CSPM
}

func (v *v2) BatchUpdateFindingsV2(_ context.Context, in *sdk.BatchUpdateFindingsV2Input,
	_ ...func(*sdk.Options)) (*sdk.BatchUpdateFindingsV2Output, error) {
	v.in, v.order = append(v.in, in), append(v.order, "V2")
	if n := len(in.FindingIdentifiers); n == 0 || n > 100 {
		return nil, code("ValidationException")
	}
	if v.updateErr != nil {
		return nil, v.updateErr
	}
	out := &sdk.BatchUpdateFindingsV2Output{}
	for _, id := range in.FindingIdentifiers {
		if c, left := v.unprocessed[nameOf(*id.FindingInfoUid)]; left {
			out.UnprocessedFindings = append(out.UnprocessedFindings, types.BatchUpdateFindingsV2UnprocessedFinding{
				FindingIdentifier: &id, ErrorCode: c, ErrorMessage: aws.String("because")})
		}
	}
	return out, nil
}

func (v *v2) GetFindingsV2(_ context.Context, in *sdk.GetFindingsV2Input,
	_ ...func(*sdk.Options)) (*sdk.GetFindingsV2Output, error) {
	if v.readErr != nil {
		v.asked = append(v.asked, nil)
		return nil, v.readErr
	}
	if len(in.Filters.CompositeFilters) != 1 || in.Filters.CompositeFilters[0].Operator != types.AllowedOperatorsOr {
		return nil, fmt.Errorf("filters %+v", in.Filters)
	}
	var ids []string
	for _, f := range in.Filters.CompositeFilters[0].StringFilters {
		if f.FieldName != "finding_info.uid" || f.Filter.Comparison != types.StringFilterComparisonEquals {
			return nil, fmt.Errorf("filter %+v", f)
		}
		ids = append(ids, *f.Filter.Value)
	}
	if n := len(ids); n == 0 || n > 20 {
		return nil, code("ValidationException")
	}
	begin := 0
	if in.NextToken == nil {
		v.asked = append(v.asked, ids)
	} else {
		begin, _ = strconv.Atoi(*in.NextToken)
	}
	var found []document.Interface
	for _, f := range v.findings {
		info, _ := f["finding_info"].(map[string]any)
		if uid, _ := info["uid"].(string); slices.Contains(ids, uid) {
			found = append(found, document.NewLazyDocument(f))
		}
	}
	out := &sdk.GetFindingsV2Output{Findings: found[begin:]}
	if len(out.Findings) > pageSize {
		out.Findings, out.NextToken = out.Findings[:pageSize], aws.String(strconv.Itoa(begin+pageSize))
	}
	return out, nil
}

func TestUpdateBoth(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		workflow string
		onlyV2   bool
		disabled error
		order    string
		status   *int32
		comment  string
	}{
		"a repair starts": {"NOTIFIED", false, nil, "CSPM V2", aws.Int32(2), "[Hubmend: In Progress]"},
		"repaired":        {"RESOLVED", false, nil, "V2 CSPM", aws.Int32(4), "[Hubmend: Resolved]"},
		"opened again":    {"NEW", false, nil, "V2 CSPM", aws.Int32(1), "[Hubmend: New]"},
		"a note only":     {"", false, nil, "CSPM V2", nil, "[Hubmend]"},
		"V2 lags behind":  {"NOTIFIED", true, nil, "V2", aws.Int32(2), "[Hubmend: In Progress again]"},
		"no V2":           {"RESOLVED", false, disabled, "CSPM", nil, ""},
		"nothing at all":  {"RESOLVED", true, disabled, "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{v2: v2{disabled: tc.disabled}}
			u := update(1)
			u.Workflow, u.OnlyV2 = tc.workflow, tc.onlyV2
			if err := hub(s).Update(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(s.v2.order, " "); got != tc.order {
				t.Errorf("written to %q, want %q", got, tc.order)
			}
			var want []*sdk.BatchUpdateFindingsV2Input
			if tc.comment != "" {
				want = append(want, &sdk.BatchUpdateFindingsV2Input{
					FindingIdentifiers: []types.OcsfFindingIdentifier{{
						CloudAccountUid: aws.String("222222222222"), FindingInfoUid: aws.String(prefix + "f0"),
						MetadataProductUid: aws.String("arn:aws:securityhub:eu-west-1::productv2/aws/securityhub"),
					}},
					StatusId: tc.status, Comment: aws.String("Hubmend is repairing this. " + tc.comment),
				})
			}
			ignore := cmpopts.IgnoreUnexported(sdk.BatchUpdateFindingsV2Input{}, types.OcsfFindingIdentifier{})
			if diff := cmp.Diff(want, s.v2.in, ignore); diff != "" {
				t.Errorf("input (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUpdateBothInChunks(t *testing.T) {
	t.Parallel()
	s := &service{}
	if err := hub(s).Update(t.Context(), update(101)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.v2.order, " "); got != "CSPM V2 CSPM V2" {
		t.Errorf("written to %s", got)
	}
	if n := len(s.v2.in[0].FindingIdentifiers) + len(s.v2.in[1].FindingIdentifiers); n != 101 {
		t.Errorf("%d findings", n)
	}
}

// An error that trying again cannot change never stops a repair. Anything else brings the message back.
func TestUpdateRefusedByV2(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err         error
		unprocessed string
		stops       bool
	}{
		"denied":                  {err: denied},
		"not enabled after all":   {err: code("ResourceNotFoundException")},
		"not valid":               {err: code("ValidationException")},
		"throttled":               {err: throttled, stops: true},
		"a conflict":              {err: code("ConflictException"), stops: true},
		"an internal error":       {err: code("InternalServerException"), stops: true},
		"no answer":               {err: errors.New("no answer"), stops: true},
		"unknown there":           {unprocessed: "ResourceNotFoundException"},
		"a finding not valid":     {unprocessed: "ValidationException"},
		"a finding in conflict":   {unprocessed: "ConflictException", stops: true},
		"a finding that failed":   {unprocessed: "InternalServerException", stops: true},
		"a code of another model": {unprocessed: "NewException", stops: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{v2: v2{updateErr: tc.err}}
			if tc.unprocessed != "" {
				s.v2.unprocessed = map[string]types.BatchUpdateFindingsV2UnprocessedFindingErrorCode{
					"f1": types.BatchUpdateFindingsV2UnprocessedFindingErrorCode(tc.unprocessed)}
			}
			var log bytes.Buffer
			h := hub(s)
			h.Log = slog.New(slog.NewTextHandler(&log, nil))
			u := update(2)
			u.Workflow = finding.Resolved
			err := h.Update(t.Context(), u)
			if (err != nil) != tc.stops || (len(s.in) == 0) != tc.stops {
				t.Errorf("Update = %v, %d updates of CSPM", err, len(s.in))
			}
			if tc.stops && tc.unprocessed != "" && !strings.Contains(err.Error(), prefix+"f1") {
				t.Errorf("the error %v does not name the finding", err)
			}
			if counted := strings.Contains(log.String(), "metric=V2Refused"); counted == tc.stops {
				t.Errorf("counted: %t\n%s", counted, log.String())
			}
			if warned := strings.Count(log.String(), "level=WARN"); (warned != 1) != tc.stops {
				t.Errorf("%d warnings\n%s", warned, log.String())
			}
		})
	}
}

// A policy that denies the call denies each of them.
func TestRefusalsAreCountedAndLoggedOnce(t *testing.T) {
	t.Parallel()
	s := &service{v2: v2{updateErr: denied}}
	var log bytes.Buffer
	h := hub(s)
	h.Log = slog.New(slog.NewTextHandler(&log, nil))
	for range 3 {
		if err := h.Update(t.Context(), update(1)); err != nil {
			t.Error(err)
		}
	}
	warned, counted := strings.Count(log.String(), "level=WARN"), strings.Count(log.String(), "metric=V2Refused")
	if warned != 1 || counted != 3 || len(s.in) != 3 {
		t.Errorf("%d warnings, counted %d times, %d updates of CSPM\n%s", warned, counted, len(s.in), log.String())
	}
	if !h.V2(t.Context()) {
		t.Error("V2 is no longer read, although only updates are denied")
	}
}

// ocsf is a finding as V2 gives it.
func ocsf(name, product, status string, id int) map[string]any {
	return map[string]any{
		"class_uid": 2003, "activity_id": 1, "status": status, "status_id": id, "comment": "why", "time": 1767607200000,
		"cloud":        map[string]any{"account": map[string]any{"uid": "222222222222"}, "region": "eu-west-1"},
		"compliance":   map[string]any{"control": "EC2.13", "status": "Fail", "status_id": 3},
		"finding_info": map[string]any{"uid": prefix + name, "title": "title"},
		"metadata": map[string]any{"uid": "uid-" + name, "version": "1.8.0",
			"product": map[string]any{"uid": "arn:aws:securityhub:eu-west-1::productv2/" + product}},
		"resources": []any{map[string]any{"type": "AWS::EC2::SecurityGroup", "uid": "sg-1",
			"uid_alt": "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-1"}},
		"severity": "High", "severity_id": 4,
	}
}

func (s *service) cspm(from, to int) {
	for _, r := range refs(from, to) {
		s.findings = append(s.findings, types.AwsSecurityFinding{Id: &r.ID, RecordState: "ACTIVE"})
	}
}

func TestReadBoth(t *testing.T) {
	t.Parallel()
	s := &service{v2: v2{findings: []map[string]any{
		ocsf("f0", "aws/securityhub", "Suppressed", 3), ocsf("f1", "aws/securityhub", "In Progress", 2),
		ocsf("f2", "other/product", "New", 1), ocsf("f4", "aws/securityhub", "New", 1),
	}}}
	s.cspm(0, 4)
	got, err := hub(s).Read(t.Context(), refs(0, 5))
	want := map[string]decide.Seen{
		ref(0).ID: {RecordState: "ACTIVE", V2: finding.V2{UID: "uid-f0", Status: "SUPPRESSED", Comment: "why"}},
		ref(1).ID: {RecordState: "ACTIVE", V2: finding.V2{UID: "uid-f1", Status: "NOTIFIED", Comment: "why"}},
		ref(2).ID: {RecordState: "ACTIVE"}, // a finding of another product has its uid
		ref(3).ID: {RecordState: "ACTIVE"}, // not known there
		ref(4).ID: {},                      // known there only
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Read = %v (-want +got):\n%s", err, diff)
	}
}

func TestReadBothInChunks(t *testing.T) {
	t.Parallel()
	s := &service{}
	s.cspm(0, 45)
	for i := range 45 {
		s.v2.findings = append(s.v2.findings, ocsf(fmt.Sprint("f", i), "aws/securityhub", "New", 1))
	}
	got, err := hub(s).Read(t.Context(), refs(0, 45))
	if err != nil {
		t.Fatal(err)
	}
	for id, seen := range got {
		if seen.V2.UID != "uid-"+nameOf(id) {
			t.Errorf("%s: %+v", id, seen)
		}
	}
	var sizes []int
	for _, ids := range s.v2.asked {
		sizes = append(sizes, len(ids))
	}
	if diff := cmp.Diff([]int{20, 20, 5}, sizes); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestReadWithoutV2(t *testing.T) {
	t.Parallel()
	s := &service{v2: v2{disabled: disabled}}
	s.cspm(0, 1)
	if _, err := hub(s).Read(t.Context(), refs(0, 1)); err != nil || len(s.v2.asked) > 0 {
		t.Errorf("Read = %v, asked %v", err, s.v2.asked)
	}
	s = &service{}
	if _, err := hub(s).Read(t.Context(), refs(0, 1)); err != nil || len(s.v2.asked)+s.v2.questions > 0 {
		t.Errorf("a finding that CSPM does not have: Read = %v, asked %v", err, s.v2.asked)
	}
}

func TestReadRefusedByV2(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err        error
		stops, off bool
	}{
		"denied":                {denied, false, true},
		"not enabled after all": {code("ResourceNotFoundException"), false, true},
		"not valid":             {code("ValidationException"), false, false},
		"throttled":             {throttled, true, false},
		"a conflict":            {code("ConflictException"), true, false},
		"an internal error":     {code("InternalServerException"), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{v2: v2{readErr: tc.err, disabled: denied}} // a role that may not ask finds out by the calls
			s.cspm(0, 21)
			var log bytes.Buffer
			h := hub(s)
			h.Log = slog.New(slog.NewTextHandler(&log, nil))
			got, err := h.Read(t.Context(), refs(0, 21))
			if (err != nil) != tc.stops || (got[ref(0).ID] == decide.Seen{}) != tc.stops {
				t.Errorf("Read = %v, %v", got, err)
			}
			if h.V2(t.Context()) == tc.off || (len(s.v2.asked) == 1) != (tc.stops || tc.off) {
				t.Errorf("V2 is off: %t, after %d calls", !h.V2(t.Context()), len(s.v2.asked))
			}
			if counted := strings.Contains(log.String(), "metric=V2Refused"); counted == tc.stops {
				t.Errorf("counted: %t\n%s", counted, log.String())
			}
		})
	}
}
