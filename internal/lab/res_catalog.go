package lab

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

func (c *serviceCatalog) createPortfolio(ctx context.Context, s *stack, p properties) (created, error) {
	return c.updatePortfolio(ctx, s, deployed{created: created{ref: "port-" + strings.ToLower(p.logicalID)}}, p)
}

func (c *serviceCatalog) updatePortfolio(_ context.Context, s *stack, was deployed, p properties) (created, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.portfolio(was.ref)
	if one == nil {
		one = &portfolio{place: s.at, id: was.ref, made: time.Now(), principals: map[string]string{}}
		c.portfolios = append(c.portfolios, one)
	}
	one.name, one.provider, one.description = p.text("DisplayName"), p.text("ProviderName"), p.text("Description")
	return created{one.id, map[string]any{"PortfolioName": one.name}}, nil
}

func (c *serviceCatalog) deletePortfolio(_ context.Context, s *stack, was deployed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.portfolios = slices.DeleteFunc(c.portfolios, func(p *portfolio) bool { return p.id == was.ref })
	return nil
}

func (c *serviceCatalog) createProduct(ctx context.Context, s *stack, p properties) (created, error) {
	return c.updateProduct(ctx, s, deployed{created: created{ref: "prod-" + strings.ToLower(p.logicalID)}}, p)
}

func (c *serviceCatalog) updateProduct(_ context.Context, s *stack, was deployed, p properties) (created, error) {
	versions := []artifact{}
	for _, item := range p.list("ProvisioningArtifactParameters") {
		m, _ := item.(map[string]any)
		v := properties{m, p.logicalID}
		versions = append(versions, newArtifact(was.ref, v.text("Name"), v.sub("Info").text("LoadTemplateFromURL")))
	}
	if len(versions) == 0 {
		return created{}, errors.New("a product needs a version")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.product(was.ref)
	if one == nil {
		one = &product{place: s.at, id: was.ref, made: time.Now()}
		c.products = append(c.products, one)
	}
	one.name, one.owner, one.description, one.versions = p.text("Name"), p.text("Owner"), p.text(
		"Description"), versions
	return created{one.id, map[string]any{"ProductName": one.name}}, nil
}

// deleteProduct refuses while the product is launched, as AWS does.
func (c *serviceCatalog) deleteProduct(_ context.Context, s *stack, was deployed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.ContainsFunc(c.launched, func(l *launched) bool { return l.product.id == was.ref }) {
		return refuse("ResourceInUseException", "Product %s has provisioned products.", was.ref)
	}
	c.products = slices.DeleteFunc(c.products, func(p *product) bool { return p.id == was.ref })
	return nil
}

// setOffer changes how a portfolio has a product.
func (c *serviceCatalog) setOffer(p properties, change func(*offer)) (created, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c.offer(p.text("PortfolioId"), p.text("ProductId")))
	return created{ref: p.logicalID}, nil
}

func (c *serviceCatalog) createOffer(_ context.Context, s *stack, p properties) (created, error) {
	return c.setOffer(p, func(o *offer) { o.association = true })
}

func (c *serviceCatalog) deleteOffer(_ context.Context, s *stack, was deployed) error {
	_, err := c.setOffer(was.was(), func(o *offer) { o.association = false })
	return err
}

// createLaunchConstraint takes the role by its name, which is how products are launched in the account of
// whoever launches them, or by its ARN.
func (c *serviceCatalog) createLaunchConstraint(_ context.Context, s *stack, p properties) (created, error) {
	if (p.text("LocalRoleName") == "") == (p.text("RoleArn") == "") {
		return created{}, errors.New("a launch constraint has either a LocalRoleName or a RoleArn")
	}
	return c.setOffer(p, func(o *offer) { o.role = p.textOr("LocalRoleName", p.text("RoleArn")) })
}

func (c *serviceCatalog) deleteLaunchConstraint(_ context.Context, s *stack, was deployed) error {
	_, err := c.setOffer(was.was(), func(o *offer) { o.role = "" })
	return err
}

func (c *serviceCatalog) createPrincipal(_ context.Context, s *stack, p properties) (created, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one, arn := c.portfolio(p.text("PortfolioId")), p.text("PrincipalARN")
	if one == nil {
		return created{}, refuse("ResourceNotFoundException", "Portfolio %s not found.", p.text("PortfolioId"))
	}
	if p.text("PrincipalType") != "IAM_PATTERN" || !strings.HasPrefix(arn, "arn:"+s.lab.partition+":iam:::") {
		return created{}, refuse("InvalidParametersException",
			"the lab knows principals of the type IAM_PATTERN, whose ARN has no account: %s", arn)
	}
	one.principals[p.logicalID] = arn
	return created{ref: p.logicalID}, nil
}

func (c *serviceCatalog) deletePrincipal(_ context.Context, s *stack, was deployed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if one := c.portfolio(was.was().text("PortfolioId")); one != nil {
		delete(one.principals, was.logicalID)
	}
	return nil
}
