package customaction_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/customaction"
)

const prefix = "arn:aws:securityhub:eu-west-1:111111111111:action/custom/"

// hub is Security Hub's custom actions of one account and Region, by ARN.
type hub struct {
	actions map[string]string // name + "; " + description
	err     error             // of every call
	calls   []string
	ctx     context.Context
}

func (h *hub) call(ctx context.Context, what string) error {
	h.calls = append(h.calls, what)
	h.ctx = ctx
	return h.err
}

func (h *hub) CreateActionTarget(ctx context.Context, in *securityhub.CreateActionTargetInput, _ ...func(*securityhub.Options)) (*securityhub.CreateActionTargetOutput, error) {
	if err := h.call(ctx, "create "+*in.Id); err != nil {
		return nil, err
	}
	arn := prefix + *in.Id
	if _, exists := h.actions[arn]; exists {
		return nil, wrap(&types.ResourceConflictException{})
	}
	h.actions[arn] = *in.Name + "; " + *in.Description
	return &securityhub.CreateActionTargetOutput{ActionTargetArn: &arn}, nil
}

func (h *hub) UpdateActionTarget(ctx context.Context, in *securityhub.UpdateActionTargetInput, _ ...func(*securityhub.Options)) (*securityhub.UpdateActionTargetOutput, error) {
	if err := h.call(ctx, "update "+*in.ActionTargetArn); err != nil {
		return nil, err
	}
	if _, exists := h.actions[*in.ActionTargetArn]; !exists {
		return nil, wrap(&types.ResourceNotFoundException{})
	}
	h.actions[*in.ActionTargetArn] = *in.Name + "; " + *in.Description
	return &securityhub.UpdateActionTargetOutput{}, nil
}

func (h *hub) DeleteActionTarget(ctx context.Context, in *securityhub.DeleteActionTargetInput, _ ...func(*securityhub.Options)) (*securityhub.DeleteActionTargetOutput, error) {
	if err := h.call(ctx, "delete "+*in.ActionTargetArn); err != nil {
		return nil, err
	}
	if _, exists := h.actions[*in.ActionTargetArn]; !exists {
		return nil, wrap(&types.ResourceNotFoundException{})
	}
	delete(h.actions, *in.ActionTargetArn)
	return &securityhub.DeleteActionTargetOutput{ActionTargetArn: in.ActionTargetArn}, nil
}

// wrap puts an error where the SDK puts it.
func wrap(err error) error {
	return &smithy.OperationError{ServiceID: "SecurityHub", OperationName: "X", Err: err}
}

func provider(h *hub) *customaction.Provider {
	return &customaction.Provider{Client: h, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))}
}

func request(kind cfn.RequestType, physicalID, id string) cfn.Event {
	return cfn.Event{RequestType: kind, PhysicalResourceID: physicalID, StackID: "stack", ResourceProperties: map[string]any{
		"ServiceToken": "arn:aws:lambda:x", "Id": id, "Name": "CIS 4.1", "Description": "Closes SSH.",
	}}
}

const text = "CIS 4.1; Closes SSH."

func TestHandle(t *testing.T) {
	t.Parallel()
	limit, disabled := wrap(&types.LimitExceededException{}), wrap(&types.InvalidAccessException{})
	other := wrap(&smithy.GenericAPIError{Code: "InternalException", Message: "try again"})
	for name, tc := range map[string]struct {
		request cfn.Event
		actions []string // that exist before, with other texts
		err     error
		id      string // the physical id
		calls   []string
		after   map[string]string // nil: as before
		want    string            // part of the error
	}{
		"create":                {request("Create", "", "A"), nil, nil, prefix + "A", []string{"create A"}, map[string]string{prefix + "A": text}, ""},
		"create what exists":    {request("Create", "", "A"), []string{"A"}, nil, "hubmend-custom-action-not-created", []string{"create A"}, nil, "id A exists already"},
		"create above 50":       {request("Create", "", "A"), nil, limit, "hubmend-custom-action-not-created", []string{"create A"}, nil, "50 custom actions"},
		"create without hub":    {request("Create", "", "A"), nil, disabled, "hubmend-custom-action-not-created", []string{"create A"}, nil, "Security Hub is not enabled"},
		"create in bad weather": {request("Create", "", "A"), nil, other, "hubmend-custom-action-not-created", []string{"create A"}, nil, "custom action A: InternalException: try again"},
		"update texts":          {request("Update", prefix+"A", "A"), []string{"A"}, nil, prefix + "A", []string{"update " + prefix + "A"}, map[string]string{prefix + "A": text}, ""},
		"update what is gone":   {request("Update", prefix+"A", "A"), nil, nil, prefix + "A", []string{"update " + prefix + "A"}, nil, "somebody deleted it"},
		"update without hub":    {request("Update", prefix+"A", "A"), nil, disabled, prefix + "A", []string{"update " + prefix + "A"}, nil, "not enabled"},
		// CloudFormation deletes the old id when the physical id changes.
		"update the id":             {request("Update", prefix+"A", "B"), []string{"A"}, nil, prefix + "B", []string{"create B"}, map[string]string{prefix + "A": "old", prefix + "B": text}, ""},
		"update the id to its end":  {request("Update", prefix+"XA", "A"), []string{"XA"}, nil, prefix + "A", []string{"create A"}, map[string]string{prefix + "XA": "old", prefix + "A": text}, ""},
		"update the id to a taken":  {request("Update", prefix+"A", "B"), []string{"A", "B"}, nil, prefix + "A", []string{"create B"}, nil, "id B exists already"},
		"update the id above 50":    {request("Update", prefix+"A", "B"), []string{"A"}, limit, prefix + "A", []string{"create B"}, nil, "50 custom actions"},
		"delete":                    {request("Delete", prefix+"A", "A"), []string{"A", "B"}, nil, prefix + "A", []string{"delete " + prefix + "A"}, map[string]string{prefix + "B": "old"}, ""},
		"delete what is gone":       {request("Delete", prefix+"A", "A"), nil, nil, prefix + "A", []string{"delete " + prefix + "A"}, nil, ""},
		"delete without hub":        {request("Delete", prefix+"A", "A"), nil, disabled, prefix + "A", []string{"delete " + prefix + "A"}, nil, ""},
		"delete what was never":     {request("Delete", "hubmend-custom-action-not-created", "A"), []string{"A"}, nil, "hubmend-custom-action-not-created", nil, nil, ""},
		"delete by a request id":    {request("Delete", "5f0c1f9e-0000-4000-8000-000000000001", "A"), []string{"A"}, nil, "5f0c1f9e-0000-4000-8000-000000000001", nil, nil, ""},
		"delete in bad weather":     {request("Delete", prefix+"A", "A"), []string{"A"}, other, prefix + "A", []string{"delete " + prefix + "A"}, nil, "delete the custom action " + prefix + "A: InternalException"},
		"delete needs no property":  {cfn.Event{RequestType: "Delete", PhysicalResourceID: prefix + "A"}, []string{"A"}, nil, prefix + "A", []string{"delete " + prefix + "A"}, map[string]string{}, ""},
		"create without properties": {cfn.Event{RequestType: "Create"}, nil, nil, "hubmend-custom-action-not-created", nil, nil, "property Id must be a text"},
		"update with a bad one":     {cfn.Event{RequestType: "Update", PhysicalResourceID: prefix + "A", ResourceProperties: map[string]any{"Id": "A", "Name": 3, "Description": ""}}, []string{"A"}, nil, prefix + "A", nil, nil, "property Name must be a text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &hub{actions: map[string]string{}, err: tc.err}
			for _, id := range tc.actions {
				h.actions[prefix+id] = "old"
			}
			if tc.after == nil {
				tc.after = map[string]string{}
				for arn, text := range h.actions {
					tc.after[arn] = text
				}
			}
			id, data, err := provider(h).Handle(t.Context(), tc.request)
			if id != tc.id {
				t.Errorf("physical id = %q, want %q", id, tc.id)
			}
			if diff := cmp.Diff(tc.calls, h.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.after, h.actions); diff != "" {
				t.Errorf("actions afterwards (-want +got):\n%s", diff)
			}
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) || data != nil {
					t.Errorf("Handle = %v, %v; want an error with %q", data, err, tc.want)
				}
				return
			}
			if err != nil || data["Arn"] != tc.id {
				t.Errorf("Handle = %v, %v", data, err)
			}
		})
	}
}

// What CloudFormation does when a create fails, in its order: the other's action survives.
func TestFailedCreateDeletesNothing(t *testing.T) {
	t.Parallel()
	h := &hub{actions: map[string]string{prefix + "A": "of somebody else"}}
	id, _, err := provider(h).Handle(t.Context(), request("Create", "", "A"))
	if err == nil {
		t.Fatal("the create succeeded")
	}
	if _, _, err := provider(h).Handle(t.Context(), request("Delete", id, "A")); err != nil {
		t.Errorf("delete = %v; the rollback would fail", err)
	}
	if len(h.actions) != 1 || len(h.calls) != 1 {
		t.Errorf("actions %v after %q", h.actions, h.calls)
	}
}

func TestEveryMissingPropertyIsNamed(t *testing.T) {
	t.Parallel()
	_, _, err := provider(&hub{}).Handle(t.Context(), cfn.Event{RequestType: "Create"})
	for _, name := range []string{"Id", "Name", "Description"} {
		if err == nil || !strings.Contains(err.Error(), "property "+name+" must be") {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

// A stack hangs for an hour without an answer, so time is kept back to give one.
func TestTimeIsKeptForTheAnswer(t *testing.T) {
	t.Parallel()
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	h := &hub{actions: map[string]string{}}
	if _, _, err := provider(h).Handle(ctx, request("Create", "", "A")); err != nil {
		t.Fatal(err)
	}
	if got, ok := h.ctx.Deadline(); !ok || deadline.Sub(got) < 3*time.Second {
		t.Errorf("the call may last until %s before the function ends", deadline.Sub(got))
	}
	if _, _, err := provider(h).Handle(t.Context(), request("Create", "", "B")); err != nil {
		t.Errorf("without a deadline: %v", err)
	}
}

func TestACallThatDoesNotEndIsAnswered(t *testing.T) {
	t.Parallel()
	h := &hub{err: wrap(context.DeadlineExceeded)}
	id, _, err := provider(h).Handle(t.Context(), request("Create", "", "A"))
	if id == "" || err == nil || !strings.Contains(err.Error(), "custom action A: ") {
		t.Errorf("Handle = %q, %v", id, err)
	}
}
