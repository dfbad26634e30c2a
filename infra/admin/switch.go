package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
	"hubmend/internal/engine/naming"
)

// Switch is the SSM parameter that pauses all of Hubmend.
type Switch struct {
	Name *string
}

// NewSwitch makes the parameter, not paused. Deploying the stack again keeps the current value, because CloudFormation
// writes the parameter only when a property below changes. It then writes all of them, also the value. So a change here
// would resume a Hubmend that is paused.
func NewSwitch(scope constructs.Construct, id *string) *Switch {
	parameter := awsssm.NewCfnParameter(scope, id, &awsssm.CfnParameterProps{
		Name:           jsii.String(naming.Switch),
		Type:           jsii.String("String"),
		Value:          jsii.String(naming.SwitchActive),
		AllowedPattern: jsii.String("^(" + naming.SwitchActive + "|" + naming.SwitchPaused + ")$"),
		Description:    jsii.String("paused: Hubmend starts no repair; findings wait. active: it goes on."),
	})
	return &Switch{Name: parameter.Ref()}
}

// Read is the permission to read it.
func (s *Switch) Read() access.Statement {
	return access.Statement{Sid: "Switch", Actions: []string{"ssm:GetParameter"},
		Resources: []*string{arn.Local("ssm", "parameter"+naming.Switch)}}
}
