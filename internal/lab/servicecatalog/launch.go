package servicecatalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cfn"
	"hubmend/internal/lab/cloudformation"
	"hubmend/internal/lab/story"
)

// Kinds of records.
const (
	provisioning = "PROVISION_PRODUCT"
	reprovision  = "UPDATE_PROVISIONED_PRODUCT"
	terminating  = "TERMINATE_PROVISIONED_PRODUCT"
)

// Launch launches the latest version of a product by its name, as in the console, and waits for it.
func (c *Catalog) Launch(ctx context.Context, name string, parameters map[string]string) error {
	c.mu.Lock()
	q := apicall.Request{Scope: apicall.Scope{Caller: apicall.Caller{Account: c.lab.Admin,
		ARN: "arn:" + c.lab.Partition + ":iam::" + c.lab.Admin + ":user/lab-operator"}, Region: c.lab.Home}}
	i := slices.IndexFunc(c.offersTo(q), func(o *offer) bool { return c.product(o.product).name == name })
	if i < 0 {
		c.mu.Unlock()
		return fmt.Errorf("the portfolio has no product %q; it has %s", name, strings.Join(c.Products(), ", "))
	}
	o := c.offersTo(q)[i]
	p := c.product(o.product)
	newest := p.versions[len(p.versions)-1]
	one, r := c.begin(q, o, newest, slug(name), parameters)
	c.mu.Unlock()
	c.run(ctx, one, r, parameters)
	if r.status != recordSucceeded {
		return errors.New(r.failure)
	}
	return nil
}

// Products lists the products of the portfolios by name.
func (c *Catalog) Products() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for _, p := range c.products {
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

// begin adds a provisioned product that is to be launched.
func (c *Catalog) begin(q apicall.Request, o *offer, v artifact, name string, parameters map[string]string) (*launched,
	*record) {
	one := &launched{
		Place: q.Place(), id: newID("pp-"), name: name, product: c.product(o.product),
		version: v, path: o.portfolio,
		launchedBy: q.Caller.ARN, made: time.Now(), parameters: parameters,
	}
	c.launched = append(c.launched, one)
	return one, c.note(q, one, provisioning, v, "")
}

// note begins a record of an operation.
func (c *Catalog) note(q apicall.Request, one *launched, kind string, v artifact, token string) *record {
	r := &record{of: one, id: newID("rec-"), kind: kind, token: token, version: v, by: q.Caller.ARN, made: time.Now(),
		changed: time.Now(), status: recordCreated}
	one.status, one.message = launchedUnderChange, ""
	one.records, c.records = append(one.records, r), append(c.records, r)
	return r
}

// run carries out an operation under the launch role, and records its outcome.
func (c *Catalog) run(ctx context.Context, one *launched, r *record, parameters map[string]string) {
	c.turn(r, recordInProgress, "")
	begin := time.Now()
	role, err := c.launchRole(one)
	if err == nil {
		switch r.kind {
		case provisioning:
			err = c.provision(ctx, one, r, role, parameters)
		case reprovision:
			err = c.update(ctx, one, r, role, parameters)
		case terminating:
			err = c.terminate(ctx, one)
		}
	}
	c.end(one, r, parameters, err)
	if err == nil {
		c.lab.Story.Tell(story.KindDeploy, one.Account, one.Region, "%s %s: %s in %d ms", one.product.name,
			r.version.name,
			map[string]string{provisioning: "launched", reprovision: "updated", terminating: "terminated"}[r.kind],
			time.Since(begin).Milliseconds())
	}
}

// end records the outcome of an operation. As in AWS, a product that failed to launch stays with an empty stack until
// it is terminated. A failed update keeps the previous version.
func (c *Catalog) end(one *launched, r *record, parameters map[string]string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.changed = time.Now()
	if err != nil {
		r.status, r.failure = recordFailed, err.Error()
		one.status, one.message = launchedError, err.Error()
		if r.kind == reprovision && one.stack != nil && one.stack.UpdateFailed() {
			one.status = launchedTainted
		}
		return
	}
	r.status, one.status = recordSucceeded, launchedAvailable
	if r.kind == terminating {
		c.launched = slices.DeleteFunc(c.launched, func(l *launched) bool { return l == one })
		return
	}
	one.version, one.parameters, r.outputs = r.version, parameters, one.stack.Outputs()
}

func (c *Catalog) turn(r *record, status, failure string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.status, r.failure, r.changed = status, failure, time.Now()
}

// launchRole gives the ARN of the role of the launch constraint, which must exist and trust Service Catalog. It is
// empty without a constraint.
func (c *Catalog) launchRole(one *launched) (string, error) {
	c.mu.Lock()
	role := c.offer(one.path, one.product.id).role
	c.mu.Unlock()
	if role == "" {
		return "", nil
	}
	arn := role
	if !strings.HasPrefix(role, "arn:") { // a name, without a path
		arn = "arn:" + c.lab.Partition + ":iam::" + one.Account + ":role/" + role
	}
	_, _, err := c.roles.Assume(arn, "servicecatalog",
		policy.Request{Service: "servicecatalog.amazonaws.com", Context: map[string]string{
			"aws:SourceAccount": one.Account,
			"aws:SourceArn": "arn:" + c.lab.Partition + ":servicecatalog:" + one.Region + ":" + one.Account + ":" +
				one.id,
		}})
	if err != nil {
		//nolint:staticcheck // a product's name
		return "", fmt.Errorf("Service Catalog cannot assume the launch role: %w", err)
	}
	return arn, nil
}

func (c *Catalog) provision(ctx context.Context, one *launched, r *record, role string,
	parameters map[string]string) error {
	t, err := c.template(ctx, one.product, r.version)
	if err != nil {
		return err
	}
	s, err := c.stacks.Add(one.Place, cloudformation.LaunchedPrefix+one.Account+"-"+one.id)
	if err != nil {
		return err
	}
	c.mu.Lock()
	one.stack = s
	c.mu.Unlock()
	s.Accept(cloudformation.Deployment{Template: t, Role: role}, nil) // so that Permitted knows the role
	if err := s.Permitted(s.ID, "cloudformation:CreateStack", "cloudformation:DescribeStacks"); err != nil {
		return err
	}
	return s.Create(ctx, cloudformation.Deployment{Template: t, Parameters: parameters, Role: role, Tags: one.tags()})
}

func (c *Catalog) update(ctx context.Context, one *launched, r *record, role string,
	parameters map[string]string) error {
	t, err := c.template(ctx, one.product, r.version)
	if err != nil {
		return err
	}
	if one.stack == nil {
		return errors.New("the product was never launched: terminate it and launch it again")
	}
	if err := one.stack.Permitted(one.stack.ID, "cloudformation:UpdateStack",
		"cloudformation:DescribeStacks"); err != nil {
		return err
	}
	return one.stack.UpdateTo(ctx,
		cloudformation.Deployment{Template: t, Parameters: parameters, Role: role, Tags: one.tags()})
}

func (c *Catalog) terminate(ctx context.Context, one *launched) error {
	if one.stack == nil {
		return nil
	}
	if err := one.stack.Permitted(one.stack.ID, "cloudformation:DeleteStack",
		"cloudformation:DescribeStacks"); err != nil {
		return err
	}
	return one.stack.Delete(ctx)
}

// template reads the template of a version of a product.
func (c *Catalog) template(ctx context.Context, p *product, v artifact) (*cfn.Template, error) {
	t, err := c.from.Template(ctx, p.Place, v.templateURL)
	if err != nil {
		return nil, fmt.Errorf("read the template of %s %s: %w", p.name, v.name, err)
	}
	return t, nil
}

// tags are what Service Catalog puts on a stack.
func (l *launched) tags() map[string]string {
	return map[string]string{"aws:servicecatalog:provisioningPrincipalArn": l.launchedBy,
		"aws:servicecatalog:productArn": l.product.arn()}
}

func (p *product) arn() string {
	return "arn:" + p.Partition() + ":catalog:" + p.Region + ":" + p.Account + ":product/" + p.id
}

// previous gives the previous values of the parameters of a template.
func (l *launched) previous(t *cfn.Template) map[string]string {
	kept := map[string]string{}
	for _, d := range t.Parameters() {
		if value, ok := l.parameters[d.Name]; ok {
			kept[d.Name] = value
		}
	}
	return maps.Clone(kept)
}
