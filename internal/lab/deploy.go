package lab

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"hubmend/internal/cfn"
)

// Names of the stacks that the CDK app synthesizes.
const (
	AdminStack          = "hubmend-admin"
	MemberRolesStack    = "hubmend-member-roles"
	MemberRunbooksStack = "hubmend-member-runbooks"
)

// Deploy does what README tells a user to do: the admin stack in the first account, the
// member roles once in every account, and the member runbooks in every Region of each.
func (l *Lab) Deploy(ctx context.Context) error {
	parameters := map[string]string{"OrganizationId": l.organization}
	maps.Copy(parameters, l.config.Admin)
	if err := l.deploy(ctx, place{l.admin, l.home}, AdminStack, AdminStack, parameters); err != nil {
		return err
	}
	for _, account := range l.config.Accounts {
		err := l.deploy(ctx, place{account, l.home}, MemberRolesStack, MemberRolesStack, map[string]string{"AdministratorAccount": l.admin})
		if err != nil {
			return err
		}
		for _, region := range l.config.Regions {
			err := l.deploy(ctx, place{account, region}, MemberRunbooksStack, MemberRunbooksStack,
				map[string]string{"AdministratorAccount": l.admin, "AdministratorRegion": l.home})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// product is a Service Catalog product of the admin stack.
type product struct {
	name, version, templateURL string
}

// Launch launches a product of the portfolio by its name, as a user does in the console.
func (l *Lab) Launch(ctx context.Context, name string, parameters map[string]string) error {
	for _, p := range l.products {
		if p.name != name {
			continue
		}
		t, err := l.assembly.templateAt(p.templateURL)
		if err != nil {
			return err
		}
		return l.deployTemplate(ctx, place{l.admin, l.home}, "SC-"+l.admin+"-"+slug(name), name+" "+p.version, t, parameters)
	}
	return fmt.Errorf("the portfolio has no product %q; it has %s", name, strings.Join(l.Products(), ", "))
}

// Products lists the products of the portfolio by name.
func (l *Lab) Products() []string {
	var names []string
	for _, p := range l.products {
		names = append(names, p.name)
	}
	return names
}

func slug(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, name)
}

func (l *Lab) deploy(ctx context.Context, at place, name, template string, parameters map[string]string) error {
	t, err := l.assembly.template(template)
	if err != nil {
		return err
	}
	return l.deployTemplate(ctx, at, name, name, t, parameters)
}

// stack is a deployed template.
type stack struct {
	lab  *Lab
	at   place
	name string
	id   string
}

func (l *Lab) deployTemplate(ctx context.Context, at place, name, title string, t *cfn.Template, parameters map[string]string) error {
	begin := time.Now()
	s := &stack{lab: l, at: at, name: name}
	s.id = "arn:" + l.partition + ":cloudformation:" + at.region + ":" + at.account + ":stack/" + name + "/" + uuid.NewString()
	e, err := t.Resolve(cfn.Environment{
		AccountID: at.account, Region: at.region, Partition: l.partition, URLSuffix: "amazonaws.com", StackName: name, StackID: s.id,
	}, parameters)
	if err != nil {
		return fmt.Errorf("deploy %s: %w", name, err)
	}
	order, err := e.Order()
	if err != nil {
		return fmt.Errorf("deploy %s: %w", name, err)
	}
	for _, logicalID := range order {
		if err := s.create(ctx, e, logicalID); err != nil {
			return fmt.Errorf("deploy %s in %s/%s: resource %s: %w", name, at.account, at.region, logicalID, err)
		}
	}
	l.stacks = append(l.stacks, s)
	l.story.tell(KindDeploy, at.account, at.region, "%s: %d resources in %d ms", title, len(order), time.Since(begin).Milliseconds())
	return nil
}

// created is what a resource's Ref and GetAtt give.
type created struct {
	ref        string
	attributes map[string]any
}

// resourceType makes the resources of one type. A property that it does not list is an
// error: a template must not depend on what the lab would silently leave out.
type resourceType struct {
	properties string // space-separated
	create     func(context.Context, *stack, properties) (created, error)
}

func (s *stack) create(ctx context.Context, e *cfn.Evaluation, logicalID string) error {
	r, err := e.Resource(logicalID)
	if err != nil {
		return err
	}
	kind, ok := resourceTypes[r.Type]
	if !ok {
		return fmt.Errorf("the lab does not know the resource type %s", r.Type)
	}
	known := strings.Fields(kind.properties)
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("the lab does not know the property %s of %s", name, r.Type)
		}
	}
	c, err := kind.create(ctx, s, properties{r.Properties, logicalID})
	if err != nil {
		return err
	}
	e.Record(logicalID, c.ref, c.attributes)
	return nil
}

// call makes an AWS call for the stack's account and Region.
func (s *stack) call(ctx context.Context, service, api string, input map[string]any) (map[string]any, error) {
	return s.lab.Call(ctx, Call{Account: s.at.account, Region: s.at.region, Service: service, API: api, Input: input})
}

func (s *stack) arn(service, resource string) string {
	return "arn:" + s.lab.partition + ":" + service + ":" + s.at.region + ":" + s.at.account + ":" + resource
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
