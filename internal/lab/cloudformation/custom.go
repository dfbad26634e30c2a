package cloudformation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"hubmend/internal/lab/apicall"
)

// customTimeout is how long the lab waits for a custom resource. AWS waits an hour.
const customTimeout = 90 * time.Second

func createCustom(ctx context.Context, s *Stack, p Properties) (Created, error) {
	return s.askCustom(ctx, cfn.Event{RequestType: cfn.RequestCreate, ResourceProperties: p.All}, p)
}

func updateCustom(ctx context.Context, s *Stack, was Deployed, p Properties) (Created, error) {
	return s.askCustom(ctx, cfn.Event{
		RequestType: cfn.RequestUpdate, ResourceProperties: p.All, OldResourceProperties: was.Properties,
		PhysicalResourceID: was.Ref,
	}, p)
}

func deleteCustom(ctx context.Context, s *Stack, was Deployed) error {
	_, err := s.askCustom(ctx,
		cfn.Event{RequestType: cfn.RequestDelete, ResourceProperties: was.Properties, PhysicalResourceID: was.Ref},
		was.Was())
	return err
}

// askCustom calls the function of a custom resource and waits for its answer at a URL, as in AWS. A resource that fails
// is deleted by its physical id, which CloudFormation makes up when no answer comes.
func (s *Stack) askCustom(ctx context.Context, e cfn.Event, p Properties) (Created, error) {
	token, answered := s.stacks.Responses.expect()
	e.RequestID, e.ResponseURL = token, s.Lab.Endpoint+ResponsePath+token
	e.ResourceType, e.LogicalResourceID, e.StackID = "Custom::HubmendCustomAction", p.LogicalID, s.ID
	payload, err := json.Marshal(e)
	if err != nil {
		return Created{}, err
	}
	unanswered := Created{Ref: e.PhysicalResourceID}
	if unanswered.Ref == "" {
		unanswered.Ref = s.PhysicalID(p.LogicalID)
	}
	if err := s.Permitted(p.Text("ServiceToken"), "lambda:InvokeFunction"); err != nil {
		return Created{}, err
	}
	if err := s.stacks.functions.Try(s.At, apicall.LastPart(p.Text("ServiceToken"), ":"), payload); err != nil {
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
			return Created{}, fmt.Errorf("read the custom resource's answer: %w", err)
		}
		if r.Status != cfn.StatusSuccess {
			err = fmt.Errorf("received response status [FAILED] from custom resource. Message returned: %s", r.Reason)
		}
		return Created{r.PhysicalResourceID, r.Data}, err
	}
}
