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
				r.problem("docs/operations.md#alarms says what to do", "%s is in ALARM: %s", name,
					aws.ToString(a.AlarmDescription))
			}
			if !aws.ToBool(a.ActionsEnabled) {
				r.problem("aws cloudwatch enable-alarm-actions --alarm-names "+name, "nobody is told of the alarm %s",
					name)
			}
		}
	}
	if n == 0 {
		r.problem(restore("every alarm"), "there are no alarms")
	}
	r.found = fmt.Sprintf("%d alarms, none in ALARM", n)
	return r, nil
}

// notifications looks whether anybody hears of what needs a person.
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
			r.problem(restore(naming.Topic), "there is no topic %s", naming.Topic)
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
		r.found = fmt.Sprintf("who hears of what needs a person: %d subscribers", confirmed)
	case waiting > 0:
		r.problem("let them follow the link in the mail of AWS",
			"%d subscribers have not confirmed yet, so nobody hears of what needs a person", waiting)
	default:
		r.problem("aws sns subscribe --topic-arn "+topic+" --protocol email --notification-endpoint you@example.com",
			"nobody is subscribed to %s, so nobody hears of what needs a person", naming.Topic)
	}
	return r, nil
}
