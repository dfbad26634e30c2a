// Package labtest makes, for tests that have no time to run the CDK, an app of what the
// launch of a playbook needs: the portfolio with the released product templates, the launch
// role, and the compiled function behind the custom actions.
package labtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/build/templates"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/internal/lab"
	"hubmend/servicecatalog/versions"
)

type object = map[string]any

// Roles that may and that may not use the portfolio. Tests make them.
const (
	Friend   = "security-operators"
	Stranger = "developers"
)

// UserPolicy is what a role needs to launch, update and terminate: the policy
// hubmend-catalog-user of the admin stack, which a test of the templates holds against it.
const UserPolicy = `{"Version": "2012-10-17", "Statement": [
	{"Sid": "Find", "Effect": "Allow", "Resource": "*", "Action": [
		"servicecatalog:SearchProducts", "servicecatalog:DescribeProductView",
		"servicecatalog:DescribeProvisionedProduct", "servicecatalog:GetProvisionedProductOutputs"]},
	{"Sid": "Launch", "Effect": "Allow", "Resource": "arn:aws:catalog:us-east-1:111111111111:product/*", "Action": [
		"servicecatalog:DescribeProduct", "servicecatalog:ListLaunchPaths", "servicecatalog:DescribeProvisioningParameters",
		"servicecatalog:ListProvisioningArtifacts", "servicecatalog:DescribeProvisioningArtifact", "servicecatalog:ProvisionProduct"]},
	{"Sid": "Look", "Effect": "Allow", "Resource": "*", "Action": [
		"servicecatalog:SearchProvisionedProducts", "servicecatalog:ScanProvisionedProducts",
		"servicecatalog:DescribeRecord", "servicecatalog:ListRecordHistory"],
		"Condition": {"StringEquals": {"servicecatalog:accountLevel": "self"}}},
	{"Sid": "Change", "Effect": "Allow", "Resource": "*", "Action": [
		"servicecatalog:UpdateProvisionedProduct", "servicecatalog:TerminateProvisionedProduct"],
		"Condition": {"StringEquals": {"servicecatalog:roleLevel": "self"}}}
]}`

// Newer and Broken are versions that were never released. Newer lacks the group CIS22 and has
// CIS44 instead of CIS43; Broken has a rule that cannot be made.
const (
	Newer  = "90.0.0"
	Broken = "91.0.0"
)

// Playbook is the product's.
func Playbook() catalog.Playbook { return catalog.Embedded().Playbooks[0] }

// Synthesize writes the app into a temporary folder and returns the folder.
func Synthesize(t testing.TB, _ string) string {
	t.Helper()
	dir := t.TempDir()
	var offered []any
	for name, text := range products(t) {
		put(t, dir, name+".json", []byte(text))
		offered = append(offered,
			object{"Name": name,
				"Info": object{"LoadTemplateFromURL": sub(
					"https://s3.amazonaws.com/${CodeBucket}/${CodePrefix}assets/" + name + ".json")}})
	}
	write(t, dir, lab.AdminStack+".template.json",
		template(resources(offered), "OrganizationId", templates.CodeBucket, templates.CodePrefix))
	nothing := object{"None": object{"Type": "AWS::ServiceCatalog::PortfolioProductAssociation",
		"Properties": object{}}}
	write(t, dir, lab.MemberRolesStack+".template.json", template(nothing, "AdministratorAccount"))
	write(t, dir, lab.MemberRunbooksStack+".template.json",
		template(nothing, "AdministratorAccount", "AdministratorRegion"))
	return dir
}

// products returns the product's templates by version.
func products(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	names, err := versions.Of(versions.Files, Playbook().ID)
	if err != nil {
		t.Fatal(err)
	}
	newest := ""
	for _, name := range names {
		text, err := versions.Files.ReadFile(versions.File(Playbook().ID, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name], newest = string(text), string(text)
	}
	var newer object
	if err := json.Unmarshal([]byte(strings.ReplaceAll(newest, "CIS43", "CIS44")), &newer); err != nil {
		t.Fatal(err)
	}
	for _, section := range []string{"Parameters", "Resources", "Outputs"} {
		for name := range newer[section].(object) {
			if strings.HasPrefix(name, "CIS22") {
				delete(newer[section].(object), name)
			}
		}
	}
	// A rule for the controls of all groups depends on it.
	newer["Conditions"].(object)["CIS22Enabled"] = object{"Fn::Equals": []any{"no group", "ENABLED"}}
	all[Newer] = encoded(t, newer)
	newer["Resources"].(object)["Zebra"] = object{"Type": "AWS::Events::Rule", "Properties": object{
		"Name": "hubmend-broken", "EventPattern": object{"source": []any{object{"prefixx": "a"}}},
	}}
	all[Broken] = encoded(t, newer)
	return all
}

func resources(offered []any) object {
	resource := func(kind string, properties object) object { return object{"Type": kind, "Properties": properties} }
	ids := object{"PortfolioId": object{"Ref": "Portfolio"}, "ProductId": object{"Ref": "Product"}}
	constraint := object{"LocalRoleName": object{"Ref": "LaunchRole"}}
	for name, id := range ids {
		constraint[name] = id
	}
	return object{
		"LaunchRole": resource("AWS::IAM::Role", object{
			"RoleName": naming.LaunchRole, "AssumeRolePolicyDocument": trust("servicecatalog.amazonaws.com"),
			"Policies": []any{object{"PolicyName": "hubmend",
				"PolicyDocument": allow("cloudformation:CreateStack", "cloudformation:UpdateStack",
					"cloudformation:DeleteStack",
					"cloudformation:DescribeStacks", "events:PutRule", "events:PutTargets", "events:DescribeRule",
					"events:RemoveTargets", "events:DeleteRule", "lambda:InvokeFunction")}},
		}),
		"FunctionRole": resource("AWS::IAM::Role", object{
			"RoleName": "custom-action", "AssumeRolePolicyDocument": trust("lambda.amazonaws.com"),
			"Policies": []any{object{"PolicyName": "hubmend",
				"PolicyDocument": allow("securityhub:CreateActionTarget", "securityhub:UpdateActionTarget",
					"securityhub:DeleteActionTarget", "securityhub:DescribeActionTargets")}},
		}),
		"Function": resource("AWS::Lambda::Function", object{
			"FunctionName": naming.CustomActionFunction, "Role": object{"Fn::GetAtt": []any{"FunctionRole", "Arn"}},
			"Code": object{"S3Bucket": object{"Ref": templates.CodeBucket},
				"S3Key": sub("${CodePrefix}assets/custom-action.zip")}, "Timeout": 60,
		}),
		"Portfolio": resource("AWS::ServiceCatalog::Portfolio",
			object{"DisplayName": naming.Portfolio, "ProviderName": "Hubmend"}),
		"Product": resource("AWS::ServiceCatalog::CloudFormationProduct",
			object{"Name": Playbook().Name, "Owner": "Hubmend", "ProvisioningArtifactParameters": offered}),
		"Association": resource("AWS::ServiceCatalog::PortfolioProductAssociation", ids),
		"Constraint":  resource("AWS::ServiceCatalog::LaunchRoleConstraint", constraint),
		"Principal": resource("AWS::ServiceCatalog::PortfolioPrincipalAssociation", object{
			"PortfolioId": object{"Ref": "Portfolio"}, "PrincipalType": "IAM_PATTERN",
			"PrincipalARN": "arn:aws:iam:::role/" + Friend[:9] + "*",
		}),
	}
}

func trust(service string) object {
	return object{"Version": "2012-10-17",
		"Statement": []any{object{"Effect": "Allow", "Action": "sts:AssumeRole",
			"Principal": object{"Service": service}}}}
}

func allow(actions ...string) object {
	return object{"Version": "2012-10-17",
		"Statement": []any{object{"Effect": "Allow", "Action": actions, "Resource": "*"}}}
}

func template(resources object, parameters ...string) object {
	declared := object{}
	for _, p := range parameters {
		declared[p] = object{"Type": "String"}
	}
	return object{"Parameters": declared, "Resources": resources}
}

func sub(text string) object { return object{"Fn::Sub": text} }

func encoded(t testing.TB, content any) string {
	t.Helper()
	text, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t testing.TB, dir, name string, content any) {
	t.Helper()
	put(t, dir, name, []byte(encoded(t, content)))
}

func put(t testing.TB, dir, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}
