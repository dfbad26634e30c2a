package admin

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/engine/naming"
)

// NewTopic makes the topic for what people should hear of, and a parameter, whose name is
// emailParameter, for an address that is subscribed to it.
func NewTopic(scope constructs.Construct, emailParameter *string, key awskms.IKey) awssns.Topic {
	topic := awssns.NewTopic(scope, jsii.String("Topic"), &awssns.TopicProps{
		TopicName:   jsii.String(naming.Topic),
		DisplayName: jsii.String("Hubmend"),
		EnforceSSL:  jsii.Bool(true),
		// CloudWatch alarms cannot publish to a topic with the key aws/sns, so without one of the account's
		// there is none.
		MasterKey: key,
	})
	email := awscdk.NewCfnParameter(scope, emailParameter, &awscdk.CfnParameterProps{
		Type:                  jsii.String("String"),
		Default:               "",
		AllowedPattern:        jsii.String(`^([^@\s]+@[^@\s]+)?$`),
		ConstraintDescription: jsii.String("must be an e-mail address, or empty"),
		Description: jsii.String(
			"Who gets notifications by e-mail, after confirming it. Empty: nobody; subscribe to the topic later."),
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
