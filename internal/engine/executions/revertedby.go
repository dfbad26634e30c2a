package executions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"hubmend/internal/aws/partition"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/reverted"
	"hubmend/internal/engine/target"
)

const (
	// trailPages limits the events of one name that are read, 50 a page and the latest first.
	trailPages = 2
	// mostEvents is how many events of an account's own setting are looked up. Settings that more calls change have
	// no owner that could be recognized.
	mostEvents = 3
	// accountSetting begins the resource of a finding that is about the account itself.
	accountSetting = "AWS::::Account:"
)

// RevertedBy returns who changed a resource between the end of its repair and the time when it failed again. It is
// zero if CloudTrail has no such change. That does not prove that nobody made one, and it is no answer at all before
// reverted.Lag has passed since.
func (m *Accounts) RevertedBy(ctx context.Context, t target.Target, since, until time.Time) (reverted.By, error) {
	if !since.Before(until) {
		return reverted.By{}, nil // CloudTrail refuses such a time
	}
	undoing := m.Changes(t.Runbook)
	for _, attribute := range attributes(t.Resource, undoing) {
		for _, region := range m.trailRegions(t.Region) {
			at := Place{t.Account, region, naming.SettleRole, naming.SettleFunction}
			records, err := m.records(ctx, at, attribute, since, until)
			if err != nil {
				return reverted.By{}, fmt.Errorf("look up who changed %s in %s/%s: %w", t.Resource, t.Account, region,
					err)
			}
			if by := reverted.Latest(records, undoing); !by.IsZero() {
				return by, nil
			}
		}
	}
	return reverted.By{}, nil
}

// trailRegions are the Regions in which CloudTrail has the calls about a resource. It has those of global services
// in one Region of the partition, and those about an account's S3 settings where they were called.
func (m *Accounts) trailRegions(region string) []string {
	if region != target.Global {
		return []string{region}
	}
	in, _ := partition.Of(m.Config.Region)
	return slices.Compact([]string{in.GlobalTrail, m.Config.Region})
}

// attributes are what CloudTrail knows a resource's changes by, the best first.
func attributes(resource string, undoing []string) []types.LookupAttribute {
	if !strings.HasPrefix(resource, accountSetting) {
		return lookups(types.LookupAttributeKeyResourceName, names(resource))
	}
	if len(undoing) > mostEvents {
		return nil
	}
	return lookups(types.LookupAttributeKeyEventName, undoing)
}

func lookups(key types.LookupAttributeKey, values []string) []types.LookupAttribute {
	var all []types.LookupAttribute
	for i := range values {
		all = append(all, types.LookupAttribute{AttributeKey: key, AttributeValue: &values[i]})
	}
	return all
}

// names are what CloudTrail may call a resource: most services are recorded with its own name, and some with its ARN.
func names(resource string) []string {
	all := []string{target.Name(resource), resource}
	if _, path, found := strings.Cut(resource, ":repository/"); found {
		all[0] = path // a name with slashes
	}
	return slices.Compact(all)
}

// records reads the events that one attribute finds.
func (m *Accounts) records(ctx context.Context, at Place, attribute types.LookupAttribute, since, until time.Time) (
	[]string, error) {
	var records []string
	in := &cloudtrail.LookupEventsInput{LookupAttributes: []types.LookupAttribute{attribute}, StartTime: &since,
		EndTime: &until, MaxResults: aws.Int32(50)}
	for range trailPages {
		var out *cloudtrail.LookupEventsOutput
		err := m.Do(ctx, at, func(ctx context.Context, region string, session aws.CredentialsProvider) (err error) {
			out, err = m.trail(region).LookupEvents(ctx, in, func(o *cloudtrail.Options) { o.Credentials = session })
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, e := range out.Events {
			records = append(records, aws.ToString(e.CloudTrailEvent))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	return records, nil
}

// trail returns the client of CloudTrail in a Region.
func (m *Accounts) trail(region string) *cloudtrail.Client {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.trails == nil {
		m.trails = map[string]*cloudtrail.Client{}
	}
	if m.trails[region] == nil {
		m.trails[region] = cloudtrail.NewFromConfig(m.Config, func(o *cloudtrail.Options) { o.Region = region })
	}
	return m.trails[region]
}
