package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
	"hubmend/internal/engine/naming"
)

// contents are what CloudFormation does with the resources of the product templates. A test compares them with the
// templates, so that the role has no other permission.
func contents() []access.Statement {
	return []access.Statement{
		{
			Sid: "Rules",
			Actions: []string{
				"events:PutRule", "events:PutTargets", "events:DescribeRule", "events:ListTargetsByRule",
				"events:RemoveTargets", "events:DeleteRule",
				// Service Catalog tags the stacks that it launches, and CloudFormation tags their resources.
				"events:TagResource", "events:UntagResource", "events:ListTagsForResource",
			},
			Resources: []*string{arn.Local("events", "rule/"+naming.Prefix+"*")},
		},
		{
			Sid: "CustomActions", Actions: []string{"lambda:InvokeFunction"},
			Resources: []*string{arn.Local("lambda", "function:"+naming.CustomActionFunction)},
		},
	}
}

// newLaunchRole makes the role that Service Catalog launches, updates and terminates playbooks with, so that end users
// need no permission for the resources in them.
func newLaunchRole(scope constructs.Construct) awsiam.Role {
	statements := []access.Statement{
		{
			Sid: "Stacks", // the names that Service Catalog gives them
			Actions: []string{
				"cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DeleteStack",
				"cloudformation:SetStackPolicy",
				"cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents", "cloudformation:TagResource",
				"cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet", "cloudformation:ListChangeSets",
				"cloudformation:ExecuteChangeSet", "cloudformation:DeleteChangeSet",
			},
			Resources: []*string{arn.Local("cloudformation", "stack/SC-*")},
		},
		{
			Sid:       "Templates", // before the stack exists
			Actions:   []string{"cloudformation:GetTemplateSummary", "cloudformation:ValidateTemplate"},
			Resources: []*string{jsii.String("*")},
		},
		{
			Sid:       "TemplateFiles", // Service Catalog has copies in its own bucket
			Actions:   []string{"s3:GetObject"},
			Resources: []*string{arn.Sub("arn:${AWS::Partition}:s3:::*/*")},
			Conditions: access.Conditions{
				"StringEquals": map[string]any{"s3:ExistingObjectTag/servicecatalog:provisioning": "true"}},
		},
	}
	return access.NewRole(scope, jsii.String("LaunchRole"), &access.RoleProps{
		Name:        jsii.String(naming.LaunchRole),
		Description: jsii.String("Permissions of Service Catalog when it launches, updates or terminates a playbook."),
		TrustedBy:   access.Service("servicecatalog.amazonaws.com", arn.Local("servicecatalog", "*")),
		Statements:  append(statements, contents()...),
	})
}
