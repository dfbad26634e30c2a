package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"hubmend/internal/aws/partition"
	"hubmend/internal/engine/naming"
	"hubmend/internal/ops/wording"
)

func (e *examination) alarms(ctx context.Context) (report, error) {
	r := report{}
	n := 0
	pages := cloudwatch.NewDescribeAlarmsPaginator(e.watch,
		&cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String(naming.Prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return r, err
		}
		for _, a := range page.MetricAlarms {
			n++
			name := aws.ToString(a.AlarmName)
			if a.StateValue == types.StateValueAlarm {
				r.problem("see docs/operations.md#alarms", "%s is in ALARM: %s", name,
					aws.ToString(a.AlarmDescription))
			}
			if !aws.ToBool(a.ActionsEnabled) {
				r.problem("aws cloudwatch enable-alarm-actions --alarm-names "+name,
					"the actions of alarm %s are disabled", name)
			}
		}
	}
	if n == 0 {
		r.problem(restore("its alarms"), "no alarms found")
	}
	r.found = fmt.Sprintf("%d alarms, none in ALARM", n)
	return r, nil
}

// notifications checks whether the topic has subscribers.
func (e *examination) notifications(ctx context.Context) (report, error) {
	r := report{}
	who, err := e.Whose(ctx)
	if err != nil {
		return r, err
	}
	p, _ := partition.Of(e.Config.Region)
	topic := fmt.Sprintf("arn:%s:sns:%s:%s:%s", p.Name, e.Config.Region, who.Account, naming.Topic)
	var confirmed, waiting int
	pages := sns.NewListSubscriptionsByTopicPaginator(e.sns, &sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var missing *snstypes.NotFoundException
		if errors.As(err, &missing) {
			r.problem(restore(naming.Topic), "topic %s not found", naming.Topic)
			return r, nil
		}
		if err != nil {
			return r, err
		}
		for _, s := range page.Subscriptions {
			if slices.Contains([]string{"PendingConfirmation", "Deleted", ""}, aws.ToString(s.SubscriptionArn)) {
				waiting++
			} else {
				confirmed++
			}
		}
	}
	switch {
	case confirmed > 0:
		r.found = naming.Topic + " has " + wording.Counted(confirmed, "confirmed subscriber")
	case waiting > 0:
		r.problem("confirm the subscription with the link in the email from AWS",
			"%s has %s, none of them confirmed; failures will go unnoticed", naming.Topic,
			wording.Counted(waiting, "subscriber"))
	default:
		r.problem("aws sns subscribe --topic-arn "+topic+" --protocol email --notification-endpoint you@example.com",
			"%s has no subscribers; failures will go unnoticed", naming.Topic)
	}
	return r, nil
}
