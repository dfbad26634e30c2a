package admin

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsservicecatalog"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
	"hubmend/internal/engine/naming"
)

// newPeople makes the policies of end users and administrators, to be attached by name, and gives them access to the
// portfolio. They are named by parameters, which the first deployment can have: the patterns need no role that exists.
// Groups are made on request only, because many accounts have no IAM users.
func newPeople(stack awscdk.Stack, portfolio awsservicecatalog.Portfolio) {
	groups := awscdk.NewCfnParameter(stack, jsii.String("CatalogGroups"), &awscdk.CfnParameterProps{
		Type: jsii.String("String"), Default: "no", AllowedValues: jsii.Strings("yes", "no"),
		Description: jsii.String("For accounts with IAM users. yes: create the IAM groups " + naming.CatalogUsers +
			" and " + naming.CatalogAdministrators + ", with access to the portfolio."),
	})
	wanted := awscdk.NewCfnCondition(stack, jsii.String("HasCatalogGroups"), &awscdk.CfnConditionProps{
		Expression: awscdk.Fn_ConditionEquals(groups.ValueAsString(), "yes"),
	})
	for _, p := range []struct {
		name, may, policy, group string
		description              string // never changes: CloudFormation cannot replace a policy with a fixed name
		statements               []access.Statement
	}{
		{"EndUser", "launch playbooks and change what they launched", naming.CatalogUserPolicy, naming.CatalogUsers,
			"Lets people launch playbooks and change what they launched.", users()},
		{"Administrator", "change every playbook in the account and decide who may use the portfolio",
			naming.CatalogAdministratorPolicy, naming.CatalogAdministrators,
			"Lets people change every playbook of the account, and say who may use the portfolio.",
			administrators(portfolio)},
	} {
		scope := constructs.NewConstruct(stack, jsii.String(p.group))
		policy := access.NewManagedPolicy(scope, jsii.String("Policy"), p.policy, p.description, p.statements)
		group := awsiam.NewCfnGroup(scope, jsii.String("Group"), &awsiam.CfnGroupProps{
			GroupName: jsii.String(p.group), ManagedPolicyArns: &[]any{policy.ManagedPolicyArn()},
		})
		group.CfnOptions().SetCondition(wanted)
		associate(scope, "GroupAccess", portfolio, "group/"+p.group, wanted)

		for _, principal := range []struct {
			kind    string
			make    func(stack awscdk.Stack, name, may, policy string) awscdk.CfnParameter
			pattern string
		}{
			{"Role", roleParameter, "role/%s"},
			{"PermissionSet", permissionSetParameter, "role/" + permissionSetRole},
		} {
			parameter := principal.make(stack, p.name+principal.kind, p.may, p.policy)
			named := awscdk.NewCfnCondition(stack, jsii.String("Has"+p.name+principal.kind),
				&awscdk.CfnConditionProps{Expression: given(parameter)})
			associate(scope, principal.kind+"Access", portfolio,
				fmt.Sprintf(principal.pattern, "${"+p.name+principal.kind+"}"), named)
		}
	}
}

// permissionSetRole is the path and name of the role that IAM Identity Center creates for a permission set. The path
// may end with the Region of Identity Center. The name ends with 16 characters that cannot be known beforehand.
const permissionSetRole = "aws-reserved/sso.amazonaws.com/*AWSReservedSSO_%s_????????????????"

func roleParameter(stack awscdk.Stack, name, may, policy string) awscdk.CfnParameter {
	return awscdk.NewCfnParameter(stack, jsii.String(name), &awscdk.CfnParameterProps{
		Type: jsii.String("String"), Default: "", MaxLength: jsii.Number(512),
		AllowedPattern: jsii.String(`^(([\w+=,.@*?-]+/)*[\w+=,.@*?-]+)?$`),
		ConstraintDescription: jsii.String("must be the name of a role, with its path if it has one, and not its " +
			"ARN; such as Admin or team/Admin, where * and ? are wildcards"),
		Description: jsii.String("The name of the IAM role whose users may " + may + ", such as Admin or team/Admin. " +
			"* and ? are wildcards. The role also needs the policy " + policy + ", unless it has wider permissions. " +
			"Empty: no role."),
	})
}

func permissionSetParameter(stack awscdk.Stack, name, may, policy string) awscdk.CfnParameter {
	return awscdk.NewCfnParameter(stack, jsii.String(name), &awscdk.CfnParameterProps{
		Type: jsii.String("String"), Default: "", AllowedPattern: jsii.String(`^[\w+=,.@-]{0,32}$`),
		ConstraintDescription: jsii.String("must be the name of a permission set, and not its ARN; such as " +
			"AdministratorAccess"),
		Description: jsii.String("The name of the IAM Identity Center permission set whose users may " + may +
			", such as AdministratorAccess. It also needs " + policy + " as a customer managed policy, unless it has " +
			"wider permissions. Empty: no permission set."),
	})
}

// associate gives a principal access to the portfolio when a condition holds. The pattern has no account, so it is
// shared together with the portfolio.
func associate(scope constructs.Construct, id string, portfolio awsservicecatalog.Portfolio, principal string,
	when awscdk.CfnCondition) {
	association := awsservicecatalog.NewCfnPortfolioPrincipalAssociation(scope, jsii.String(id),
		&awsservicecatalog.CfnPortfolioPrincipalAssociationProps{
			PortfolioId:   portfolio.PortfolioId(),
			PrincipalArn:  arn.Sub("arn:${AWS::Partition}:iam:::" + principal),
			PrincipalType: jsii.String("IAM_PATTERN"),
		})
	association.CfnOptions().SetCondition(when)
}

// level limits a statement to what the same role, or anyone in the account, launched. Service Catalog shows nothing of
// other accounts.
func level(key string) access.Conditions {
	return access.Conditions{"StringEquals": map[string]any{"servicecatalog:" + key: "self"}}
}

var anything = []*string{jsii.String("*")} // these calls have no narrower resource

// look lets `hubmend playbook` and the console show products and provisioned products.
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
