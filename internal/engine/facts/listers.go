package facts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	tagging "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/target"
)

// clients are those of members. A call says whose credentials it takes and, but for the tagging API, in which Region.
type clients struct {
	config aws.Config

	mu      sync.Mutex
	tagging *tagging.Client
	iam     *iam.Client
	s3      *s3.Client
}

// once makes a client when it is needed first, because that takes time of every start of the function.
func once[Client any](c *clients, kept **Client, create func(aws.Config) *Client) *Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *kept == nil {
		*kept = create(c.config)
	}
	return *kept
}

// byTaggingAPI asks the Resource Groups Tagging API. It leaves out a resource that never had tags, and one that does
// not exist, and answers for a list of ARNs in one page.
func byTaggingAPI(ctx context.Context, c *clients, at session, resource arn.ARN) (map[string]string, error) {
	client := once(c, &c.tagging, func(cfg aws.Config) *tagging.Client { return tagging.NewFromConfig(cfg) })
	out, err := client.GetResources(ctx, &tagging.GetResourcesInput{ResourceARNList: []string{resource.String()}},
		func(o *tagging.Options) { o.Region, o.Credentials = at.region, at.credentials })
	if err != nil {
		return nil, explain(err, "tag:GetResources", updateMember(at.account))
	}
	tags := map[string]string{}
	for _, found := range out.ResourceTagMappingList {
		if aws.ToString(found.ResourceARN) != resource.String() {
			return nil, fmt.Errorf("tag:GetResources answered with %s", aws.ToString(found.ResourceARN))
		}
		for _, t := range found.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
	}
	return tags, nil
}

// bucketTags asks S3, in the Region of the bucket.
func bucketTags(ctx context.Context, c *clients, at session, resource arn.ARN) (map[string]string, error) {
	client := once(c, &c.s3, func(cfg aws.Config) *s3.Client {
		return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }) // names may have dots
	})
	read := func(region string) (*s3.GetBucketTaggingOutput, error) {
		return client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{
			Bucket: &resource.Resource, ExpectedBucketOwner: &at.account,
		}, func(o *s3.Options) { o.Region, o.Credentials = region, at.credentials })
	}
	out, err := read(at.region)
	if region := bucketRegion(err); region != "" && region != at.region {
		out, err = read(region)
	}
	tags := map[string]string{}
	switch {
	case awserr.Code(err) == "NoSuchTagSet":
		return tags, nil
	case awserr.Code(err) == "NoSuchBucket":
		return nil, ErrGone
	case err != nil:
		return nil, explain(err, "s3:GetBucketTagging", updateMember(at.account)+", or the bucket's own policy")
	}
	for _, t := range out.TagSet {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags, nil
}

// bucketRegion returns the Region that S3 names in the error for a request to another Region than the bucket's.
func bucketRegion(err error) string {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil {
		return ""
	}
	switch response.HTTPStatusCode() {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusBadRequest:
		return response.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

func userTags(ctx context.Context, c *clients, at session, resource arn.ARN) (map[string]string, error) {
	name := target.Name(resource.Resource)
	pages := iam.NewListUserTagsPaginator(c.forIAM(), &iam.ListUserTagsInput{UserName: &name})
	return collect(at, "iam:ListUserTags", pages.HasMorePages, func() ([]iamtypes.Tag, error) {
		page, err := pages.NextPage(ctx, at.forIAM)
		if err != nil {
			return nil, err
		}
		return page.Tags, nil
	})
}

func roleTags(ctx context.Context, c *clients, at session, resource arn.ARN) (map[string]string, error) {
	name := target.Name(resource.Resource)
	pages := iam.NewListRoleTagsPaginator(c.forIAM(), &iam.ListRoleTagsInput{RoleName: &name})
	return collect(at, "iam:ListRoleTags", pages.HasMorePages, func() ([]iamtypes.Tag, error) {
		page, err := pages.NextPage(ctx, at.forIAM)
		if err != nil {
			return nil, err
		}
		return page.Tags, nil
	})
}

func certificateTags(ctx context.Context, c *clients, at session, resource arn.ARN) (map[string]string, error) {
	name := target.Name(resource.Resource)
	pages := iam.NewListServerCertificateTagsPaginator(c.forIAM(),
		&iam.ListServerCertificateTagsInput{ServerCertificateName: &name})
	return collect(at, "iam:ListServerCertificateTags", pages.HasMorePages, func() ([]iamtypes.Tag, error) {
		page, err := pages.NextPage(ctx, at.forIAM)
		if err != nil {
			return nil, err
		}
		return page.Tags, nil
	})
}

func noTags(context.Context, *clients, session, arn.ARN) (map[string]string, error) {
	return map[string]string{}, nil
}

// forIAM returns the client of IAM, whose one endpoint in a partition the SDK knows.
func (c *clients) forIAM() *iam.Client {
	return once(c, &c.iam, func(cfg aws.Config) *iam.Client { return iam.NewFromConfig(cfg) })
}

func (s session) forIAM(o *iam.Options) { o.Region, o.Credentials = s.region, s.credentials }

// collect returns the tags of all pages of a call of IAM.
func collect(at session, action string, hasMore func() bool, next func() ([]iamtypes.Tag, error)) (map[string]string,
	error) {
	tags := map[string]string{}
	for hasMore() {
		page, err := next()
		var gone *iamtypes.NoSuchEntityException
		switch {
		case errors.As(err, &gone):
			return nil, ErrGone
		case err != nil:
			return nil, explain(err, action, updateMember(at.account))
		}
		for _, t := range page {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
	}
	return tags, nil
}
