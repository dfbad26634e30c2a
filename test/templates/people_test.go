package templates_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/test/labtest"
)

// unlimited are calls that have no narrower resource.
var unlimited = []string{
	"cloudformation:GetTemplateSummary", "cloudformation:ValidateTemplate", // before there is a stack
	"servicecatalog:SearchProducts", "servicecatalog:DescribeProductView", // show what the portfolio lets see
	"servicecatalog:DescribeProvisionedProduct", "servicecatalog:GetProvisionedProductOutputs",
	"servicecatalog:ListPortfolios", "servicecatalog:DescribePortfolioShareStatus",
	"servicecatalog:ListOrganizationPortfolioAccess", "servicecatalog:GetAWSOrganizationsAccessStatus",
	"cloudtrail:LookupEvents",
	"tag:GetResources",
	"securityhub:DescribeSecurityHubV2",
}

// leveled are those that a condition limits to what the caller's role or account launched.
var leveled = []string{
	"servicecatalog:SearchProvisionedProducts", "servicecatalog:ScanProvisionedProducts",
	"servicecatalog:DescribeRecord", "servicecatalog:ListRecordHistory",
	"servicecatalog:UpdateProvisionedProduct", "servicecatalog:TerminateProvisionedProduct",
}

// The permissions of users: the actions, their resources, and who launched the product.
func TestPeopleMayUseThePortfolio(t *testing.T) {
	t.Parallel()
	const (
		find = "servicecatalog:SearchProducts servicecatalog:DescribeProductView " +
			"servicecatalog:DescribeProvisionedProduct servicecatalog:GetProvisionedProductOutputs on *"
		run = "servicecatalog:DescribeProduct servicecatalog:ListLaunchPaths " +
			"servicecatalog:DescribeProvisioningParameters " +
			"servicecatalog:ListProvisioningArtifacts servicecatalog:DescribeProvisioningArtifact servicecatalog:ProvisionProduct on catalog product/*"
		look = "servicecatalog:SearchProvisionedProducts servicecatalog:ScanProvisionedProducts " +
			"servicecatalog:DescribeRecord servicecatalog:ListRecordHistory on *, accountLevel"
		edit = "servicecatalog:UpdateProvisionedProduct servicecatalog:TerminateProvisionedProduct on *, "
	)
	want := map[any][]string{
		"hubmend-catalog-user": {find, run, look, edit + "roleLevel"},
		"hubmend-catalog-administrator": {
			find, run, look, edit + "accountLevel",
			"servicecatalog:DescribePortfolio servicecatalog:ListPrincipalsForPortfolio " +
				"servicecatalog:AssociatePrincipalWithPortfolio " +
				"servicecatalog:DisassociatePrincipalFromPortfolio servicecatalog:ListPortfolioAccess " +
				"servicecatalog:CreatePortfolioShare " +
				"servicecatalog:UpdatePortfolioShare servicecatalog:DeletePortfolioShare " +
				"servicecatalog:DescribePortfolioShares on the portfolio",
			"servicecatalog:ListPortfolios servicecatalog:DescribePortfolioShareStatus " +
				"servicecatalog:ListOrganizationPortfolioAccess servicecatalog:GetAWSOrganizationsAccessStatus on *",
		},
	}
	stack := templates[app.Admin]
	got := map[any][]string{}
	for _, p := range stack.all("AWS::IAM::ManagedPolicy") {
		for _, attached := range []string{"Roles", "Users", "Groups"} {
			if p.Properties[attached] != nil {
				t.Errorf("%v is attached to %v", p.Properties["ManagedPolicyName"], p.Properties[attached])
			}
		}
		for _, s := range list(at(p.Properties, "PolicyDocument", "Statement")) {
			text := stack.permission(s)
			if at(s, "Resource", "Fn::Join") != nil { // the ARN that the CDK makes of the portfolio's id
				text = text[:len(text)-len(stack.named(at(s, "Resource")))] + "the portfolio"
			}
			levels, _ := at(s, "Condition", "StringEquals").(object)
			for _, level := range []string{"roleLevel", "accountLevel"} {
				if levels["servicecatalog:"+level] == "self" {
					text += ", " + level
				}
			}
			got[p.Properties["ManagedPolicyName"]] = append(got[p.Properties["ManagedPolicyName"]], text)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
}

// A new description would replace the policy, which fails because its name is taken.
func TestPolicyDescriptionsNeverChange(t *testing.T) {
	t.Parallel()
	got := map[any]any{}
	for _, p := range templates[app.Admin].all("AWS::IAM::ManagedPolicy") {
		got[p.Properties["ManagedPolicyName"]] = p.Properties["Description"]
	}
	if diff := cmp.Diff(map[any]any{
		"hubmend-catalog-user": "Lets people launch playbooks and change what they launched.",
		"hubmend-catalog-administrator": "Lets people change every playbook of the account, and say who may use the " +
			"portfolio.",
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Accounts without IAM users get no groups, and without a role or permission set nobody has access.
func TestPeopleAreAParameter(t *testing.T) {
	t.Parallel()
	stack := templates[app.Admin]
	for name, value := range map[string]any{"EndUserRole": "", "AdministratorRole": "", "EndUserPermissionSet": "",
		"AdministratorPermissionSet": "", "CatalogGroups": "no"} {
		if p := stack.Parameters[name]; p == nil || p["Default"] != value {
			t.Errorf("parameter %s = %v", name, p)
		}
	}
	groups := map[any]string{}
	for _, g := range stack.all("AWS::IAM::Group") {
		policy := stack.behind(at(g.Properties, "ManagedPolicyArns", 0)).Properties["ManagedPolicyName"]
		groups[g.Properties["GroupName"]] = g.Condition + " " + policy.(string)
	}
	if diff := cmp.Diff(map[any]string{
		"hubmend-catalog-users":          "HasCatalogGroups hubmend-catalog-user",
		"hubmend-catalog-administrators": "HasCatalogGroups hubmend-catalog-administrator",
	}, groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	access := map[any]string{}
	for _, a := range stack.all("AWS::ServiceCatalog::PortfolioPrincipalAssociation") {
		if a.Properties["PrincipalType"] != "IAM_PATTERN" ||
			stack.behind(a.Properties["PortfolioId"]).Type != "AWS::ServiceCatalog::Portfolio" {
			t.Errorf("association = %v", a.Properties)
		}
		access[at(a.Properties, "PrincipalARN", "Fn::Sub")] = a.Condition
	}
	if diff := cmp.Diff(map[any]string{
		"arn:${AWS::Partition}:iam:::group/hubmend-catalog-users":          "HasCatalogGroups",
		"arn:${AWS::Partition}:iam:::group/hubmend-catalog-administrators": "HasCatalogGroups",
		"arn:${AWS::Partition}:iam:::role/${EndUserRole}":                  "HasEndUserRole",
		"arn:${AWS::Partition}:iam:::role/${AdministratorRole}":            "HasAdministratorRole",
		sso + "${EndUserPermissionSet}_????????????????":                   "HasEndUserPermissionSet",
		sso + "${AdministratorPermissionSet}_????????????????":             "HasAdministratorPermissionSet",
	}, access); diff != "" {
		t.Errorf("access (-want +got):\n%s", diff)
	}
}

// sso begins the role that IAM Identity Center makes of a permission set. The Region of Identity Center may be in its
// path, and its name ends with 16 characters that nobody can know before.
const sso = "arn:${AWS::Partition}:iam:::role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_"

// Consoles show ARNs, so the first deployment must refuse one and say what it takes.
func TestPeopleAreNamedRightTheFirstTime(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ takes, refuses []string }{
		"Role": {
			[]string{"", "Admin", "team/security/Admin", "hubmend-*",
				"aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef"},
			[]string{"arn:aws:iam::111111111111:role/Admin", "arn:aws:sts::111111111111:assumed-role/Admin/alice",
				"/Admin", "Admin/", "Ad min"},
		},
		"PermissionSet": {
			[]string{"", "AdministratorAccess", "Platform.Team-1"},
			[]string{"arn:aws:sso:::permissionSet/ssoins-1/ps-1", "Admin*", "a/b", strings.Repeat("a", 33)},
		},
	} {
		for _, who := range []string{"EndUser", "Administrator"} {
			p := templates[app.Admin].Parameters[who+name]
			if text, _ := p["ConstraintDescription"].(string); !strings.Contains(text, "not its ARN") ||
				!strings.Contains(text, "such as") {
				t.Errorf("%s: the error is %q", who+name, text)
			}
			pattern, _ := p["AllowedPattern"].(string)
			for _, value := range append(tc.takes, tc.refuses...) {
				if got := regexp.MustCompile(pattern).MatchString(value); got != slices.Contains(tc.takes, value) {
					t.Errorf("%s: %q is allowed: %t", who+name, value, got)
				}
			}
		}
	}
}

// The command line is tested with this policy, so it needs no more than people have.
func TestUserPolicyIsTheTestedOne(t *testing.T) {
	t.Parallel()
	var want any
	if err := json.Unmarshal([]byte(labtest.UserPolicy), &want); err != nil {
		t.Fatal(err)
	}
	policy := templates[app.Admin].one(t, "AWS::IAM::ManagedPolicy", "ManagedPolicyName",
		"hubmend-catalog-user").Properties["PolicyDocument"].(object)
	statements := []any{}
	for _, s := range list(policy["Statement"]) {
		s := maps.Clone(s.(object))
		if text, ok := at(s, "Resource", "Fn::Sub").(string); ok {
			s["Resource"] = strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::Region}", "us-east-1",
				"${AWS::AccountId}", "111111111111").Replace(text)
		}
		statements = append(statements, s)
	}
	if diff := cmp.Diff(want, any(object{"Version": policy["Version"], "Statement": statements})); diff != "" {
		t.Errorf("policy (-tested +synthesized):\n%s", diff)
	}
}
