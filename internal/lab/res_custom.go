package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
)

// customTimeout is how long the lab waits for a custom resource. AWS waits an hour.
const customTimeout = 90 * time.Second

func createCustom(ctx context.Context, s *stack, p properties) (created, error) {
	return s.askCustom(ctx, cfn.Event{RequestType: cfn.RequestCreate, ResourceProperties: p.all}, p)
}

func updateCustom(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	return s.askCustom(ctx, cfn.Event{
		RequestType: cfn.RequestUpdate, ResourceProperties: p.all, OldResourceProperties: was.properties,
		PhysicalResourceID: was.ref,
	}, p)
}

func deleteCustom(ctx context.Context, s *stack, was deployed) error {
	_, err := s.askCustom(ctx,
		cfn.Event{RequestType: cfn.RequestDelete, ResourceProperties: was.properties, PhysicalResourceID: was.ref},
		was.was())
	return err
}

// askCustom calls the function of a custom resource and waits for its answer, which comes
// by a URL as it does in AWS. What fails has a physical id too, and is deleted by it: one that
// CloudFormation makes up when no answer comes.
func (s *stack) askCustom(ctx context.Context, e cfn.Event, p properties) (created, error) {
	token, answered := s.stacks.responses.expect()
	e.RequestID, e.ResponseURL = token, s.lab.endpoint+ResponsePath+token
	e.ResourceType, e.LogicalResourceID, e.StackID = "Custom::HubmendCustomAction", p.logicalID, s.id
	payload, err := json.Marshal(e)
	if err != nil {
		return created{}, err
	}
	unanswered := created{ref: e.PhysicalResourceID}
	if unanswered.ref == "" {
		unanswered.ref = s.physicalID(p.logicalID)
	}
	if err := s.permitted(p.text("ServiceToken"), "lambda:InvokeFunction"); err != nil {
		return created{}, err
	}
	if err := s.stacks.functions.try(s.at, lastPart(p.text("ServiceToken"), ":"), payload); err != nil {
		return unanswered, err
	}
	select {
	case <-ctx.Done():
		return unanswered, ctx.Err()
	case <-time.After(customTimeout):
		return unanswered, errors.New("the custom resource did not answer")
	case body := <-answered:
		var r cfn.Response
		if err := json.Unmarshal(body, &r); err != nil {
			return created{}, fmt.Errorf("read the custom resource's answer: %w", err)
		}
		if r.Status != cfn.StatusSuccess {
			err = fmt.Errorf("received response status [FAILED] from custom resource. Message returned: %s", r.Reason)
		}
		return created{r.PhysicalResourceID, r.Data}, err
	}
}
