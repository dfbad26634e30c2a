package customaction_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/customaction"
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

func (h *hub) CreateActionTarget(ctx context.Context, in *securityhub.CreateActionTargetInput,
	_ ...func(*securityhub.Options)) (*securityhub.CreateActionTargetOutput, error) {
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

func (h *hub) UpdateActionTarget(ctx context.Context, in *securityhub.UpdateActionTargetInput,
	_ ...func(*securityhub.Options)) (*securityhub.UpdateActionTargetOutput, error) {
	if err := h.call(ctx, "update "+*in.ActionTargetArn); err != nil {
		return nil, err
	}
	if _, exists := h.actions[*in.ActionTargetArn]; !exists {
		return nil, wrap(&types.ResourceNotFoundException{})
	}
	h.actions[*in.ActionTargetArn] = *in.Name + "; " + *in.Description
	return &securityhub.UpdateActionTargetOutput{}, nil
}

func (h *hub) DeleteActionTarget(ctx context.Context, in *securityhub.DeleteActionTargetInput,
	_ ...func(*securityhub.Options)) (*securityhub.DeleteActionTargetOutput, error) {
	if err := h.call(ctx, "delete "+*in.ActionTargetArn); err != nil {
		return nil, err
	}
	if _, exists := h.actions[*in.ActionTargetArn]; !exists {
		return nil, wrap(&types.ResourceNotFoundException{})
	}
	delete(h.actions, *in.ActionTargetArn)
	return &securityhub.DeleteActionTargetOutput{ActionTargetArn: in.ActionTargetArn}, nil
}

func (h *hub) DescribeActionTargets(ctx context.Context, in *securityhub.DescribeActionTargetsInput,
	_ ...func(*securityhub.Options)) (*securityhub.DescribeActionTargetsOutput, error) {
	if err := h.call(ctx, "describe"); err != nil {
		return nil, err
	}
	// A page has one action, so that whoever reads only the first is found out.
	arns := slices.Sorted(maps.Keys(h.actions))
	page := 0
	if in.NextToken != nil {
		page, _ = strconv.Atoi(*in.NextToken)
	}
	if page >= len(arns) {
		return &securityhub.DescribeActionTargetsOutput{}, nil
	}
	name, description, _ := strings.Cut(h.actions[arns[page]], "; ")
	return &securityhub.DescribeActionTargetsOutput{
		ActionTargets: []types.ActionTarget{{ActionTargetArn: &arns[page], Name: &name, Description: &description}},
		NextToken:     aws.String(strconv.Itoa(page + 1)),
	}, nil
}

// wrap puts an error where the SDK puts it.
func wrap(err error) error {
	return &smithy.OperationError{ServiceID: "SecurityHub", OperationName: "X", Err: err}
}

func provider(h *hub) *customaction.Provider {
	return &customaction.Provider{Client: h, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))}
}

const (
	stackID   = "arn:aws:cloudformation:eu-west-1:111111111111:stack/SC-111111111111-pp-mine/5f0c1f9e-0000-4000-8000-000000000001"
	text      = "CIS 4.1; Closes SSH. (launched as SC-111111111111-pp-mine)"
	mine      = "old; Old. (launched as SC-111111111111-pp-mine)"
	others    = "old; Old. (launched as SC-111111111111-pp-other)"
	nobodys   = "old; Old."
	never     = "hubmend-custom-action-not-created"
	byLogical = "SC-111111111111-pp-mine-CIS4142CustomAction-1ABCD"
)

func request(kind cfn.RequestType, physicalID, id string) cfn.Event {
	return cfn.Event{RequestType: kind, PhysicalResourceID: physicalID, StackID: stackID,
		ResourceProperties: map[string]any{
			"ServiceToken": "arn:aws:lambda:x", "Id": id, "Name": "CIS 4.1", "Description": "Closes SSH.",
		}}
}

// actions are what Security Hub has, by id.
type actions map[string]string

func TestHandle(t *testing.T) {
	t.Parallel()
	limit, disabled := wrap(&types.LimitExceededException{}), wrap(&types.InvalidAccessException{})
	other := wrap(&smithy.GenericAPIError{Code: "InternalException", Message: "try again"})
	for name, tc := range map[string]struct {
		request cfn.Event
		before  actions
		err     error   // of every call of Security Hub
		id      string  // the physical id
		after   actions // nil: as before
		want    string  // part of the error
	}{
		"create": {request("Create", "", "A"), nil, nil, prefix + "A", actions{"A": text}, ""},
		"create again, answer was lost": {request("Create", "", "B"), actions{"A": others, "B": mine}, nil,
			prefix + "B", actions{"A": others, "B": text}, ""},
		"create what another stack has": {request("Create", "", "A"), actions{"A": others}, nil, never, nil,
			"already launched in this account and Region, as SC-111111111111-pp-other: update that one"},
		"create what a person made": {request("Create", "", "A"), actions{"A": nobodys}, nil, never, nil,
			"does not say of which playbook"},
		"create above 50": {request("Create", "", "A"), nil, limit, never, nil, "50 custom actions"},
		"create without hub": {request("Create", "", "A"), nil, disabled, never, nil,
			"Security Hub is not enabled"},
		"create in bad weather": {request("Create", "", "A"), nil, other, never, nil,
			"custom action A: InternalException: try again"},
		"create without properties": {cfn.Event{RequestType: "Create"}, nil, nil, never, nil,
			"property Id must be a text"},
		"update texts": {request("Update", prefix+"A", "A"), actions{"A": mine}, nil, prefix + "A",
			actions{"A": text}, ""},
		"update one without a signature": {request("Update", prefix+"A", "A"), actions{"A": nobodys}, nil, prefix + "A",
			actions{"A": text}, ""},
		"update what is gone": {request("Update", prefix+"A", "A"), nil, nil, prefix + "A",
			actions{"A": text}, ""},
		"update what another took over": {request("Update", prefix+"A", "A"), actions{"A": others}, nil, prefix + "A",
			nil, "already launched"},
		"update without hub": {request("Update", prefix+"A", "A"), nil, disabled, prefix + "A", nil,
			"not enabled"},
		// CloudFormation deletes the old id when the physical id changes.
		"update the id": {request("Update", prefix+"A", "B"), actions{"A": mine}, nil, prefix + "B",
			actions{"A": mine, "B": text}, ""},
		"update the id to its end": {request("Update", prefix+"XA", "A"), actions{"XA": mine}, nil, prefix + "A",
			actions{"XA": mine, "A": text}, ""},
		"update the id to a taken": {request("Update", prefix+"A", "B"), actions{"A": mine, "B": others}, nil,
			prefix + "A", nil, "already launched"},
		"update the id above 50": {request("Update", prefix+"A", "B"), actions{"A": mine}, limit, prefix + "A",
			nil, "50 custom actions"},
		"update with a bad one": {cfn.Event{RequestType: "Update", PhysicalResourceID: prefix + "A",
			ResourceProperties: map[string]any{"Id": "A", "Name": 3, "Description": ""}}, actions{"A": mine}, nil,
			prefix + "A", nil, "property Name must be a text"},
		"delete": {request("Delete", prefix+"A", "A"), actions{"A": mine, "B": mine}, nil,
			prefix + "A", actions{"B": mine}, ""},
		"delete the replaced": {request("Delete", prefix+"A", "B"), actions{"A": mine, "B": mine}, nil,
			prefix + "A", actions{"B": mine}, ""},
		"delete without a signature": {request("Delete", prefix+"A", "A"), actions{"A": nobodys}, nil, prefix + "A",
			actions{}, ""},
		"delete what another has now": {request("Delete", prefix+"A", "A"), actions{"A": others}, nil, prefix + "A",
			nil, ""},
		"delete what is gone": {request("Delete", prefix+"A", "A"), nil, nil, prefix + "A", nil, ""},
		"delete without hub":  {request("Delete", prefix+"A", "A"), nil, disabled, prefix + "A", nil, ""},
		"delete in bad weather": {request("Delete", prefix+"A", "A"), actions{"A": mine}, other, prefix + "A",
			nil, "delete the custom action A: InternalException"},
		"delete needs no property": {cfn.Event{RequestType: "Delete", StackID: stackID,
			PhysicalResourceID: prefix + "A"}, actions{"A": mine}, nil, prefix + "A", actions{}, ""},
		"delete what was refused": {request("Delete", never, "A"), actions{"A": others}, nil, never, nil, ""},
		"delete a person's":       {request("Delete", never, "A"), actions{"A": nobodys}, nil, never, nil, ""},
		"delete, answer was lost": {request("Delete", byLogical, "A"), actions{"A": mine}, nil, byLogical,
			actions{}, ""},
		"delete nothing at all": {cfn.Event{RequestType: "Delete", StackID: stackID,
			PhysicalResourceID: byLogical}, actions{"A": mine}, nil, byLogical, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &hub{actions: map[string]string{}, err: tc.err}
			for id, a := range tc.before {
				h.actions[prefix+id] = a
			}
			if tc.after == nil {
				tc.after = tc.before
			}
			want := map[string]string{}
			for id, a := range tc.after {
				want[prefix+id] = a
			}
			id, data, err := provider(h).Handle(t.Context(), tc.request)
			if id != tc.id {
				t.Errorf("physical id = %q, want %q", id, tc.id)
			}
			if diff := cmp.Diff(want, h.actions); diff != "" {
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

// At 50 actions Security Hub may say so before it says that the action exists, so an update
// must not ask for a new one.
func TestUpdateCreatesNothing(t *testing.T) {
	t.Parallel()
	h := &hub{actions: map[string]string{prefix + "A": mine}}
	if _, _, err := provider(h).Handle(t.Context(), request("Update", prefix+"A", "A")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"describe", "update " + prefix + "A"}, h.calls); diff != "" {
		t.Error(diff)
	}
}

// What CloudFormation does when a launch fails, in its order: the other's action survives.
func TestFailedCreateDeletesNothing(t *testing.T) {
	t.Parallel()
	h := &hub{actions: map[string]string{prefix + "A": others}}
	id, _, err := provider(h).Handle(t.Context(), request("Create", "", "A"))
	if err == nil {
		t.Fatal("the create succeeded")
	}
	if _, _, err := provider(h).Handle(t.Context(), request("Delete", id, "A")); err != nil {
		t.Errorf("delete = %v; the rollback would fail", err)
	}
	if h.actions[prefix+"A"] != others {
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
