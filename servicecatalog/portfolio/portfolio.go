// Package portfolio makes Service Catalog products of playbooks: for each playbook of the
// catalog a product, and in its template for each group a parameter, a custom action and
// two rules.
//
// A product's template is launched by itself, later and perhaps by somebody else. It must
// not refer to the stack that offers it, so it knows what it needs by name.
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

// Props say what to offer. Catalog and LaunchRole are needed; the portfolio's own properties
// are filled in where they are nil.
type Props struct {
	*awsservicecatalog.PortfolioProps

	Catalog *catalog.Catalog
	// LaunchRole is what Service Catalog launches the products under, so that people need no
	// permission for what is in them. It must have a name of its own.
	LaunchRole awsiam.IRole
}

// NewPortfolio makes the portfolio and a product for every playbook of the catalog.
func NewPortfolio(scope constructs.Construct, id *string, props *Props) awsservicecatalog.Portfolio {
	portfolio := awsservicecatalog.NewPortfolio(scope, id, props.filled())
	for _, playbook := range props.Catalog.Playbooks {
		product := NewProduct(scope, jsii.String("Playbook-"+playbook.ID), &ProductProps{
			Catalog:  props.Catalog,
			Playbook: playbook,
		})
		portfolio.AddProduct(product)
		if naming.RolePath != "/" {
			// A name without a path is all that AWS documents for the other way.
			portfolio.SetLaunchRole(product, props.LaunchRole, nil)
			continue
		}
		// By its name: whoever is shared the portfolio launches under the role of their own account,
		// which their admin stack made.
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
			"Repair of Security Hub findings: launch a playbook and choose what is repaired without asking.")
	}
	return &own
}
