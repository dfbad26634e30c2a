package facts

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
)

// lister lists the tags of a resource with the credentials of a session.
type lister func(ctx context.Context, c *clients, at session, resource arn.ARN) (map[string]string, error)

// session is a session in a member account.
type session struct {
	account, region string
	credentials     aws.CredentialsProvider
}

// listers are how tags are read, by the service and the type in the ARN. Most are read by the Resource Groups Tagging
// API, which needs one permission. It does not have users and roles of IAM, and it finds a resource only in its own
// Region. The Region of a finding about a bucket may be that of a trail that writes to it, so S3 is asked for buckets.
var listers = map[string]lister{
	"cloudfront:distribution":           byTaggingAPI,
	"cloudtrail:trail":                  byTaggingAPI,
	"dynamodb:table":                    byTaggingAPI,
	"ec2:instance":                      byTaggingAPI,
	"ec2:network-acl":                   byTaggingAPI,
	"ec2:security-group":                byTaggingAPI,
	"ec2:subnet":                        byTaggingAPI,
	"ec2:vpc":                           byTaggingAPI,
	"ecr:repository":                    byTaggingAPI,
	"elasticloadbalancing:loadbalancer": byTaggingAPI,
	"guardduty:detector":                byTaggingAPI,
	"kinesis:stream":                    byTaggingAPI,
	"kms:key":                           byTaggingAPI,
	"rds:cluster":                       byTaggingAPI,
	"rds:db":                            byTaggingAPI,
	"sqs:":                              byTaggingAPI,
	"s3:":                               bucketTags,
	"iam:user":                          userTags,
	"iam:role":                          roleTags,
	"iam:server-certificate":            certificateTags,
	"iam:group":                         noTags, // groups cannot have tags
}

// kind returns the service and the type of a resource, as the keys of listers write them.
func kind(resource arn.ARN) string {
	kind, _, typed := strings.Cut(resource.Resource, "/")
	if resource.Service == "rds" {
		kind, _, typed = strings.Cut(resource.Resource, ":")
	}
	if !typed {
		kind = ""
	}
	return resource.Service + ":" + kind
}

// cachedTags returns the tags that are kept or read now.
func (r *Reader) cachedTags(ctx context.Context, t target.Target) (map[string]string, error) {
	if t.Resource == "AWS::::Account:"+t.Account {
		return r.accountTags.get(ctx, t.Account, func(ctx context.Context) (map[string]string, error) {
			return r.readAccountTags(ctx, t.Account)
		})
	}
	resource, err := arn.Parse(t.Resource)
	if err != nil {
		return nil, fmt.Errorf("the resource has no ARN: %w", err)
	}
	list := listers[kind(resource)]
	if list == nil {
		return nil, fmt.Errorf("how to read the tags of a resource of type %q is not known", kind(resource))
	}
	if resource.AccountID != "" && resource.AccountID != t.Account {
		return nil, fmt.Errorf("the resource is in account %s", resource.AccountID)
	}
	at := executions.Place{Account: t.Account, Region: home(t, resource), Role: naming.DispatchRole, Session: t.Key()}
	key := strings.Join([]string{t.Account, at.Region, t.Resource}, " ")
	return r.tags.get(ctx, key, func(ctx context.Context) (tags map[string]string, err error) {
		err = r.accounts.Do(ctx, at, func(ctx context.Context, region string, c aws.CredentialsProvider) error {
			tags, err = list(ctx, &r.clients, session{t.Account, region, c}, resource)
			return err
		})
		return tags, err
	})
}

// home returns the Region that knows a resource. The tagging API knows distributions of CloudFront in one Region only.
func home(t target.Target, resource arn.ARN) string {
	switch {
	case resource.Service == "cloudfront":
		return "us-east-1"
	case resource.Region != "":
		return resource.Region
	}
	return t.Region
}
