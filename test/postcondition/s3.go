package postcondition

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
)

func init() {
	controls["CloudTrail.6"] = reader.bucketNotPublic
	controls["CloudTrail.7"] = reader.bucketLogs
}

// bucketLogs is CloudTrail.7: server access logging of the bucket is on.
func (r reader) bucketLogs() (bool, error) {
	answer, err := r.bucket("GetBucketLogging")
	enabled, _ := answer["LoggingEnabled"].(map[string]any)
	return enabled["TargetBucket"] != nil, err
}

// bucketNotPublic is CloudTrail.6: neither the bucket's ACL nor its policy lets the world
// in, or the public access block makes it not count. BlockPublicAcls and BlockPublicPolicy
// say nothing about what is there already.
func (r reader) bucketNotPublic() (bool, error) {
	answer, err := r.unless("NoSuchPublicAccessBlockConfiguration", "GetPublicAccessBlock")
	if err != nil {
		return false, err
	}
	block, _ := answer["PublicAccessBlockConfiguration"].(map[string]any)
	byACL, err := r.publicByACL()
	if err != nil {
		return false, err
	}
	byPolicy, err := r.publicByPolicy()
	return (!byACL || block["IgnorePublicAcls"] == true) && (!byPolicy || block["RestrictPublicBuckets"] == true), err
}

func (r reader) publicByACL() (bool, error) {
	answer, err := r.bucket("GetBucketAcl")
	return slices.ContainsFunc(list(answer, "Grants"), func(grant map[string]any) bool {
		grantee, _ := grant["Grantee"].(map[string]any)
		uri, _ := grantee["URI"].(string)
		return strings.HasSuffix(uri, "/global/AllUsers") || strings.HasSuffix(uri, "/global/AuthenticatedUsers")
	}), err
}

// publicByPolicy evaluates the policy itself, because the emulator lacks GetBucketPolicyStatus.
func (r reader) publicByPolicy() (bool, error) {
	answer, err := r.unless("NoSuchBucketPolicy", "GetBucketPolicy")
	text, ok := answer["Policy"].(string)
	if err != nil || !ok {
		return false, err
	}
	var policy struct {
		Statement []struct {
			Effect    string
			Principal any
			Condition map[string]map[string]any
		}
	}
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return false, err
	}
	for _, s := range policy.Statement {
		if s.Effect == "Allow" && anybody(s.Principal) && !narrowed(s.Condition) {
			return true, nil
		}
	}
	return false, nil
}

// anybody reports whether a principal contains "*": alone, under a key such as AWS, or in a list.
func anybody(principal any) bool {
	switch p := principal.(type) {
	case string:
		return p == "*"
	case []any:
		return slices.ContainsFunc(p, anybody)
	case map[string]any:
		for _, one := range p {
			if anybody(one) {
				return true
			}
		}
	}
	return false
}

// narrowing are condition keys that, with fixed values, make a statement not public to S3.
var narrowing = []string{
	"aws:SourceArn", "aws:SourceVpc", "aws:SourceVpce", "aws:SourceOwner", "aws:SourceAccount", "aws:userid",
	"aws:PrincipalOrgID", "s3:DataAccessPointAccount",
}

func narrowed(condition map[string]map[string]any) bool {
	for operator, keys := range condition {
		for key, value := range keys {
			text, err := json.Marshal(value)
			fixed := err == nil && !strings.ContainsAny(string(text), "*?") && !strings.Contains(operator, "Not")
			if fixed && slices.ContainsFunc(narrowing, func(n string) bool { return strings.EqualFold(n, key) }) {
				return true
			}
		}
	}
	return false
}

func (r reader) bucket(api string) (map[string]any, error) {
	return r.call("s3", api, map[string]any{"Bucket": r.name()})
}

// unless takes an error that only says that the bucket has no such setting for an empty answer.
func (r reader) unless(code, api string) (map[string]any, error) {
	answer, err := r.bucket(api)
	var refused smithy.APIError
	if errors.As(err, &refused) && refused.ErrorCode() == code {
		return nil, nil
	}
	return answer, err
}
