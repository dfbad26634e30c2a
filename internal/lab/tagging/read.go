package tagging

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/lab/apicall"
)

// listing is the call by which a service lists the tags of a resource, in botocore's spelling.
type listing struct {
	service, api string
	input        func(resource arn.ARN, at apicall.Place) map[string]any
}

// byARN gives the input of a call that takes the ARN.
func byARN(name string) func(arn.ARN, apicall.Place) map[string]any {
	return func(resource arn.ARN, _ apicall.Place) map[string]any { return map[string]any{name: resource.String()} }
}

func name(resource arn.ARN) string { return apicall.LastPart(resource.Resource, "/") }

// listings are those of the services whose tags the lab can read, by the service in the ARN.
func (t *Tags) listings() map[string]listing {
	return map[string]listing{
		"cloudfront": {"cloudfront", "ListTagsForResource", func(r arn.ARN, _ apicall.Place) map[string]any {
			return map[string]any{"Resource": strings.Replace(r.String(), "::", ":", 1)} // moto's ARNs lack a colon
		}},
		"cloudtrail": {"cloudtrail", "ListTags", func(r arn.ARN, _ apicall.Place) map[string]any {
			return map[string]any{"ResourceIdList": []any{r.String()}}
		}},
		"dynamodb": {"dynamodb", "ListTagsOfResource", byARN("ResourceArn")},
		"ec2": {"ec2", "DescribeTags", func(r arn.ARN, _ apicall.Place) map[string]any {
			return map[string]any{"Filters": []any{map[string]any{"Name": "resource-id", "Values": []any{name(r)}}}}
		}},
		"ecr": {"ecr", "ListTagsForResource", byARN("resourceArn")},
		"elasticloadbalancing": {"elbv2", "DescribeTags", func(r arn.ARN, _ apicall.Place) map[string]any {
			return map[string]any{"ResourceArns": []any{r.String()}}
		}},
		"guardduty": {"guardduty", "GetDetector", func(r arn.ARN, _ apicall.Place) map[string]any {
			return map[string]any{"DetectorId": name(r)}
		}},
		"kinesis": {"kinesis", "ListTagsForStream", func(r arn.ARN, _ apicall.Place) map[string]any {
			return map[string]any{"StreamName": name(r)}
		}},
		"kms": {"kms", "ListResourceTags", func(r arn.ARN, _ apicall.Place) map[string]any {
			return map[string]any{"KeyId": name(r)}
		}},
		"rds": {"rds", "ListTagsForResource", byARN("ResourceName")},
		"s3": {"s3", "GetBucketTagging", func(r arn.ARN, _ apicall.Place) map[string]any {
			return map[string]any{"Bucket": r.Resource}
		}},
		"sqs": {"sqs", "ListQueueTags", func(r arn.ARN, at apicall.Place) map[string]any {
			return map[string]any{"QueueUrl": t.lab.QueueURL(at.Account, r.Resource)}
		}},
	}
}

// gone are codes for a resource that does not exist, besides those that awserr knows.
var gone = []string{"AWS.SimpleQueueService.NonExistentQueue", "BadRequestException"}

// read gives the tags of a resource, none for one that is gone.
func (t *Tags) read(r *http.Request, at apicall.Place, resource arn.ARN) (map[string]string, error) {
	list, known := t.listings()[resource.Service]
	if !known {
		return nil, &apicall.Error{Status: http.StatusNotImplemented, Code: "NotImplemented",
			Message: fmt.Sprintf("the lab cannot read the tags of %s (docs/lab.md lists what it can)", resource)}
	}
	out, err := t.lab.Call(r.Context(), apicall.Call{Account: at.Account, Region: at.Region, Service: list.service,
		API: list.api, Input: list.input(resource, at)})
	if err != nil {
		if code := awserr.Code(err); !awserr.IsStateCode(code) && !slices.Contains(gone, code) {
			return nil, err
		}
	}
	tags := map[string]string{}
	collect(out, tags)
	maps.Copy(tags, t.systemOf(resource.String()))
	return tags, nil
}

func (t *Tags) systemOf(resource string) map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.system[resource]
}

// collect finds the tags in an answer: pairs of a key and a value, or a map under the name Tags.
func collect(value any, tags map[string]string) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			collect(item, tags)
		}
	case map[string]any:
		for _, prefix := range []string{"", "Tag"} {
			key, isKey := value[prefix+"Key"].(string)
			text, isValue := value[prefix+"Value"].(string)
			if isKey && isValue {
				tags[key] = text
				return
			}
		}
		for name, item := range value {
			texts, isMap := item.(map[string]any)
			if isMap && strings.EqualFold(name, "Tags") {
				for key, v := range texts {
					if text, is := v.(string); is {
						tags[key] = text
					}
				}
			}
			collect(item, tags)
		}
	}
}
