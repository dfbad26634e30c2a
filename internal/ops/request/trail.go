package request

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
)

// Trail is what Changes needs of CloudTrail.
type Trail interface {
	LookupEvents(context.Context, *cloudtrail.LookupEventsInput,
		...func(*cloudtrail.Options)) (*cloudtrail.LookupEventsOutput, error)
}

// Change is a call that changed a resource.
type Change struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Call string    `json:"call"` // such as ec2:AuthorizeSecurityGroupIngress
}

// mostChanges limits the reported changes. The latest are the most relevant.
const mostChanges = 5

// Changes returns who has changed a resource since a time, the latest first, from CloudTrail.
// CloudTrail knows a resource by its ARN or by its id, depending on the service, and shows a call
// a few minutes after it was made. The calls of Hubmend's own runbooks are left out.
func Changes(ctx context.Context, client Trail, resource string, since time.Time) ([]Change, error) {
	names := []string{resource}
	if id := target.Name(resource); id != resource {
		names = []string{id, resource}
	}
	for _, name := range names {
		out, err := client.LookupEvents(ctx, &cloudtrail.LookupEventsInput{
			StartTime: &since, MaxResults: aws.Int32(50),
			LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyResourceName,
				AttributeValue: &name}},
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

// changes keeps what others wrote.
func changes(events []types.Event, since time.Time) []Change {
	var found []Change
	for _, e := range events {
		at, by, role := aws.ToTime(e.EventTime), aws.ToString(e.Username), roleOf(e)
		if aws.ToString(e.ReadOnly) == "true" || strings.HasPrefix(role, naming.Prefix) || at.Before(since) ||
			len(found) == mostChanges {
			continue
		}
		if role != "" {
			by = role + "/" + by
		}
		service, _, _ := strings.Cut(aws.ToString(e.EventSource), ".")
		found = append(found, Change{at.UTC(), by, service + ":" + aws.ToString(e.EventName)})
	}
	return found
}

// roleOf gives the role in whose session a call was made, or "". The name of the session alone says little:
// whoever may assume the role chooses it, and every execution of Systems Manager has one of the same form.
func roleOf(e types.Event) string {
	var record struct {
		UserIdentity struct {
			SessionContext struct {
				SessionIssuer struct {
					UserName string `json:"userName"`
				} `json:"sessionIssuer"`
			} `json:"sessionContext"`
		} `json:"userIdentity"`
	}
	_ = json.Unmarshal([]byte(aws.ToString(e.CloudTrailEvent)), &record) // then nobody knows
	return record.UserIdentity.SessionContext.SessionIssuer.UserName
}
