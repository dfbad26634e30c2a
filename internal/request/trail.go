package request

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// Trail is what Changes needs of CloudTrail.
type Trail interface {
	LookupEvents(context.Context, *cloudtrail.LookupEventsInput, ...func(*cloudtrail.Options)) (*cloudtrail.LookupEventsOutput, error)
}

// Change is a call that changed a resource.
type Change struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Call string    `json:"call"` // such as ec2:AuthorizeSecurityGroupIngress
}

// mostChanges is how many changes are told: the newest is most likely what somebody wants to know.
const mostChanges = 5

// Changes asks CloudTrail who has changed a resource since a time, the newest first. CloudTrail
// knows resources by their ARN or by their own id, as each service likes, and shows a call some
// minutes after it was made. Steps of runbooks are left out.
func Changes(ctx context.Context, client Trail, resource string, since time.Time) ([]Change, error) {
	names := []string{resource}
	if id := resource[strings.LastIndexAny(resource, "/:")+1:]; id != resource {
		names = []string{id, resource}
	}
	for _, name := range names {
		out, err := client.LookupEvents(ctx, &cloudtrail.LookupEventsInput{
			StartTime: &since, MaxResults: aws.Int32(50),
			LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyResourceName, AttributeValue: &name}},
		})
		if err != nil {
			return nil, fmt.Errorf("look up what happened to %s: %w", name, err)
		}
		if found := changes(out.Events, since); len(found) > 0 {
			return found, nil
		}
	}
	return nil, nil
}

// changes keeps what wrote, and was no step of an execution: those run in sessions that Systems
// Manager names after the execution.
func changes(events []types.Event, since time.Time) []Change {
	var found []Change
	for _, e := range events {
		at, by := aws.ToTime(e.EventTime), aws.ToString(e.Username)
		if aws.ToString(e.ReadOnly) == "true" || strings.HasPrefix(by, "Automation-") || at.Before(since) || len(found) == mostChanges {
			continue
		}
		service, _, _ := strings.Cut(aws.ToString(e.EventSource), ".")
		found = append(found, Change{at.UTC(), by, service + ":" + aws.ToString(e.EventName)})
	}
	return found
}
