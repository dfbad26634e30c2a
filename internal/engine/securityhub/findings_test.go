package securityhub_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/securityhub"
)

// service answers with what it did not process, and refuses what the real one refuses.
type service struct {
	unprocessed map[string]string // code by the finding's name
	findings    []types.AwsSecurityFinding
	err         error
	in          []*sdk.BatchUpdateFindingsInput
	asked       [][]string // the ids of each new question
	pages       int
	v2          v2
}

// hub reads and updates the findings of a service.
func hub(s *service) *securityhub.Findings {
	return &securityhub.Findings{Client: s, ClientV2: &s.v2, Log: slog.New(slog.DiscardHandler), Now: time.Now}
}

func (s *service) BatchUpdateFindings(_ context.Context, in *sdk.BatchUpdateFindingsInput,
	_ ...func(*sdk.Options)) (*sdk.BatchUpdateFindingsOutput, error) {
	s.in = append(s.in, in)
	s.v2.order = append(s.v2.order, "CSPM")
	if n := len(in.FindingIdentifiers); n == 0 || n > 100 {
		return nil, fmt.Errorf("InvalidInputException: %d findings", n)
	}
	if s.err != nil {
		return nil, s.err
	}
	out := &sdk.BatchUpdateFindingsOutput{}
	for _, id := range in.FindingIdentifiers {
		if code, left := s.unprocessed[nameOf(*id.Id)]; left {
			message := "because"
			out.UnprocessedFindings = append(out.UnprocessedFindings,
				types.BatchUpdateFindingsUnprocessedFinding{FindingIdentifier: &id, ErrorCode: &code,
					ErrorMessage: &message})
		}
	}
	return out, nil
}

const prefix = "arn:aws:securityhub:eu-west-1:222222222222:security-control/EC2.13/finding/"

func ref(i int) decide.Ref { return decide.Ref{ID: fmt.Sprint(prefix, "f", i)} }

func nameOf(id string) string { return id[strings.LastIndex(id, "/")+1:] }

func update(n int) decide.Update {
	u := decide.Update{Workflow: "NOTIFIED", Note: "Hubmend is repairing this."}
	for i := range n {
		u.Findings = append(u.Findings, ref(i))
	}
	return u
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	s := &service{}
	if err := hub(s).Update(t.Context(), update(2)); err != nil {
		t.Fatal(err)
	}
	text := "Hubmend is repairing this."
	by := "hubmend"
	product := "arn:aws:securityhub:eu-west-1::product/aws/securityhub"
	ids := []string{prefix + "f0", prefix + "f1"}
	want := &sdk.BatchUpdateFindingsInput{
		FindingIdentifiers: []types.AwsSecurityFindingIdentifier{{Id: &ids[0], ProductArn: &product},
			{Id: &ids[1], ProductArn: &product}},
		Note:     &types.NoteUpdate{Text: &text, UpdatedBy: &by},
		Workflow: &types.WorkflowUpdate{Status: types.WorkflowStatusNotified},
	}
	ignore := cmpopts.IgnoreUnexported(sdk.BatchUpdateFindingsInput{}, types.AwsSecurityFindingIdentifier{},
		types.NoteUpdate{}, types.WorkflowUpdate{})
	if diff := cmp.Diff([]*sdk.BatchUpdateFindingsInput{want}, s.in, ignore); diff != "" {
		t.Errorf("input (-want +got):\n%s", diff)
	}
}

func TestUpdateLeavesTheWorkflowAlone(t *testing.T) {
	t.Parallel()
	s := &service{}
	u := update(1)
	u.Workflow = ""
	if err := hub(s).Update(t.Context(), u); err != nil || s.in[0].Workflow != nil {
		t.Errorf("Update = %v, workflow %v", err, s.in[0].Workflow)
	}
}

func TestUpdateInChunks(t *testing.T) {
	t.Parallel()
	for n, want := range map[int][]int{0: nil, 1: {1}, 100: {100}, 101: {100, 1}, 250: {100, 100, 50}} {
		s := &service{}
		if err := hub(s).Update(t.Context(), update(n)); err != nil {
			t.Error(err)
		}
		var sizes []int
		seen := map[string]bool{}
		for _, in := range s.in {
			sizes = append(sizes, len(in.FindingIdentifiers))
			for _, id := range in.FindingIdentifiers {
				seen[*id.Id+*id.ProductArn] = true
			}
		}
		if diff := cmp.Diff(want, sizes); diff != "" || len(seen) != n {
			t.Errorf("%d findings: %d sent in %v", n, len(seen), sizes)
		}
	}
}

func TestUnprocessed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		unprocessed map[string]string
		errors      []string // what the error names; none for no error
		logged      []string
	}{
		"gone":      {map[string]string{"f0": "FindingNotFound"}, nil, []string{"f0"}},
		"not valid": {map[string]string{"f0": "InvalidInput"}, nil, []string{"f0"}},
		"too large": {map[string]string{"f0": "FindingSizeExceeded"}, nil, []string{"f0"}},
		"twice":     {map[string]string{"f0": "DuplicatedFindingIdentifier"}, nil, []string{"f0"}},
		"concurrent": {map[string]string{"f0": "ConcurrentUpdateError"},
			[]string{"f0", "ConcurrentUpdateError", "because"}, nil},
		"internal":     {map[string]string{"f0": "InternalFailure"}, []string{"f0"}, nil},
		"unknown code": {map[string]string{"f0": "NewCode"}, []string{"f0"}, nil},
		"one of each": {map[string]string{"f0": "FindingNotFound", "f2": "InternalFailure"}, []string{"f2"},
			[]string{"f0"}},
		"two to repeat": {map[string]string{"f1": "InternalFailure", "f2": "InternalFailure"}, []string{"f1", "f2"},
			nil},
		"all were taken": {nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := hub(&service{unprocessed: tc.unprocessed})
			h.Log = slog.New(slog.NewTextHandler(&log, nil))
			err := h.Update(t.Context(), update(3))
			if (err != nil) != (len(tc.errors) > 0) {
				t.Errorf("Update = %v", err)
			}
			for _, part := range tc.errors {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("the error %v does not say %s", err, part)
				}
			}
			for _, id := range []string{"f0", "f1", "f2"} {
				want := len(tc.logged) > 0 && tc.logged[0] == id
				if got := strings.Contains(log.String(), "finding="+prefix+id); got != want {
					t.Errorf("%s is logged: %t\n%s", id, got, log.String())
				}
			}
		})
	}
}

func TestUpdateError(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	s := &service{err: down}
	if err := hub(s).Update(t.Context(), update(150)); !errors.Is(err, down) ||
		len(s.in) != 1 {
		t.Errorf("Update = %v after %d calls", err, len(s.in))
	}
}
