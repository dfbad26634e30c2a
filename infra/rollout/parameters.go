package rollout

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/reevaluate"
)

// asked makes a parameter of every setting, for deployments without settings in cdk.json: from the console and in the
// lab. CloudFormation requires the parameters without a default.
func asked(scope constructs.Construct, again *bool) *values {
	list := func(id, form, description string) awscdk.CfnParameter {
		return newParameter(scope, id, description, awscdk.CfnParameterProps{
			Type: jsii.String("CommaDelimitedList"), AllowedPattern: jsii.String("^" + form + "$"),
		})
	}
	choice := func(id, description string, values ...string) awscdk.CfnParameter {
		return newParameter(scope, id, description,
			awscdk.CfnParameterProps{AllowedValues: jsii.Strings(values...), Default: values[0]})
	}
	percent := func(id string, least, otherwise int, description string) *float64 {
		return newParameter(scope, id, description, awscdk.CfnParameterProps{
			Type: jsii.String("Number"), MinValue: jsii.Number(least), MaxValue: jsii.Number(100), Default: otherwise,
		}).ValueAsNumber()
	}
	optional := func(id, form, must, description string) *string {
		return newParameter(scope, id, description, awscdk.CfnParameterProps{
			AllowedPattern: jsii.String("^(" + form + ")?$"), Default: "",
			ConstraintDescription: jsii.String("must be " + must + ", or empty"),
		}).ValueAsString()
	}
	const one, some = accountsID, "account ids, separated by commas"

	regions := list("Regions", regionForm,
		"The Regions that get the runbooks. The first must be the home Region, which has the stack hubmend-admin. It "+
			"also gets the roles.")
	accounts := optional("Accounts", accountForm+"(,"+accountForm+")*", some,
		"The accounts for AccountFilter, separated by commas. AWS does not filter accounts that join an OU later.")
	administrator := optional("AdministratorAccount", accountForm, one,
		"The account that has the stack hubmend-admin. Empty: this account.")
	management := optional("ManagementAccount", accountForm, one,
		"The management account of the organization, if this account is a delegated administrator of StackSets. "+
			"Empty: this is the management account.")
	joining := choice("AutoDeployment",
		"Whether accounts that join an OU get the stacks automatically, and lose them when they leave.", "true",
		"false")

	listed := given(scope, "Accounts", accounts)
	delegated := delegates(scope, management, filled(management))
	elsewhere := given(scope, "AdministratorAccount", administrator)
	automatically := condition(scope, "DeploysAutomatically",
		awscdk.Fn_ConditionEquals(joining.ValueAsString(), "true"))
	return &values{
		units: list("OrganizationalUnits", unitForm,
			"The organizational units (OUs) whose accounts get the stacks, or the root, such as r-a1b2, for all "+
				"accounts. StackSets never deploy to the management account.").ValueAsList(),
		regions: regions.ValueAsList(),
		home:    awscdk.Fn_Select(jsii.Number(0), regions.ValueAsList()),
		accounts: awscdk.Token_AsList(awscdk.Fn_ConditionIf(listed, awscdk.Fn_Split(jsii.String(","), accounts, nil),
			awscdk.Aws_NO_VALUE()), nil),
		filter: choice("AccountFilter",
			"NONE: all accounts of the OUs. INTERSECTION: only those in Accounts. DIFFERENCE: all but these.",
			noFilter, intersection, difference).ValueAsString(),
		administrator: awscdk.Token_AsString(awscdk.Fn_ConditionIf(elsewhere, administrator, awscdk.Aws_ACCOUNT_ID()),
			nil),
		owner: awscdk.Token_AsString(awscdk.Fn_ConditionIf(delegated, management, awscdk.Aws_ACCOUNT_ID()),
			nil),
		callAs:     callAsOf(delegated),
		reevaluate: reevaluate.Value(scope, again),
		failures: percent("FailureTolerancePercentage", 0, defaultFailureTolerance,
			"The percentage of accounts that may fail in a Region before the operation stops."),
		concurrent: percent("MaxConcurrentPercentage", 1, defaultMaxConcurrent,
			"The percentage of accounts to deploy to at the same time."),
		regionConcurrency: choice("RegionConcurrency",
			fmt.Sprintf("%s: one Region after another. %s: all Regions at the same time.", sequential, parallel),
			sequential, parallel).ValueAsString(),
		autoDeployment: func(after ...*string) any {
			enabled := map[string]any{"Enabled": true, "RetainStacksOnAccountRemoval": false}
			if len(after) > 0 {
				enabled["DependsOn"] = after
			}
			return awscdk.Fn_ConditionIf(automatically, enabled, map[string]any{"Enabled": false})
		},
	}
}

// newParameter makes a parameter, by default a String.
func newParameter(scope constructs.Construct, id, description string,
	props awscdk.CfnParameterProps) awscdk.CfnParameter {
	if props.Type == nil {
		props.Type = jsii.String("String")
	}
	props.Description = jsii.String(description)
	return awscdk.NewCfnParameter(scope, jsii.String(id), &props)
}

// given is the condition that a parameter is not empty.
func given(scope constructs.Construct, id string, value *string) *string {
	return condition(scope, "Has"+id, filled(value))
}

func filled(value *string) awscdk.ICfnConditionExpression {
	return awscdk.Fn_ConditionNot(awscdk.Fn_ConditionEquals(value, ""))
}

// delegates is the condition that the management account is not the account of the stack, and of everything else given.
// In the management account itself CloudFormation refuses CallAs DELEGATED_ADMIN.
func delegates(scope constructs.Construct, management *string, also ...awscdk.ICfnConditionExpression) *string {
	holds := awscdk.ICfnConditionExpression(
		awscdk.Fn_ConditionNot(awscdk.Fn_ConditionEquals(management, awscdk.Aws_ACCOUNT_ID())))
	if len(also) > 0 {
		holds = awscdk.Fn_ConditionAnd(append(also, holds)...)
	}
	return condition(scope, "HasManagementAccount", holds)
}

// condition makes a condition and gives its name.
func condition(scope constructs.Construct, id string, holds awscdk.ICfnConditionExpression) *string {
	return awscdk.NewCfnCondition(scope, jsii.String(id), &awscdk.CfnConditionProps{Expression: holds}).LogicalId()
}
