// Package portfolio makes a Service Catalog product of each playbook in the catalog. Its template has a parameter, a
// custom action and two rules for each control group.
//
// A product is launched as a stack of its own, later and perhaps by other people. It cannot refer to the stack that
// offers it, so it finds the queue and the function by name.
package portfolio

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsservicecatalog"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
)

// provider is who Service Catalog says the products are from.
const provider = naming.ProductOwner

// Props describe the portfolio. Catalog, Playbooks and LaunchRole are required. PortfolioProps that are nil
// get defaults.
type Props struct {
	*awsservicecatalog.PortfolioProps

	Catalog *catalog.Catalog
	// Playbooks are those to offer, of the catalog.
	Playbooks []catalog.Playbook
	// LaunchRole is the role that Service Catalog launches products with, so that end users need no permission for the
	// resources in them. It must have a fixed name.
	LaunchRole awsiam.IRole
}

// NewPortfolio makes the portfolio and a product for each of the playbooks.
func NewPortfolio(scope constructs.Construct, id *string, props *Props) awsservicecatalog.Portfolio {
	portfolio := awsservicecatalog.NewPortfolio(scope, id, props.filled())
	for _, playbook := range props.Playbooks {
		product := NewProduct(scope, jsii.String("Playbook-"+playbook.ID), &ProductProps{
			Catalog:  props.Catalog,
			Playbook: playbook,
		})
		portfolio.AddProduct(product)
		if naming.RolePath != "/" {
			// AWS documents LocalRoleName only for roles without a path.
			portfolio.SetLaunchRole(product, props.LaunchRole, nil)
			continue
		}
		// By name, so that an account that the portfolio is shared with uses the role of its own admin stack.
		portfolio.SetLocalLaunchRole(product, props.LaunchRole, nil)
	}
	return portfolio
}

func (p *Props) filled() *awsservicecatalog.PortfolioProps {
	own := awsservicecatalog.PortfolioProps{}
	if p.PortfolioProps != nil {
		own = *p.PortfolioProps
	}
	if own.DisplayName == nil {
		own.DisplayName = jsii.String(naming.Portfolio)
	}
	if own.ProviderName == nil {
		own.ProviderName = jsii.String(provider)
	}
	if own.Description == nil {
		own.Description = jsii.String(
			"Remediation of Security Hub findings. Launch a playbook and choose, per control group, what is " +
				"remediated automatically.")
	}
	return &own
}
