package access

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// NewManagedPolicy makes a policy with a name, to be attached to roles here, or by people to their own.
func NewManagedPolicy(scope constructs.Construct, id *string, name, description string,
	statements []Statement) awsiam.ManagedPolicy {
	document := awsiam.NewPolicyDocument(nil)
	for _, s := range statements {
		document.AddStatements(s.statement())
	}
	return awsiam.NewManagedPolicy(scope, id, &awsiam.ManagedPolicyProps{
		ManagedPolicyName: jsii.String(name), Description: jsii.String(description), Document: document,
	})
}
