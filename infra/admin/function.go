package admin

import (
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/internal/engine/naming"
)

// Folders of the functions below lambdas/.
const (
	dispatchFolder     = "dispatch"
	settleFolder       = "settle"
	SweepFolder        = "sweep" // with the policy of the deployment, see package deployed
	customActionFolder = "custom-action"
)

// Functions lists the folders below lambdas/ that the stack deploys.
func Functions() []string {
	return []string{dispatchFolder, settleFolder, SweepFolder, customActionFolder}
}

// memory of a function, in MB. CPU is proportional to it: with 128 MB the TLS handshakes of a cold start take twice as
// long. More than 256 MB gains nothing, because then the function mostly waits for AWS.
const memory = 256

// FunctionProps describe a function. Properties of the CDK that are nil get defaults.
type FunctionProps struct {
	*awslambda.FunctionProps

	// Name is the function's name.
	Name string
	// Binary is the folder of the compiled function and its files, with nothing else in it.
	Binary string
	// Key encrypts the log and the environment. If nil, AWS encrypts them with keys that it owns.
	Key awskms.IKey
	// Statements are what the function may do besides writing its log, including its use of Key.
	Statements []access.Statement
}

// NewFunction makes a Go function with a role and a log group of its own.
func NewFunction(scope constructs.Construct, id *string, props *FunctionProps) awslambda.Function {
	scope = constructs.NewConstruct(scope, id)
	logs := awslogs.NewLogGroup(scope, jsii.String("Logs"), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String("/aws/lambda/" + props.Name),
		Retention:     awslogs.RetentionDays_ONE_YEAR,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		EncryptionKey: props.Key,
	})
	role := access.NewRole(scope, jsii.String("Role"), &access.RoleProps{
		Name:        jsii.String(naming.FunctionRole(props.Name)),
		Description: jsii.String("Permissions of the function " + props.Name + "."),
		TrustedBy:   awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		Statements: append([]access.Statement{{
			Sid:       "Log",
			Actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			Resources: []*string{logs.LogGroupArn()},
		}}, props.Statements...),
	})
	function := awslambda.NewFunction(scope, jsii.String("Function"), props.filled(role, logs))
	// The CDK adds a dependency on the role, which CloudFormation has already from the reference.
	function.Node().DefaultChild().(awslambda.CfnFunction).AddDeletionOverride(jsii.String("DependsOn"))
	return function
}

func (p *FunctionProps) filled(role awsiam.Role, logs awslogs.LogGroup) *awslambda.FunctionProps {
	own := awslambda.FunctionProps{}
	if p.FunctionProps != nil {
		own = *p.FunctionProps
	}
	if own.FunctionName == nil {
		own.FunctionName = jsii.String(p.Name)
	}
	if own.Code == nil {
		own.Code = awslambda.Code_FromAsset(jsii.String(filepath.Clean(p.Binary)),
			&awss3assets.AssetOptions{DisplayName: jsii.String(filepath.Base(p.Binary))})
	}
	if own.Runtime == nil {
		own.Runtime = awslambda.Runtime_PROVIDED_AL2023()
	}
	if own.Handler == nil {
		own.Handler = jsii.String("bootstrap") // required, but ignored by this runtime
	}
	if own.Architecture == nil {
		own.Architecture = awslambda.Architecture_ARM_64()
	}
	if own.MemorySize == nil {
		own.MemorySize = jsii.Number(memory)
	}
	if own.Role == nil {
		// Other constructs must not add to the policy.
		own.Role = role.WithoutPolicyUpdates(nil)
	}
	if own.LogGroup == nil {
		own.LogGroup = logs
	}
	if own.LoggingFormat == "" {
		own.LoggingFormat = awslambda.LoggingFormat_JSON
	}
	if own.Environment != nil {
		own.EnvironmentEncryption = p.Key
	}
	return &own
}
