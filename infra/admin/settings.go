package admin

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/naming"
)

// Values of settings. CloudFormation's type Number accepts 2.5, with which no function would start.
const (
	fromOne  = `^[1-9]\d{0,2}$`
	fromZero = `^(0|[1-9]\d{0,2})$`
	aDay     = `^(0|[1-9]\d{0,2}|1[0-3]\d\d|14[0-3]\d|1440)$` // in minutes, at most
)

// newSettings makes a stack parameter for each setting and gives the environment of the functions.
func newSettings(scope constructs.Construct) map[string]*string {
	environment := map[string]*string{}
	for _, s := range []struct {
		name, variable, pattern, description string
		value                                float64
	}{
		{"MaxAttempts", naming.EnvMaxAttempts, fromOne,
			"How many automatic remediations of one resource may start within the window.",
			float64(decide.Defaults.MaxAttempts)},
		{"WindowHours", naming.EnvWindowHours, fromOne, "The window of MaxAttempts, in hours.",
			decide.Defaults.Window.Hours()},
		{"BreakerFailures", naming.EnvBreakerFailures, fromOne,
			"How many resources must fail in a row to pause automatic remediation of their control.",
			float64(decide.Defaults.BreakerFailures)},
		{"BreakerMinutes", naming.EnvBreakerMinutes, fromOne,
			"Within how many minutes they must fail, and how long the pause lasts.",
			decide.Defaults.BreakerWindow.Minutes()},
		{"ConfirmEveryMinutes", naming.EnvConfirmEveryMinutes, fromZero,
			"How often Hubmend looks whether Security Hub has confirmed remediations, in minutes. 0: in every sweep.",
			decide.Defaults.ConfirmEvery.Minutes()},
		{"EvidenceLagMinutes", naming.EnvEvidenceLagMinutes, aDay,
			"How old the data behind a Security Hub check may be, in minutes. 1440 if AWS Config records daily.",
			decide.Defaults.EvidenceLag.Minutes()},
	} {
		parameter := awscdk.NewCfnParameter(scope, jsii.String(s.name), &awscdk.CfnParameterProps{
			Type: jsii.String("String"), Default: strconv.FormatFloat(s.value, 'f', -1, 64),
			AllowedPattern: jsii.String(s.pattern),
			ConstraintDescription: jsii.String(
				"must be a whole number of at most three digits, or up to 1440 for EvidenceLagMinutes"),
			Description: jsii.String(s.description),
		})
		environment[s.variable] = parameter.ValueAsString()
	}
	return environment
}
