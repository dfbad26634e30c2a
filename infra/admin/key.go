package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
	"hubmend/infra/restricted"
	"hubmend/internal/engine/naming"
)

// What it takes to read what is encrypted with a key, and to write it.
const (
	decrypt = "kms:Decrypt"
	encrypt = "kms:GenerateDataKey"
)

// newKey gives the key for everything of the stack that holds data, or nil when nobody demands one: AWS then
// encrypts with keys of its own. See docs/adr/0022-keys.md.
func newKey(scope constructs.Construct, demanded string) awskms.IKey {
	id := jsii.String("Key")
	switch demanded {
	case "":
		return nil
	case restricted.CreateKey:
		key := awskms.NewKey(scope, id, &awskms.KeyProps{
			Description: jsii.String(
				"Encrypts what Hubmend keeps: its ledger, queues, notifications, logs and the functions' environment."),
			EnableKeyRotation: jsii.Bool(true),
			// The ledger outlives the stack, and cannot be read without it.
			RemovalPolicy: awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
		})
		for _, s := range services() {
			key.AddToResourcePolicy(s, nil)
		}
		return key
	default:
		return awskms.Key_FromKeyArn(scope, id, jsii.String(demanded))
	}
}

// services are what AWS services need of the key's policy, because they act as themselves. Roles have what
// they need in their own policies. docs/deployment.md has the same for a key that is there already.
func services() []awsiam.PolicyStatement {
	own := map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}}
	logs := map[string]any{
		"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": arn.Local("logs",
			"log-group:/aws/lambda/"+naming.Prefix+"*")}}
	allow := func(sid string, service awsiam.IPrincipal, conditions map[string]any,
		actions ...string) awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(sid), Principals: &[]awsiam.IPrincipal{service}, Actions: jsii.Strings(actions...),
			Resources:  jsii.Strings("*"), // the key that has the policy
			Conditions: &conditions,
		})
	}
	return []awsiam.PolicyStatement{
		allow("RulesToQueues", awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil), own, encrypt,
			decrypt),
		allow("AlarmsToTopic", awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil), own, encrypt,
			decrypt),
		allow("Logs", awsiam.NewServicePrincipal(arn.Sub("logs.${AWS::Region}.${AWS::URLSuffix}"), nil), logs,
			"kms:Encrypt", decrypt, "kms:ReEncryptFrom", "kms:ReEncryptTo", encrypt,
			"kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"),
	}
}

// use lets a role use the key for what it may read and write anyway, if there is one.
func use(key awskms.IKey, actions ...string) []access.Statement {
	if key == nil {
		return nil
	}
	return []access.Statement{{Sid: "Key", Actions: actions, Resources: []*string{key.KeyArn()}}}
}
