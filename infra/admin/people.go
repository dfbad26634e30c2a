package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsservicecatalog"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
	"hubmend/internal/engine/naming"
)

// newPeople says who may use the portfolio. Policies tell what they may do, and are there to
// be attached by name; an association lets a role, or a group, see the portfolio. Roles and
// the roles of permission sets are named by parameters, and groups are made only on demand:
// many accounts have no IAM users.
func newPeople(stack awscdk.Stack, portfolio awsservicecatalog.Portfolio) {
	groups := awscdk.NewCfnParameter(stack, jsii.String("CatalogGroups"), &awscdk.CfnParameterProps{
		Type: jsii.String("String"), Default: "no", AllowedValues: jsii.Strings("yes", "no"),
		Description: jsii.String("yes: make the IAM groups " + naming.CatalogUsers + " and " +
			naming.CatalogAdministrators + ", for accounts with IAM users."),
	})
	wanted := awscdk.NewCfnCondition(stack, jsii.String("HasCatalogGroups"), &awscdk.CfnConditionProps{
		Expression: awscdk.Fn_ConditionEquals(groups.ValueAsString(), "yes"),
	})
	for _, p := range []struct {
		parameter, who, policy, group string
		statements                    []access.Statement
	}{
		{"EndUserRole", "launch playbooks and change what they launched", naming.CatalogUserPolicy, naming.CatalogUsers,
			users()},
		{"AdministratorRole", "change every playbook of the account, and say who may use the portfolio",
			naming.CatalogAdministratorPolicy, naming.CatalogAdministrators, administrators(portfolio)},
	} {
		scope := constructs.NewConstruct(stack, jsii.String(p.group))
		policy := access.NewManagedPolicy(scope, jsii.String("Policy"), p.policy, "Lets people "+p.who+".",
			p.statements)
		group := awsiam.NewCfnGroup(scope, jsii.String("Group"), &awsiam.CfnGroupProps{
			GroupName: jsii.String(p.group), ManagedPolicyArns: &[]any{policy.ManagedPolicyArn()},
		})
		group.CfnOptions().SetCondition(wanted)
		associate(scope, "GroupAccess", portfolio,
			arn.Sub("arn:${AWS::Partition}:iam:::group/"+p.group)).CfnOptions().SetCondition(wanted)

		role := roleParameter(stack, p.parameter, p.who, p.policy)
		named := awscdk.NewCfnCondition(stack, jsii.String("Has"+p.parameter),
			&awscdk.CfnConditionProps{Expression: given(role)})
		associate(scope, "RoleAccess", portfolio,
			arn.Sub("arn:${AWS::Partition}:iam:::role/${"+p.parameter+"}")).CfnOptions().SetCondition(named)
	}
}

// roleParameter asks for a role's name, which may have a path and wildcards: the role of a
// permission set has an ending that nobody knows beforehand.
func roleParameter(stack awscdk.Stack, name, who, policy string) awscdk.CfnParameter {
	return awscdk.NewCfnParameter(stack, jsii.String(name), &awscdk.CfnParameterProps{
		Type: jsii.String("String"), Default: "", AllowedPattern: jsii.String(`^([\w+=,.@/*?-]{1,512})?$`),
		ConstraintDescription: jsii.String("must be the path and name of a role, in which * and ? are wildcards"),
		Description: jsii.String("The role of those who " + who +
			": its name, or for a permission set of IAM Identity Center " +
			"aws-reserved/sso.amazonaws.com/*AWSReservedSSO_<permission set>_*. Attach the policy " + policy +
			" to it. Empty: nobody."),
	})
}

// associate lets a principal see the portfolio. It is a pattern without an account, so that
// it travels with the portfolio when that is shared.
func associate(scope constructs.Construct, id string, portfolio awsservicecatalog.Portfolio,
	principal *string) awsservicecatalog.CfnPortfolioPrincipalAssociation {
	return awsservicecatalog.NewCfnPortfolioPrincipalAssociation(scope, jsii.String(id),
		&awsservicecatalog.CfnPortfolioPrincipalAssociationProps{
			PortfolioId: portfolio.PortfolioId(), PrincipalArn: principal, PrincipalType: jsii.String("IAM_PATTERN"),
		})
}

// level limits a statement to what somebody launched: whoever has the same role, or anybody
// in the account. Service Catalog shows nothing of other accounts.
func level(key string) access.Conditions {
	return access.Conditions{"StringEquals": map[string]any{"servicecatalog:" + key: "self"}}
}

var anything = []*string{jsii.String("*")} // these calls have no narrower resource

// look is what `hubmend playbook` and the console need to show products and what was launched.
func look() []access.Statement {
	return []access.Statement{
		{Sid: "Find", Actions: []string{
			"servicecatalog:SearchProducts", "servicecatalog:DescribeProductView",
			"servicecatalog:DescribeProvisionedProduct", "servicecatalog:GetProvisionedProductOutputs",
		}, Resources: anything},
		{Sid: "Launch", Actions: []string{
			"servicecatalog:DescribeProduct", "servicecatalog:ListLaunchPaths",
			"servicecatalog:DescribeProvisioningParameters",
			"servicecatalog:ListProvisioningArtifacts", "servicecatalog:DescribeProvisioningArtifact",
			"servicecatalog:ProvisionProduct",
		}, Resources: []*string{arn.Local("catalog", "product/*")}},
		{Sid: "Look", Actions: []string{
			"servicecatalog:SearchProvisionedProducts", "servicecatalog:ScanProvisionedProducts",
			"servicecatalog:DescribeRecord", "servicecatalog:ListRecordHistory",
		}, Resources: anything, Conditions: level("accountLevel")},
	}
}

func change(key string) access.Statement {
	return access.Statement{
		Sid: "Change", Actions: []string{"servicecatalog:UpdateProvisionedProduct",
			"servicecatalog:TerminateProvisionedProduct"},
		Resources: anything, Conditions: level(key),
	}
}

func users() []access.Statement { return append(look(), change("roleLevel")) }

func administrators(portfolio awsservicecatalog.Portfolio) []access.Statement {
	return append(look(), change("accountLevel"),
		access.Statement{Sid: "Portfolio", Actions: []string{
			"servicecatalog:DescribePortfolio", "servicecatalog:ListPrincipalsForPortfolio",
			"servicecatalog:AssociatePrincipalWithPortfolio", "servicecatalog:DisassociatePrincipalFromPortfolio",
			"servicecatalog:ListPortfolioAccess", "servicecatalog:CreatePortfolioShare",
			"servicecatalog:UpdatePortfolioShare",
			"servicecatalog:DeletePortfolioShare", "servicecatalog:DescribePortfolioShares",
		}, Resources: []*string{portfolio.PortfolioArn()}},
		access.Statement{Sid: "Share", Actions: []string{
			"servicecatalog:ListPortfolios", "servicecatalog:DescribePortfolioShareStatus",
			"servicecatalog:ListOrganizationPortfolioAccess",
			"servicecatalog:GetAWSOrganizationsAccessStatus",
		}, Resources: anything},
	)
}
