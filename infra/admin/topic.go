package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/engine/naming"
)

// NewTopic makes the topic of notifications and a parameter, named emailParameter, for an email address to subscribe.
func NewTopic(scope constructs.Construct, emailParameter *string, key awskms.IKey) awssns.Topic {
	topic := awssns.NewTopic(scope, jsii.String("Topic"), &awssns.TopicProps{
		TopicName:   jsii.String(naming.Topic),
		DisplayName: jsii.String("Hubmend"),
		EnforceSSL:  jsii.Bool(true),
		// CloudWatch alarms cannot publish to a topic with the key alias/aws/sns, so the default is no key.
		MasterKey: key,
	})
	email := awscdk.NewCfnParameter(scope, emailParameter, &awscdk.CfnParameterProps{
		Type:                  jsii.String("String"),
		Default:               "",
		AllowedPattern:        jsii.String(`^([^@\s]+@[^@\s]+)?$`),
		ConstraintDescription: jsii.String("must be an email address, or empty"),
		Description: jsii.String(
			"The email address that gets notifications, after confirming the subscription. Empty: none. You can " +
				"subscribe to the topic " + naming.Topic + " later."),
	})
	subscription := awssns.NewCfnSubscription(scope, jsii.String("EmailSubscription"), &awssns.CfnSubscriptionProps{
		TopicArn: topic.TopicArn(),
		Protocol: jsii.String("email"),
		Endpoint: email.ValueAsString(),
	})
	subscription.CfnOptions().SetCondition(awscdk.NewCfnCondition(scope, jsii.String("HasNotificationEmail"),
		&awscdk.CfnConditionProps{
			Expression: given(email),
		}))
	return topic
}
