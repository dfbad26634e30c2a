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

// The permissions to read and to write data that is encrypted with a key.
const (
	decrypt = "kms:Decrypt"
	encrypt = "kms:GenerateDataKey"
)

// newKey gives the key for everything in the stack that stores data. It is nil without the setting, and AWS then
// encrypts with keys that it owns. See docs/adr/0022-keys.md.
func newKey(scope constructs.Construct, demanded string) awskms.IKey {
	id := jsii.String("Key")
	switch demanded {
	case "":
		return nil
	case restricted.CreateKey:
		key := awskms.NewKey(scope, id, &awskms.KeyProps{
			Description: jsii.String(
				"Encrypts the data of Hubmend: ledger, queues, notifications, logs and the functions' environment."),
			EnableKeyRotation: jsii.Bool(true),
			// The ledger outlives the stack, and cannot be read without the key.
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

// services are the statements for AWS services in the key policy. Roles have their permissions in their own policies.
// docs/deployment.md has the same statements for an existing key.
func services() []awsiam.PolicyStatement {
	own := map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}}
	logs := map[string]any{
		"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": arn.Local("logs",
			"log-group:/aws/lambda/"+naming.Prefix+"*")}}
	allow := func(sid string, service awsiam.IPrincipal, conditions map[string]any,
		actions ...string) awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(sid), Principals: &[]awsiam.IPrincipal{service}, Actions: jsii.Strings(actions...),
			Resources:  jsii.Strings("*"), // the key itself
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

// use lets a role use the key, if there is one, for data that it may read or write.
func use(key awskms.IKey, actions ...string) []access.Statement {
	if key == nil {
		return nil
	}
	return []access.Statement{{Sid: "Key", Actions: actions, Resources: []*string{key.KeyArn()}}}
}
