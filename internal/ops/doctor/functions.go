package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"hubmend/internal/engine/naming"
)

// feeds says which queue feeds which function.
var feeds = []struct{ queue, function string }{
	{naming.FindingsQueue, naming.DispatchFunction}, {naming.OutcomesQueue, naming.SettleFunction},
}

func (e *examination) functions(ctx context.Context) (report, error) {
	r := report{}
	names := []string{naming.DispatchFunction, naming.SettleFunction, naming.SweepFunction, naming.CustomActionFunction}
	for _, name := range names {
		out, err := e.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		var missing *types.ResourceNotFoundException
		switch {
		case errors.As(err, &missing):
			r.problem(restore(name), "there is no function %s", name)
		case err != nil:
			return r, err
		// it sleeps when nobody calls it for weeks
		case out.State != types.StateActive && out.State != types.StateInactive:
			r.problem(deployAdmin, "the function %s is %s: %s", name, out.State, aws.ToString(out.StateReason))
		case out.LastUpdateStatus == types.LastUpdateStatusFailed:
			r.problem(deployAdmin, "the last update of the function %s failed: %s", name,
				aws.ToString(out.LastUpdateStatusReason))
		}
	}
	r.found = fmt.Sprintf("%d functions are there", len(names))
	return r, nil
}

// restore is what brings back what somebody deleted behind CloudFormation's back.
func restore(what string) string {
	return "CloudFormation does not notice that " + what + " is gone: deploy " + naming.AdminStack +
		" from a template without it, and then again with it"
}

func (e *examination) mappings(ctx context.Context) (report, error) {
	r := report{}
	var fed []string
	for _, f := range feeds {
		mapping, err := e.mapping(ctx, f.queue, f.function)
		switch {
		case err != nil:
			return r, err
		case mapping == nil:
			r.problem(restore("the event source mapping"), "nothing feeds %s from the queue %s", f.function, f.queue)
		case aws.ToString(mapping.State) != "Enabled":
			r.problem("aws lambda update-event-source-mapping --enabled --uuid "+aws.ToString(mapping.UUID),
				"what feeds %s from the queue %s is %s", f.function, f.queue, aws.ToString(mapping.State))
		}
		fed = append(fed, f.function)
	}
	r.found = strings.Join(fed, " and ") + " are fed from their queues"
	return r, nil
}

// mapping finds what feeds a function from a queue.
func (e *examination) mapping(ctx context.Context, queue, function string) (*types.EventSourceMappingConfiguration,
	error) {
	pages := lambda.NewListEventSourceMappingsPaginator(e.lambda,
		&lambda.ListEventSourceMappingsInput{FunctionName: &function})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var missing *types.ResourceNotFoundException
		if errors.As(err, &missing) {
			return nil, nil //nolint:nilnil // without the function nothing feeds it
		}
		if err != nil {
			return nil, err
		}
		for _, m := range page.EventSourceMappings {
			if strings.HasSuffix(aws.ToString(m.EventSourceArn), ":"+queue) {
				return &m, nil
			}
		}
	}
	return nil, nil //nolint:nilnil // there is none
}
