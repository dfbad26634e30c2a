// Package customaction makes Security Hub custom actions part of a CloudFormation
// stack, which has no resource type for them.
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

	"hubmend/internal/awserr"
)

// API is what Provider needs of the service.
type API interface {
	CreateActionTarget(context.Context, *securityhub.CreateActionTargetInput, ...func(*securityhub.Options)) (*securityhub.CreateActionTargetOutput, error)
	UpdateActionTarget(context.Context, *securityhub.UpdateActionTargetInput, ...func(*securityhub.Options)) (*securityhub.UpdateActionTargetOutput, error)
	DeleteActionTarget(context.Context, *securityhub.DeleteActionTargetInput, ...func(*securityhub.Options)) (*securityhub.DeleteActionTargetOutput, error)
}

// Provider handles the requests of Custom::HubmendCustomAction with the properties Id,
// Name and Description. Ref is the action's ARN.
type Provider struct {
	Client API
	Log    *slog.Logger
}

// notCreated is the physical id of an action that was never made. CloudFormation deletes
// what failed to be created; this id keeps it from deleting somebody else's action.
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
	p.Log.InfoContext(ctx, "custom action", "request", e.RequestType, "stack", e.StackID, "id", e.ResourceProperties["Id"], "arn", arn, "error", err)
	if err != nil {
		return arn, nil, err
	}
	return arn, map[string]any{"Arn": arn}, nil
}

func (p *Provider) handle(ctx context.Context, e cfn.Event) (string, error) {
	if e.RequestType == cfn.RequestDelete {
		return e.PhysicalResourceID, p.delete(ctx, e.PhysicalResourceID)
	}
	a, err := parse(e.ResourceProperties)
	if err != nil {
		return orNotCreated(e.PhysicalResourceID), err
	}
	if e.RequestType == cfn.RequestUpdate && strings.HasSuffix(e.PhysicalResourceID, "/"+a.id) {
		return e.PhysicalResourceID, p.update(ctx, e.PhysicalResourceID, a)
	}
	// A new id is a new action; CloudFormation deletes the old one afterwards.
	arn, err := p.create(ctx, a)
	if err != nil {
		return orNotCreated(e.PhysicalResourceID), err
	}
	return arn, nil
}

func (p *Provider) create(ctx context.Context, a action) (string, error) {
	out, err := p.Client.CreateActionTarget(ctx, &securityhub.CreateActionTargetInput{Id: &a.id, Name: &a.name, Description: &a.description})
	if err != nil {
		return "", explain(a, err)
	}
	return *out.ActionTargetArn, nil
}

func (p *Provider) update(ctx context.Context, arn string, a action) error {
	_, err := p.Client.UpdateActionTarget(ctx, &securityhub.UpdateActionTargetInput{ActionTargetArn: &arn, Name: &a.name, Description: &a.description})
	if err != nil {
		return explain(a, err)
	}
	return nil
}

// delete succeeds when there is nothing to delete: the action is gone, or Security Hub
// is, and its actions with it.
func (p *Provider) delete(ctx context.Context, arn string) error {
	if !strings.HasPrefix(arn, "arn:") {
		return nil
	}
	_, err := p.Client.DeleteActionTarget(ctx, &securityhub.DeleteActionTargetInput{ActionTargetArn: &arn})
	var gone *types.ResourceNotFoundException
	var disabled *types.InvalidAccessException
	if err == nil || errors.As(err, &gone) || errors.As(err, &disabled) {
		return nil
	}
	return fmt.Errorf("delete the custom action %s: %s", arn, awserr.Message(err))
}

// explain says what to do about an error of the service.
func explain(a action, err error) error {
	var exists *types.ResourceConflictException
	var limit *types.LimitExceededException
	var disabled *types.InvalidAccessException
	var gone *types.ResourceNotFoundException
	switch {
	case errors.As(err, &exists):
		return fmt.Errorf("a custom action with the id %s exists already in this account and Region: the product is launched here, or somebody else uses the id. Terminate the other product, or delete the action in Security Hub, Settings, Custom actions", a.id)
	case errors.As(err, &limit):
		return fmt.Errorf("this account has the 50 custom actions that Security Hub allows in a Region: delete one that is not needed and launch again (%s)", a.id)
	case errors.As(err, &disabled):
		return fmt.Errorf("Security Hub is not enabled in this account and Region: enable it and launch again") //nolint:staticcheck // a product's name
	case errors.As(err, &gone):
		return fmt.Errorf("the custom action %s is gone, somebody deleted it: terminate the product and launch it again", a.id)
	default:
		return fmt.Errorf("custom action %s: %s", a.id, awserr.Message(err))
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
