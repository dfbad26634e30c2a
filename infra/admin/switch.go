package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/access"
	"hubmend/infra/arn"
	"hubmend/internal/engine/naming"
)

// Switch is the parameter with which an administrator stops every start.
type Switch struct {
	Name *string
}

// NewSwitch makes the parameter, with nothing stopped. Deploying the stack again leaves the
// value that it has then, because CloudFormation writes the parameter only when a property
// below changes. Then it writes all of them, the value too: so do not touch them lightly.
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

// Read is what reading it takes.
func (s *Switch) Read() access.Statement {
	return access.Statement{Sid: "Switch", Actions: []string{"ssm:GetParameter"},
		Resources: []*string{arn.Local("ssm", "parameter"+naming.Switch)}}
}
