// Package customaction makes Security Hub custom actions part of a CloudFormation
// stack, which has no resource type for them.
//
// An account and Region has an action with an id once, so a playbook can be launched there
// once. The action itself names the stack that owns it, see owner.go.
package customaction

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/aws/awserr"
)

// API is what Provider needs of the service.
type API interface {
	CreateActionTarget(context.Context, *securityhub.CreateActionTargetInput,
		...func(*securityhub.Options)) (*securityhub.CreateActionTargetOutput, error)
	UpdateActionTarget(context.Context, *securityhub.UpdateActionTargetInput,
		...func(*securityhub.Options)) (*securityhub.UpdateActionTargetOutput, error)
	DeleteActionTarget(context.Context, *securityhub.DeleteActionTargetInput,
		...func(*securityhub.Options)) (*securityhub.DeleteActionTargetOutput, error)
	DescribeActionTargets(context.Context, *securityhub.DescribeActionTargetsInput,
		...func(*securityhub.Options)) (*securityhub.DescribeActionTargetsOutput, error)
}

// Provider handles the requests of Custom::HubmendCustomAction with the properties Id,
// Name and Description. Ref is the action's ARN.
type Provider struct {
	Client API
	Log    *slog.Logger
}

// notCreated is the physical id of an action that was never made. CloudFormation deletes
// what failed to be created. This id keeps it from deleting an action that is not its own.
const notCreated = "hubmend-custom-action-not-created"

// answerTime is kept back of the function's time to send the response, because a stack
// without a response hangs for an hour.
const answerTime = 5 * time.Second

// Handle answers one request. Its errors are shown to whoever launched the product.
func (p *Provider) Handle(ctx context.Context, e cfn.Event) (string, map[string]any, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-answerTime))
		defer cancel()
	}
	arn, err := p.handle(ctx, e)
	p.Log.InfoContext(ctx, "custom action", "request", e.RequestType, "stack", e.StackID, "id",
		e.ResourceProperties["Id"], "arn", arn, "error", err)
	if err != nil {
		return arn, nil, err
	}
	return arn, map[string]any{"Arn": arn}, nil
}

func (p *Provider) handle(ctx context.Context, e cfn.Event) (string, error) {
	stack := stackName(e.StackID)
	if e.RequestType == cfn.RequestDelete {
		return e.PhysicalResourceID, p.delete(ctx, e, stack)
	}
	a, err := parse(e.ResourceProperties)
	if err != nil {
		return orNotCreated(e.PhysicalResourceID), err
	}
	a.description = signed(a.description, stack)
	put := p.create
	if e.RequestType == cfn.RequestUpdate && strings.HasSuffix(e.PhysicalResourceID, "/"+a.id) {
		put = p.update
	} // else a new id is a new action; CloudFormation deletes the old one afterwards
	arn, err := put(ctx, a, stack)
	if err != nil {
		return orNotCreated(e.PhysicalResourceID), err
	}
	return arn, nil
}

// create makes the action. One that the stack has already is what an earlier try of this
// request made before its answer was lost.
func (p *Provider) create(ctx context.Context, a action, stack string) (string, error) {
	out, err := p.Client.CreateActionTarget(ctx,
		&securityhub.CreateActionTargetInput{Id: &a.id, Name: &a.name, Description: &a.description})
	if err == nil {
		return *out.ActionTargetArn, nil
	}
	var exists *types.ResourceConflictException
	if !errors.As(err, &exists) {
		return "", explain(a.id, err)
	}
	found, err := p.find(ctx, a.id)
	switch {
	case err != nil:
		return "", explain(a.id, err)
	case found == nil:
		return "", fmt.Errorf("the custom action %s was deleted at this moment: try again", a.id)
	case found.owner == "":
		return "", fmt.Errorf(
			"this account and Region has a custom action %s already, which does not say of which playbook: "+
				"terminate the playbook that has it, or delete it in Security Hub, Settings, Custom actions, and "+
				"launch again", a.id)
	case found.owner != stack:
		return "", launched(found)
	}
	return found.arn, p.change(ctx, found.arn, a)
}

// update changes the stack's action, and makes it again when somebody deleted it. To refuse
// would leave the stack stuck, because a rollback is an update too.
func (p *Provider) update(ctx context.Context, a action, stack string) (string, error) {
	found, err := p.find(ctx, a.id)
	switch {
	case err != nil:
		return "", explain(a.id, err)
	case found == nil:
		return p.create(ctx, a, stack)
	case found.owner != "" && found.owner != stack:
		return "", launched(found)
	}
	return found.arn, p.change(ctx, found.arn, a)
}

func (p *Provider) change(ctx context.Context, arn string, a action) error {
	_, err := p.Client.UpdateActionTarget(ctx,
		&securityhub.UpdateActionTargetInput{ActionTargetArn: &arn, Name: &a.name, Description: &a.description})
	if err != nil {
		return explain(a.id, err)
	}
	return nil
}

func launched(found *existing) error {
	return fmt.Errorf("the playbook is already launched in this account and Region, as %s: update that one instead "+
		"(it has %s)", found.owner, found.arn)
}

// delete deletes the action unless it is another stack's. It succeeds when there is nothing
// to delete: the action is gone, or Security Hub is, and its actions with it.
//
// The physical id is no ARN when the create failed, which made nothing, or when its answer
// never came. Then an action may be there, and it is the stack's if it says so.
func (p *Provider) delete(ctx context.Context, e cfn.Event, stack string) error {
	id, known := idOf(e.PhysicalResourceID)
	if !known {
		if id, _ = e.ResourceProperties["Id"].(string); id == "" {
			return nil
		}
	}
	found, err := p.find(ctx, id)
	if err == nil && found != nil && (found.owner == stack || known && found.owner == "") {
		_, err = p.Client.DeleteActionTarget(ctx, &securityhub.DeleteActionTargetInput{ActionTargetArn: &found.arn})
	}
	var gone *types.ResourceNotFoundException
	var disabled *types.InvalidAccessException
	if err == nil || errors.As(err, &gone) || errors.As(err, &disabled) {
		return nil
	}
	return fmt.Errorf("delete the custom action %s: %s", id, awserr.Message(err))
}

// explain returns what to do about an error of the service.
func explain(id string, err error) error {
	var limit *types.LimitExceededException
	var disabled *types.InvalidAccessException
	switch {
	case errors.As(err, &limit):
		return fmt.Errorf("this account has the 50 custom actions that Security Hub allows in a Region: delete one "+
			"that is not needed and launch again (%s)", id)
	case errors.As(err, &disabled):
		//nolint:staticcheck // a product's name
		return fmt.Errorf("Security Hub is not enabled in this account and Region: enable it and launch again")
	default:
		return fmt.Errorf("custom action %s: %s", id, awserr.Message(err))
	}
}

type action struct{ id, name, description string }

func parse(properties map[string]any) (action, error) {
	var a action
	var errs []error
	for name, into := range map[string]*string{"Id": &a.id, "Name": &a.name, "Description": &a.description} {
		text, ok := properties[name].(string)
		if !ok || text == "" {
			errs = append(errs, fmt.Errorf("property %s must be a text", name))
		}
		*into = text
	}
	return a, errors.Join(errs...)
}

func orNotCreated(physicalID string) string {
	if physicalID == "" {
		return notCreated
	}
	return physicalID
}
