package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/servicecatalog/versions"
)

// groups returns the groups of a launched playbook's stack: ENABLED or DISABLED by id. Any other stack
// has none.
func (s stack) groups() map[string]string {
	all := map[string]string{}
	for name, value := range s.parameters {
		if id, ok := strings.CutSuffix(name, catalog.Group{}.Parameter()); ok {
			all[id] = value
		}
	}
	return all
}

// launched returns the stacks of launched playbooks.
func (e *examination) launched() []stack {
	return slices.DeleteFunc(slices.Clone(e.stacks), func(s stack) bool { return len(s.groups()) == 0 })
}

func (e *examination) playbook(ctx context.Context) (report, error) {
	r := report{}
	if e.stacksErr != nil {
		return r, e.stacksErr
	}
	var found []string
	for _, s := range e.launched() {
		update := "hubmend playbook update --version VERSION"
		r.problems = append(r.problems, e.stackReport(s, update).problems...)
		version, err := e.version(ctx, s)
		if err != nil {
			return r, err
		}
		on := 0
		for _, value := range s.groups() {
			if value == "ENABLED" {
				on++
			}
		}
		found = append(found,
			fmt.Sprintf("%s%s is launched with %d of %d groups ENABLED", s.name, version, on, len(s.groups())))
	}
	if len(found) == 0 {
		r.problem("hubmend playbook launch PLAYBOOK",
			"no playbook is launched, so nothing is remediated, not even by a custom action")
	}
	r.found = strings.Join(found, "; ")
	return r, nil
}

// version returns the released version of a playbook that a stack has, and whether there is a later one.
func (e *examination) version(ctx context.Context, s stack) (string, error) {
	deployed, err := e.deployed(ctx, s)
	if err != nil {
		return "", err
	}
	for _, p := range e.Catalog.Playbooks {
		names, err := versions.Of(versions.Files, p.ID)
		if err != nil {
			return "", err
		}
		for _, name := range names {
			text, err := versions.Read(versions.Files, versions.File(p.ID, name))
			if err != nil {
				return "", err
			}
			differ, err := differences(deployed, text)
			if err != nil || len(differ) > 0 {
				continue
			}
			if newest := names[len(names)-1]; newest != name {
				return fmt.Sprintf(" (%s, version %s; %s is available)", p.Name, name, newest), nil
			}
			return fmt.Sprintf(" (%s, version %s)", p.Name, name), nil
		}
	}
	return " (version unknown to this build)", nil
}

// deployed returns the template of a stack as it was deployed. Several checks need it, so it is read once.
func (e *examination) deployed(ctx context.Context, s stack) ([]byte, error) {
	if text, ok := e.templates[s.name]; ok {
		return text, nil
	}
	out, err := e.formation.GetTemplate(ctx,
		&cloudformation.GetTemplateInput{StackName: &s.name, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		return nil, err
	}
	e.templates[s.name] = []byte(aws.ToString(out.TemplateBody))
	return e.templates[s.name], nil
}

// product is what the template of a launched playbook has.
type product struct {
	Resources map[string]struct {
		Type       string
		Properties struct {
			ID    string `json:"Id"` // of a custom action
			Name  string
			State any
		}
	}
}

// product reads the template of a launched playbook.
func (e *examination) product(ctx context.Context, s stack) (product, error) {
	var p product
	text, err := e.deployed(ctx, s)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("read the template of %s: %w", s.name, err)
	}
	return p, nil
}

// rules returns the states that the rules should have, by name. Some are the values of parameters.
func (p product) rules(parameters map[string]string) map[string]string {
	states := map[string]string{}
	for _, r := range p.Resources {
		if r.Type != "AWS::Events::Rule" {
			continue
		}
		state, _ := r.Properties.State.(string)
		if reference, ok := r.Properties.State.(map[string]any); ok {
			name, _ := reference["Ref"].(string)
			state = parameters[name]
		}
		states[r.Properties.Name] = state
	}
	return states
}

// customActions returns the ids of the custom actions, sorted.
func (p product) customActions() []string {
	var ids []string
	for _, r := range p.Resources {
		if r.Type == "Custom::HubmendCustomAction" {
			ids = append(ids, r.Properties.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// rules checks that the rules of the admin stack and of every launched playbook are enabled or disabled as
// configured, and that these send each event to the queue once.
func (e *examination) rules(ctx context.Context) (report, error) {
	r := report{}
	rules, err := e.busRules(ctx, "default")
	if err != nil {
		return r, err
	}
	want := map[string]string{naming.SweepRule: "ENABLED"}
	for _, s := range e.launched() {
		p, err := e.product(ctx, s)
		if err != nil {
			return r, err
		}
		maps.Copy(want, p.rules(s.parameters))
	}
	for _, name := range sorted(want) {
		toggle := fmt.Sprintf("aws events %s-rule --name %s",
			map[string]string{"ENABLED": "enable", "DISABLED": "disable"}[want[name]], name)
		switch state := rules[name].state; state {
		case want[name]:
		case "":
			r.problem("launch the playbook again, or deploy "+naming.AdminStack+" again if the rule is its own",
				"rule %s not found", name)
		default:
			r.problem(toggle, "rule %s is %s, but should be %s", name, state, want[name])
		}
	}
	if len(r.problems) == 0 {
		routed, err := e.routing(ctx, rules)
		if err != nil {
			return r, err
		}
		r.add(routed)
	}
	outcomes, err := e.busRules(ctx, naming.EventBus)
	switch {
	case awserr.Code(err) == "ResourceNotFoundException":
		r.problem(restore(naming.EventBus), "event bus %s not found", naming.EventBus)
	case err != nil:
		return r, err
	case len(outcomes) == 0:
		r.problem(restore("the rule"), "event bus %s has no rule, so only the sweep detects outcomes",
			naming.EventBus)
	}
	for _, name := range sorted(outcomes) {
		if outcomes[name].state != "ENABLED" {
			r.problem("aws events enable-rule --event-bus-name "+naming.EventBus+" --name "+name,
				"rule %s on %s is %s", name, naming.EventBus, outcomes[name].state)
		}
	}
	routed := r.found
	r.found = fmt.Sprintf("%d rules are enabled or disabled as configured", len(want)+len(outcomes))
	if routed == "" {
		routed = "no event is sent twice"
	}
	r.found += "; " + routed
	return r, e.stacksErr
}

// rule is a rule as it is deployed. One for a schedule has no pattern.
type rule struct{ state, pattern string }

// busRules returns Hubmend's rules on a bus, by name.
func (e *examination) busRules(ctx context.Context, bus string) (map[string]rule, error) {
	all := map[string]rule{}
	in := &eventbridge.ListRulesInput{NamePrefix: aws.String(naming.Prefix), EventBusName: &bus}
	for {
		out, err := e.events.ListRules(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, r := range out.Rules {
			state := r.State
			if state == eventtypes.RuleStateEnabledWithAllCloudtrailManagementEvents {
				state = eventtypes.RuleStateEnabled
			}
			all[aws.ToString(r.Name)] = rule{string(state), aws.ToString(r.EventPattern)}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all, nil
		}
	}
}

func (e *examination) customActions(ctx context.Context) (report, error) {
	r := report{}
	there := map[string]bool{}
	pages := securityhub.NewDescribeActionTargetsPaginator(e.hub, &securityhub.DescribeActionTargetsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return r, err
		}
		for _, a := range page.ActionTargets {
			arn := aws.ToString(a.ActionTargetArn)
			there[arn[strings.LastIndex(arn, "/")+1:]] = true
		}
	}
	n := 0
	for _, s := range e.launched() {
		p, err := e.product(ctx, s)
		if err != nil {
			return r, err
		}
		for _, id := range p.customActions() {
			n++
			if !there[id] {
				r.problem("run hubmend playbook terminate --yes, then launch the playbook again with the same settings",
					"custom action %s not found in Security Hub", id)
			}
		}
	}
	r.found = fmt.Sprintf("%d custom actions are registered", n)
	return r, e.stacksErr
}

func sorted[V any](m map[string]V) []string {
	var all []string
	for key := range m {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}
