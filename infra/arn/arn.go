// Package arn writes ARNs as CloudFormation substitutions. They fit every partition, and a template can name resources
// of another stack without importing them.
package arn

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/engine/naming"
)

// Sub is a text in which CloudFormation replaces ${AWS::Partition}, ${AWS::AccountId}, ${AWS::Region} and the
// template's parameters.
func Sub(text string) *string { return awscdk.Fn_Sub(jsii.String(text), nil) }

// Local is the ARN of a resource in the account and Region of the stack.
func Local(service, resource string) *string {
	return Sub("arn:${AWS::Partition}:" + service + ":${AWS::Region}:${AWS::AccountId}:" + resource)
}

// Anywhere is the ARN of a resource in any Region of the stack's account.
func Anywhere(service, resource string) *string {
	return Sub("arn:${AWS::Partition}:" + service + ":*:${AWS::AccountId}:" + resource)
}

// Global is the ARN of a resource of the stack's account in a service without Regions.
func Global(service, resource string) *string {
	return Sub("arn:${AWS::Partition}:" + service + "::${AWS::AccountId}:" + resource)
}

// Role is the ARN of a role in the account of the stack.
func Role(name string) *string { return RoleIn("${AWS::AccountId}", name) }

// RoleIn is the ARN of a role in an account. The account may be * or a parameter.
func RoleIn(account, name string) *string {
	return Sub(naming.RoleARN("${AWS::Partition}", account, name))
}
