package servicecatalog

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cloudformation"
)

// ResourceTypes are the resource types that this service creates.
func (c *Catalog) ResourceTypes() map[string]cloudformation.ResourceType {
	return map[string]cloudformation.ResourceType{
		"AWS::ServiceCatalog::Portfolio": {
			Properties: "DisplayName ProviderName Description",
			Create:     c.createPortfolio, Update: c.updatePortfolio, Delete: c.deletePortfolio,
		},
		"AWS::ServiceCatalog::CloudFormationProduct": {
			Properties: "Name Owner Description Distributor SupportDescription ProvisioningArtifactParameters " +
				"ReplaceProvisioningArtifacts",
			Create: c.createProduct, Update: c.updateProduct, Delete: c.deleteProduct,
		},
		"AWS::ServiceCatalog::PortfolioProductAssociation": {
			Properties: "PortfolioId ProductId",
			Create:     c.createOffer, Delete: c.deleteOffer,
		},
		"AWS::ServiceCatalog::LaunchRoleConstraint": {
			Properties: "PortfolioId ProductId LocalRoleName RoleArn Description",
			Create:     c.createLaunchConstraint, Delete: c.deleteLaunchConstraint,
		},
		"AWS::ServiceCatalog::PortfolioPrincipalAssociation": {
			Properties: "PortfolioId PrincipalARN PrincipalType",
			Create:     c.createPrincipal, Delete: c.deletePrincipal,
		},
	}
}

func (c *Catalog) createPortfolio(ctx context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	return c.updatePortfolio(ctx, s,
		cloudformation.Deployed{Created: cloudformation.Created{Ref: "port-" + strings.ToLower(p.LogicalID)}}, p)
}

func (c *Catalog) updatePortfolio(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.portfolio(was.Ref)
	if one == nil {
		one = &portfolio{Place: s.At, id: was.Ref, made: time.Now(), principals: map[string]string{}}
		c.portfolios = append(c.portfolios, one)
	}
	one.name, one.provider, one.description = p.Text("DisplayName"), p.Text("ProviderName"), p.Text("Description")
	return cloudformation.Created{Ref: one.id, Attributes: map[string]any{"PortfolioName": one.name}}, nil
}

func (c *Catalog) deletePortfolio(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.portfolios = slices.DeleteFunc(c.portfolios, func(p *portfolio) bool { return p.id == was.Ref })
	return nil
}

func (c *Catalog) createProduct(ctx context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	return c.updateProduct(ctx, s,
		cloudformation.Deployed{Created: cloudformation.Created{Ref: "prod-" + strings.ToLower(p.LogicalID)}}, p)
}

func (c *Catalog) updateProduct(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	versions := []artifact{}
	for _, item := range p.List("ProvisioningArtifactParameters") {
		m, _ := item.(map[string]any)
		v := cloudformation.Properties{All: m, LogicalID: p.LogicalID}
		versions = append(versions, newArtifact(was.Ref, v.Text("Name"), v.Sub("Info").Text("LoadTemplateFromURL")))
	}
	if len(versions) == 0 {
		return cloudformation.Created{}, errors.New("a product needs a version")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.product(was.Ref)
	if one == nil {
		one = &product{Place: s.At, id: was.Ref, made: time.Now()}
		c.products = append(c.products, one)
	}
	one.name, one.owner, one.description, one.versions = p.Text("Name"), p.Text("Owner"), p.Text(
		"Description"), versions
	return cloudformation.Created{Ref: one.id, Attributes: map[string]any{"ProductName": one.name}}, nil
}

// deleteProduct refuses while the product is launched, as AWS does.
func (c *Catalog) deleteProduct(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.ContainsFunc(c.launched, func(l *launched) bool { return l.product.id == was.Ref }) {
		return apicall.Refuse("ResourceInUseException", "Product %s has provisioned products.", was.Ref)
	}
	c.products = slices.DeleteFunc(c.products, func(p *product) bool { return p.id == was.Ref })
	return nil
}

// setOffer changes the entry of a product in a portfolio.
func (c *Catalog) setOffer(p cloudformation.Properties, change func(*offer)) (cloudformation.Created, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c.offer(p.Text("PortfolioId"), p.Text("ProductId")))
	return cloudformation.Created{Ref: p.LogicalID}, nil
}

func (c *Catalog) createOffer(_ context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	return c.setOffer(p, func(o *offer) { o.association = true })
}

func (c *Catalog) deleteOffer(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	_, err := c.setOffer(was.Was(), func(o *offer) { o.association = false })
	return err
}

// createLaunchConstraint takes the name of a role, which is a role in the account of the user who launches the product,
// or an ARN.
func (c *Catalog) createLaunchConstraint(_ context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	if (p.Text("LocalRoleName") == "") == (p.Text("RoleArn") == "") {
		return cloudformation.Created{}, errors.New("a launch constraint has either a LocalRoleName or a RoleArn")
	}
	return c.setOffer(p, func(o *offer) { o.role = p.TextOr("LocalRoleName", p.Text("RoleArn")) })
}

func (c *Catalog) deleteLaunchConstraint(_ context.Context, s *cloudformation.Stack,
	was cloudformation.Deployed) error {
	_, err := c.setOffer(was.Was(), func(o *offer) { o.role = "" })
	return err
}

func (c *Catalog) createPrincipal(_ context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one, arn := c.portfolio(p.Text("PortfolioId")), p.Text("PrincipalARN")
	if one == nil {
		return cloudformation.Created{}, apicall.Refuse("ResourceNotFoundException", "Portfolio %s not found.",
			p.Text("PortfolioId"))
	}
	if p.Text("PrincipalType") != "IAM_PATTERN" || !strings.HasPrefix(arn, "arn:"+s.Lab.Partition+":iam:::") {
		return cloudformation.Created{}, apicall.Refuse("InvalidParametersException",
			"the lab supports only principals of type IAM_PATTERN, with an ARN without an account: %s", arn)
	}
	one.principals[p.LogicalID] = arn
	return cloudformation.Created{Ref: p.LogicalID}, nil
}

func (c *Catalog) deletePrincipal(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if one := c.portfolio(was.Was().Text("PortfolioId")); one != nil {
		delete(one.principals, was.LogicalID)
	}
	return nil
}
