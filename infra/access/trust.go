package access

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

// Service trusts an AWS service that acts for the stack's own account, and there for a
// source whose ARN is like the given one. Without both, the service could be talked into
// using the role by another account (the confused deputy).
func Service(name string, source *string) awsiam.IPrincipal {
	return awsiam.NewServicePrincipal(jsii.String(name), &awsiam.ServicePrincipalOpts{
		Conditions: (*map[string]any)(&Conditions{
			"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()},
			"ArnLike":      map[string]any{"aws:SourceArn": source},
		}),
	})
}
