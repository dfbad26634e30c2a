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

// feeds lists the functions with their queues.
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
			r.problem(restore(name), "function %s not found", name)
		case err != nil:
			return r, err
		// a function becomes inactive after weeks without calls
		case out.State != types.StateActive && out.State != types.StateInactive:
			r.problem(deployAdmin, "function %s is %s: %s", name, out.State, aws.ToString(out.StateReason))
		case out.LastUpdateStatus == types.LastUpdateStatusFailed:
			r.problem(deployAdmin, "the latest update of function %s failed: %s", name,
				aws.ToString(out.LastUpdateStatusReason))
		}
	}
	r.found = fmt.Sprintf("%d functions are active", len(names))
	return r, nil
}

// restore says how to recreate what was deleted outside CloudFormation.
func restore(what string) string {
	return "CloudFormation does not recreate a deleted resource: deploy " + naming.AdminStack +
		" from a template without " + what + ", then with it"
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
			r.problem(restore("the event source mapping"), "%s has no event source mapping for queue %s", f.function,
				f.queue)
		case aws.ToString(mapping.State) != "Enabled":
			r.problem("aws lambda update-event-source-mapping --enabled --uuid "+aws.ToString(mapping.UUID),
				"the event source mapping of %s for queue %s is %s", f.function, f.queue, aws.ToString(mapping.State))
		}
		fed = append(fed, f.function)
	}
	r.found = strings.Join(fed, " and ") + " receive messages from their queues"
	return r, nil
}

// mapping finds the event source mapping of a function for a queue.
func (e *examination) mapping(ctx context.Context, queue, function string) (*types.EventSourceMappingConfiguration,
	error) {
	pages := lambda.NewListEventSourceMappingsPaginator(e.lambda,
		&lambda.ListEventSourceMappingsInput{FunctionName: &function})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var missing *types.ResourceNotFoundException
		if errors.As(err, &missing) {
			return nil, nil //nolint:nilnil // without the function there is no mapping
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
