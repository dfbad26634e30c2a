package automation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// callLimit is how long the service lets one API call run.
const callLimit = 25 * time.Second

// executeAPI makes the call of an aws:executeAwsApi step.
func (r *run) executeAPI(ctx context.Context, a attempt) (result, error) {
	response, err := r.call(ctx, a)
	return result{response: response}, err
}

// call makes the API call that a step's inputs describe. While the API throttles, the
// call is repeated for ThrottleRetry, with a pause that doubles from one second.
func (r *run) call(ctx context.Context, a attempt) (map[string]any, error) {
	service, err := a.textInput("Service")
	if err != nil {
		return nil, err
	}
	api, err := a.textInput("Api")
	if err != nil {
		return nil, err
	}
	parameters := maps.Clone(a.inputs)
	for _, name := range []string{"Service", "Api", "PropertySelector", "DesiredValues"} {
		delete(parameters, name)
	}
	giveUp := r.Clock.Now().Add(r.ThrottleRetry)
	for pause := time.Second; ; pause *= 2 {
		response, err := r.callOnce(ctx, service, api, parameters)
		if !throttled(err) || r.Clock.Now().Add(pause).After(giveUp) {
			return response, err
		}
		if err := r.sleep(ctx, a.until, pause); err != nil {
			return nil, err
		}
	}
}

func (r *run) callOnce(ctx context.Context, service, api string, parameters map[string]any) (map[string]any, error) {
	tooLong := &failure{
		status: Failed, kind: ActionFailure, stage: executing,
		reason: fmt.Sprintf("the %s operation ran longer than the %s that Automation allows a call", api, callLimit),
	}
	limited, cancel := context.WithTimeoutCause(ctx, callLimit, tooLong)
	defer cancel()
	response, err := r.API.Call(limited, service, api, parameters)
	if err == nil {
		return response, nil
	}
	if limited.Err() != nil {
		return nil, because(limited, err)
	}
	return nil, apiFailure(api, err)
}

func throttled(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.kind == ThrottlingFailure
}
