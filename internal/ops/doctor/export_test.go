package doctor

import (
	"context"

	"hubmend/internal/engine/naming"
)

// Exports for the tests of this package.
var (
	Differences = differences
	Why         = why
	Summary     = summary
)

// TemplateOf reads a template as a deployment with a folder of them does.
func TemplateOf(folder, name string) (string, []byte, error) {
	return (&examination{Deployment: Deployment{Templates: folder}}).template(name)
}

// Look runs one check.
func (d Deployment) Look(ctx context.Context, name, organization string) []Result {
	e := d.examination()
	e.admin = &stack{name: naming.AdminStack, parameters: map[string]string{"OrganizationId": organization}}
	for _, c := range checks {
		if c.name == name {
			r, err := c.look(e, ctx)
			return r.results(name, err)
		}
	}
	return nil
}

// Routing checks the routes of launched playbooks, of which it has the parameters. Its rules are ENABLED.
func (d Deployment) Routing(ctx context.Context, patterns map[string]string, playbooks ...map[string]string) []Result {
	e := d.examination()
	for _, parameters := range playbooks {
		e.stacks = append(e.stacks, stack{parameters: parameters})
	}
	rules := map[string]rule{"hubmend-schedule": {state: "ENABLED"}}
	for name, pattern := range patterns {
		rules[name] = rule{"ENABLED", pattern}
		rules[name+"-off"] = rule{"DISABLED", pattern}
	}
	r, err := e.routing(ctx, rules)
	return r.results("rules", err)
}
