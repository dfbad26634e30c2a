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
	controls["S3.2"] = reader.bucketNotPublic
	controls["S3.3"] = reader.bucketNotPublic
	controls["S3.5"] = reader.bucketRequiresTLS
}

// bucketRequiresTLS is S3.5: the policy denies everybody's requests without TLS, for the bucket and all its objects.
func (r reader) bucketRequiresTLS() (bool, error) {
	statements, err := r.policy()
	denied := map[any]bool{}
	for _, s := range statements {
		if s.Effect == "Deny" && anybody(s.Principal) && s.Action == "s3:*" &&
			s.Condition["Bool"]["aws:SecureTransport"] == "false" {
			for _, resource := range all(s.Resource) {
				denied[resource] = true
			}
		}
	}
	return denied[r.resource] && denied[r.resource+"/*"], err
}

// bucketLogs is CloudTrail.7: server access logging of the bucket is on.
func (r reader) bucketLogs() (bool, error) {
	answer, err := r.bucket("GetBucketLogging")
	enabled, _ := answer["LoggingEnabled"].(map[string]any)
	return enabled["TargetBucket"] != nil, err
}

// bucketNotPublic is CloudTrail.6, S3.2 and S3.3: neither the bucket's ACL nor its policy lets the world
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
	statements, err := r.policy()
	return slices.ContainsFunc(statements, func(s statement) bool {
		return s.Effect == "Allow" && anybody(s.Principal) && !narrowed(s.Condition)
	}), err
}

// statement is one of a bucket policy.
type statement struct {
	Effect                      string
	Principal, Action, Resource any
	Condition                   map[string]map[string]any
}

// policy returns the statements of the bucket policy, which may be one without a list.
func (r reader) policy() ([]statement, error) {
	answer, err := r.unless("NoSuchBucketPolicy", "GetBucketPolicy")
	text, ok := answer["Policy"].(string)
	if err != nil || !ok {
		return nil, err
	}
	var one struct{ Statement statement }
	if json.Unmarshal([]byte(text), &one) == nil {
		return []statement{one.Statement}, nil
	}
	var policy struct{ Statement []statement }
	err = json.Unmarshal([]byte(text), &policy)
	return policy.Statement, err
}

// all returns the items of a list, or a single item.
func all(one any) []any {
	if items, ok := one.([]any); ok {
		return items
	}
	return []any{one}
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
