package lab

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	"hubmend/internal/engine/naming"
)

// The kept templates.
const (
	AdminStack          = naming.AdminStack
	MemberRolesStack    = naming.MemberRolesStack
	MemberRunbooksStack = naming.MemberRunbooksStack
)

// Deploy does what README tells a user to do: the admin stack in the first account, the
// member roles once in every account, and the member runbooks in every Region of each. Into
// all accounts but the first StackSets bring them.
func (l *Lab) Deploy(ctx context.Context) error {
	parameters := map[string]string{"OrganizationId": l.organization}
	maps.Copy(parameters, l.config.Admin)
	if err := l.deploy(ctx, place{l.admin, l.home}, AdminStack, parameters); err != nil {
		return err
	}
	for _, account := range l.byHand() {
		if err := l.deployMember(ctx, place{account, l.home}, MemberRolesStack,
			map[string]string{"AdministratorAccount": l.admin}); err != nil {
			return err
		}
		for _, region := range l.config.Regions {
			err := l.deployMember(ctx, place{account, region}, MemberRunbooksStack,
				map[string]string{"AdministratorAccount": l.admin, "AdministratorRegion": l.home})
			if err != nil {
				return err
			}
		}
	}
	return l.rollOut(ctx)
}

// deployMember deploys every part of a member stack. Only the first has parameters.
func (l *Lab) deployMember(ctx context.Context, at place, stack string, parameters map[string]string) error {
	if err := l.deploy(ctx, at, stack, parameters); err != nil {
		return err
	}
	for _, part := range l.assembly.furtherParts(stack) {
		if err := l.deploy(ctx, at, part, nil); err != nil {
			return err
		}
	}
	return nil
}

// deploy deploys a template as the stack of its name.
func (l *Lab) deploy(ctx context.Context, at place, template string, parameters map[string]string) error {
	name := naming.Stack(template)
	t, err := l.assembly.template(template)
	if err != nil {
		return err
	}
	all := l.assembly.place(t)
	maps.Copy(all, parameters)
	return l.deployTemplate(ctx, at, name, name, t, all)
}

// properties are the evaluated properties of a resource.
type properties struct {
	all       map[string]any
	logicalID string
}

func (p properties) text(name string) string {
	if v := p.all[name]; v != nil {
		return fmt.Sprint(v) // numbers are json.Number
	}
	return ""
}

func (p properties) textOr(name, otherwise string) string { return cmp.Or(p.text(name), otherwise) }

func (p properties) list(name string) []any {
	list, _ := p.all[name].([]any)
	return list
}

func (p properties) sub(name string) properties {
	m, _ := p.all[name].(map[string]any)
	return properties{m, p.logicalID}
}

// pick copies the properties that are set under the name that the API has for them.
func (p properties) pick(names ...string) map[string]any {
	out := map[string]any{}
	for _, name := range names {
		if v, ok := p.all[name]; ok {
			out[name] = v
		}
	}
	return out
}
