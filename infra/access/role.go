// Package access makes roles and managed policies, whose statements are plain data. A role has one inline policy.
package access

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/engine/naming"
)

// RoleProps describe a role.
type RoleProps struct {
	// Name is nil for a role that nothing refers to by name.
	Name        *string
	Description *string
	TrustedBy   awsiam.IPrincipal
	Statements  []Statement
	// Shared is a policy that other roles have too, or nil.
	Shared awsiam.IManagedPolicy
}

// Statement is one statement of a policy.
type Statement struct {
	Sid        string
	Deny       bool
	Actions    []string
	Resources  []*string
	Conditions Conditions
}

// Conditions map an operator such as StringEquals to keys and values.
type Conditions map[string]any

// NewRole makes a role with an inline policy, and perhaps a shared one. The role never exists without its
// policy, so a function that starts at once has its permissions.
func NewRole(scope constructs.Construct, id *string, props *RoleProps) awsiam.Role {
	policy := awsiam.NewPolicyDocument(nil)
	for _, s := range props.Statements {
		policy.AddStatements(s.statement())
	}
	own := &awsiam.RoleProps{
		RoleName:       props.Name,
		Path:           path(),
		Description:    props.Description,
		AssumedBy:      props.TrustedBy,
		InlinePolicies: &map[string]awsiam.PolicyDocument{"hubmend": policy},
	}
	if props.Shared != nil {
		own.ManagedPolicies = &[]awsiam.IManagedPolicy{props.Shared}
	}
	return awsiam.NewRole(scope, id, own)
}

// path is nil for IAM's default path.
func path() *string {
	if naming.RolePath == "/" {
		return nil
	}
	return jsii.String(naming.RolePath)
}

func (s Statement) statement() awsiam.PolicyStatement {
	effect := awsiam.Effect_ALLOW
	if s.Deny {
		effect = awsiam.Effect_DENY
	}
	p := awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       jsii.String(s.Sid),
		Effect:    effect,
		Actions:   jsii.Strings(s.Actions...),
		Resources: &s.Resources,
	})
	if len(s.Conditions) > 0 {
		p.AddConditions((*map[string]any)(&s.Conditions))
	}
	return p
}
