package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/uuid"

	"hubmend/internal/engine/naming"
)

const deployRollout = "npx cdk deploy " + naming.RolloutStack

func (e *examination) memberRoles(ctx context.Context) (report, error) {
	return e.parts(ctx, naming.MemberRolesStack)
}

func (e *examination) memberRunbooks(ctx context.Context) (report, error) {
	return e.parts(ctx, naming.MemberRunbooksStack)
}

// parts checks every part of a member stack.
func (e *examination) parts(ctx context.Context, stack string) (report, error) {
	var all report
	for _, part := range e.Catalog.Parts() {
		r, err := e.members(ctx, naming.Part(stack, part.Number))
		if err != nil {
			return r, err
		}
		all.add(r)
	}
	return all, nil
}

// members checks how a member template is deployed: as a StackSet, as a stack of this account, or both.
func (e *examination) members(ctx context.Context, name string) (report, error) {
	if e.stacksErr != nil {
		return report{}, e.stacksErr
	}
	own, err := e.ownMember(ctx, name)
	if err != nil {
		return own, err
	}
	set, as, err := e.stackSet(ctx, name)
	var missing *types.StackSetNotFoundException
	switch {
	case errors.As(err, &missing) && e.organization() == "":
		return own, nil
	case errors.As(err, &missing):
		r := report{problems: own.problems,
			unknown: "this account has no StackSet " + name + ", so the state of the members is unknown"}
		r.hint = "run hubmend doctor in the account of the stack " + naming.RolloutStack +
			"; if members are deployed manually, check their stacks"
		return r, nil
	case err != nil:
		return own, err
	}
	r, err := e.setReport(ctx, set, as, name)
	r.problems = append(own.problems, r.problems...)
	if own.found != "" {
		r.found = own.found + "; " + r.found
	}
	return r, err
}

// ownMember checks the stack of a member template in this account, which has one if its own resources
// are remediated.
func (e *examination) ownMember(ctx context.Context, name string) (report, error) {
	own := naming.Stack(name)
	i := slices.IndexFunc(e.stacks, func(s stack) bool { return s.name == own || isInstance(s.name, own) })
	deploy := "deploy " + name + " again (docs/deployment.md)"
	if i < 0 {
		var r report
		if e.organization() == "" {
			r.problem("deploy the template "+name+" in this account (docs/deployment.md)",
				"stack %s not found, and Hubmend remediates only this account", own)
		}
		return r, nil
	}
	r := e.stackReport(e.stacks[i], deploy)
	if len(r.problems) > 0 {
		return r, nil
	}
	return e.compareStack(ctx, e.stacks[i].name, name, deploy)
}

// isInstance reports whether a stack belongs to a StackSet: CloudFormation names it after the StackSet and
// a UUID. Another part of the same member stack has a number there.
func isInstance(stack, set string) bool {
	rest, ok := strings.CutPrefix(stack, "StackSet-"+set)
	_, err := uuid.Parse(strings.TrimPrefix(rest, "-"))
	return ok && (rest == "" || err == nil)
}

// stackSet finds the StackSet of a template, in this account or as a delegated administrator.
func (e *examination) stackSet(ctx context.Context, template string) (*types.StackSet, types.CallAs, error) {
	name := naming.Stack(template)
	var first error
	for _, as := range []types.CallAs{types.CallAsSelf, types.CallAsDelegatedAdmin} {
		out, err := e.formation.DescribeStackSet(ctx,
			&cloudformation.DescribeStackSetInput{StackSetName: &name, CallAs: as})
		if err == nil {
			return out.StackSet, as, nil
		}
		if first == nil {
			first = err // the other error only says that this account is no delegated administrator
		}
	}
	return nil, "", first
}

func (e *examination) setReport(ctx context.Context, set *types.StackSet, as types.CallAs, name string) (report,
	error) {
	r := e.compare("the StackSet "+name, aws.ToString(set.TemplateBody), name, deployRollout)
	counts := map[string]int{}
	in := &cloudformation.ListStackInstancesInput{StackSetName: set.StackSetName, CallAs: as}
	pages := cloudformation.NewListStackInstancesPaginator(e.formation, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return r, err
		}
		for _, i := range page.Summaries {
			where := aws.ToString(i.Account) + " " + aws.ToString(i.Region)
			counts[string(i.Status)]++
			switch {
			case i.Status != types.StackInstanceStatusCurrent:
				detail := ""
				if i.StackInstanceStatus != nil {
					detail = ", " + string(i.StackInstanceStatus.DetailedStatus)
				}
				r.problem(deployRollout+
					"; the reason is in the operations of the StackSet in the CloudFormation console",
					"%s in %s is %s%s: %s", name, where, i.Status, detail, aws.ToString(i.StatusReason))
			case i.DriftStatus == types.StackDriftStatusDrifted:
				r.problem("review the drift of the stack in that account and revert it, or run "+deployRollout,
					"%s in %s has drifted", name, where)
			}
		}
	}
	if len(counts) == 0 {
		r.problem(deployRollout, "StackSet %s has no stacks, so no member can be remediated", name)
	}
	drift := "drift was never checked"
	if d := set.StackSetDriftDetectionDetails; d != nil && d.LastDriftCheckTimestamp != nil {
		drift = fmt.Sprintf("drift was checked on %s: %s", d.LastDriftCheckTimestamp.UTC().Format("2006-01-02"),
			d.DriftStatus)
	}
	said := fmt.Sprintf("StackSet %s: %d CURRENT; %s", name,
		counts[string(types.StackInstanceStatusCurrent)], drift)
	if r.unknown != "" {
		r.unknown = said + "; " + r.unknown
	} else {
		r.found = said
	}
	return r, nil
}
