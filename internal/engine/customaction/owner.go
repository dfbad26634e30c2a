package customaction

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
)

// The description of an action ends with the name of the stack that has it. Nothing else of
// an action can carry it, and a note of our own elsewhere could differ from what is there:
// this one comes and goes with the action, in the same call.
var signature = regexp.MustCompile(` \(launched as ([A-Za-z0-9-]+)\)$`)

func signed(description, stack string) string {
	return fmt.Sprintf("%s (launched as %s)", description, stack)
}

// existing is an action that Security Hub has.
type existing struct {
	arn   string
	owner string // name of the stack; empty when a person made it, or changed its description
}

// find looks for an action by its id. It returns nil when there is none.
func (p *Provider) find(ctx context.Context, id string) (*existing, error) {
	pages := securityhub.NewDescribeActionTargetsPaginator(p.Client, &securityhub.DescribeActionTargetsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range page.ActionTargets {
			if found, ok := idOf(*a.ActionTargetArn); !ok || found != id {
				continue
			}
			e := existing{arn: *a.ActionTargetArn}
			if m := signature.FindStringSubmatch(*a.Description); m != nil {
				e.owner = m[1]
			}
			return &e, nil
		}
	}
	return nil, nil //nolint:nilnil // as documented
}

// idOf returns the id at the end of an action's ARN.
func idOf(arn string) (string, bool) {
	if !strings.HasPrefix(arn, "arn:") {
		return "", false
	}
	_, id, ok := strings.Cut(arn, ":action/custom/")
	return id, ok
}

// stackName returns the name in a stack's ARN, arn:...:stack/<name>/<uuid>. No two stacks of an
// account and Region have the same.
func stackName(stackID string) string {
	if parts := strings.Split(stackID, "/"); len(parts) > 1 {
		return parts[1]
	}
	return stackID
}
