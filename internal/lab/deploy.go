package lab

import (
	"context"
	"maps"
	"slices"
	"strings"

	"hubmend/internal/engine/naming"
	"hubmend/internal/lab/apicall"
)

// The kept templates.
const (
	AdminStack          = naming.AdminStack
	MemberRolesStack    = naming.MemberRolesStack
	MemberRunbooksStack = naming.MemberRunbooksStack
)

// Deploy deploys Hubmend as the README describes: the admin stack in the first account, the member roles in
// every account that is a member, and the member runbooks in every Region of each. StackSets deploy to all
// accounts but the first.
func (l *Lab) Deploy(ctx context.Context) error {
	parameters := map[string]string{"OrganizationId": l.world.Organization}
	if l.reevaluates() {
		parameters[reevaluate] = "true"
	}
	maps.Copy(parameters, l.config.Admin)
	if err := l.deploy(ctx, apicall.Place{Account: l.world.Admin, Region: l.world.Home}, AdminStack,
		parameters); err != nil {
		return err
	}
	roles := map[string]string{"AdministratorAccount": l.world.Admin}
	if l.reevaluates() {
		roles[reevaluate] = "true"
	}
	for _, account := range l.byHand() {
		if err := l.deployMember(ctx, apicall.Place{Account: account, Region: l.world.Home}, MemberRolesStack,
			roles); err != nil {
			return err
		}
		for _, region := range l.config.Regions {
			err := l.deployMember(ctx, apicall.Place{Account: account, Region: region}, MemberRunbooksStack,
				map[string]string{"AdministratorAccount": l.world.Admin, "AdministratorRegion": l.world.Home})
			if err != nil {
				return err
			}
		}
	}
	return l.rollOut(ctx)
}

// deployMember deploys every part of a member stack. Only the first has parameters.
func (l *Lab) deployMember(ctx context.Context, at apicall.Place, stack string, parameters map[string]string) error {
	if err := l.deploy(ctx, at, stack, parameters); err != nil {
		return err
	}
	for _, part := range l.assembly.FurtherParts(stack) {
		if err := l.deploy(ctx, at, part, nil); err != nil {
			return err
		}
	}
	return nil
}

// deploy deploys a template as the stack of its name.
func (l *Lab) deploy(ctx context.Context, at apicall.Place, template string, parameters map[string]string) error {
	name := naming.Stack(template)
	t, err := l.assembly.Template(template)
	if err != nil {
		return err
	}
	all := l.assembly.CodeParameters(t)
	maps.Copy(all, parameters)
	return l.stacks.Deploy(ctx, at, name, name, t, all)
}

// RolloutStack has the StackSets of the member templates.
const RolloutStack = naming.RolloutStack

// byHand lists the accounts in which member templates are deployed as stacks. With a roll-out, these are the accounts
// that StackSets do not reach: the first, which is also the management account, and those outside the organization.
func (l *Lab) byHand() []string {
	accounts := l.config.Accounts
	if l.assembly.AsksForTargets() {
		accounts = append([]string{l.world.Admin}, l.config.Outsiders...)
	}
	if l.config.AdminApart {
		accounts = slices.DeleteFunc(slices.Clone(accounts), func(a string) bool { return a == l.world.Admin })
	}
	return accounts
}

// rollOut deploys the member templates to the other accounts with StackSets.
func (l *Lab) rollOut(ctx context.Context) error {
	if !l.assembly.AsksForTargets() {
		return nil
	}
	parameters := map[string]string{
		"OrganizationalUnits": "r-hubmend", "Regions": strings.Join(l.config.Regions, ","),
		"AdministratorAccount": l.world.Admin,
	}
	if l.reevaluates() {
		parameters[reevaluate] = "true"
	}
	return l.deploy(ctx, apicall.Place{Account: l.world.Admin, Region: l.world.Home}, RolloutStack, parameters)
}

// reevaluate is the parameter that has Hubmend ask AWS Config to evaluate rules again.
const reevaluate = "Reevaluate"

func (l *Lab) reevaluates() bool { return l.config.Reevaluate != "" }
