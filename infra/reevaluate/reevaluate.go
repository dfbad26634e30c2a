// Package reevaluate has the setting that lets Hubmend ask AWS Config to evaluate rules again after a repair. It is off
// by default, because it takes one more permission in every member account.
package reevaluate

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// ContextKey is where cdk.json has the setting.
const ContextKey = "hubmend:reevaluate"

// On is the value of the stack parameter that turns it on.
const On = "true"

// Read reads the setting from the context value: true, false or, from the command line, one of these as text. Without a
// value it gives nil, and the stacks have a parameter.
func Read(context any) (*bool, error) {
	if context == nil {
		return nil, nil //nolint:nilnil // nothing is configured
	}
	on, err := strconv.ParseBool(fmt.Sprint(context))
	if err != nil {
		return nil, fmt.Errorf("%s must be true or false, not %v", ContextKey, context)
	}
	return &on, nil
}

// Value is the setting as text. If it is not configured, it is a parameter of the stack.
func Value(scope constructs.Construct, configured *bool) *string {
	if configured != nil {
		return jsii.String(strconv.FormatBool(*configured))
	}
	return Parameter(scope)
}

// Parameter makes the parameter of a stack.
func Parameter(scope constructs.Construct) *string {
	return awscdk.NewCfnParameter(scope, jsii.String("Reevaluate"), &awscdk.CfnParameterProps{
		Type: jsii.String("String"), AllowedValues: jsii.Strings("false", On), Default: "false",
		Description: jsii.String("Whether Hubmend asks AWS Config to evaluate the rule of a finding again after its " +
			"repair, so that Security Hub checks it sooner. Set it alike in hubmend-admin and in the member stacks."),
	}).ValueAsString()
}
