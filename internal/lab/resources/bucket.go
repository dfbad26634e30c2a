package resources

import (
	"context"
	"encoding/json"
	"maps"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cloudformation"
)

func createBucket(ctx context.Context, s *cloudformation.Stack, p cloudformation.Properties) (cloudformation.Created,
	error) {
	name := p.TextOr("BucketName", s.BucketName(p.LogicalID))
	in := map[string]any{"Bucket": name}
	if s.At.Region != "us-east-1" { // for which S3 takes no constraint
		in["CreateBucketConfiguration"] = map[string]any{"LocationConstraint": s.At.Region}
	}
	if _, err := s.Call(ctx, "s3", "CreateBucket", in); err != nil {
		return cloudformation.Created{}, err
	}
	return cloudformation.Created{Ref: name, Attributes: map[string]any{
		"Arn": "arn:" + s.Lab.Partition + ":s3:::" + name, "DomainName": name + ".s3." + s.Lab.URLSuffix,
		"RegionalDomainName": name + ".s3." + s.At.Region + "." + s.Lab.URLSuffix,
	}}, configureBucket(ctx, s, name, cloudformation.Properties{}, p)
}

func updateBucket(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	return was.Created, configureBucket(ctx, s, was.Ref, was.Was(), p)
}

// deleteBucket fails for a bucket that has objects, as it does in AWS.
func deleteBucket(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	_, err := s.Call(ctx, "s3", "DeleteBucket", map[string]any{"Bucket": was.Ref})
	return err
}

// bucketSetting is a property of a bucket with its own API calls.
type bucketSetting struct {
	property, put, key, remove string
	translate                  func(cloudformation.Properties) map[string]any
}

var bucketSettings = []bucketSetting{
	{"BucketEncryption", "PutBucketEncryption", "ServerSideEncryptionConfiguration", "DeleteBucketEncryption",
		encryptionRules},
	{"PublicAccessBlockConfiguration", "PutPublicAccessBlock", "PublicAccessBlockConfiguration",
		"DeletePublicAccessBlock", asItIs},
	{"VersioningConfiguration", "PutBucketVersioning", "VersioningConfiguration", "", asItIs},
	{"LifecycleConfiguration", "PutBucketLifecycleConfiguration", "LifecycleConfiguration", "DeleteBucketLifecycle",
		lifecycleRules},
}

func configureBucket(ctx context.Context, s *cloudformation.Stack, bucket string, was,
	is cloudformation.Properties) error {
	for _, b := range bucketSettings {
		in, api := map[string]any{"Bucket": bucket}, b.put
		switch {
		case is.All[b.property] != nil:
			in[b.key] = b.translate(is.Sub(b.property))
		case was.All[b.property] == nil:
			continue
		case b.remove == "": // versioning cannot be removed
			in[b.key] = map[string]any{"Status": "Suspended"}
		default:
			api = b.remove
		}
		if _, err := s.Call(ctx, "s3", api, in); err != nil {
			return err
		}
	}
	return nil
}

func asItIs(p cloudformation.Properties) map[string]any { return p.All }

// encryptionRules and lifecycleRules use the names of the S3 API.
func encryptionRules(p cloudformation.Properties) map[string]any {
	rules := []any{}
	for _, item := range p.List("ServerSideEncryptionConfiguration") {
		rule, _ := item.(map[string]any)
		rules = append(rules,
			map[string]any{"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]})
	}
	return map[string]any{"Rules": rules}
}

func lifecycleRules(p cloudformation.Properties) map[string]any {
	rules := []any{}
	for _, item := range p.List("Rules") {
		rule, _ := item.(map[string]any)
		rule = maps.Clone(rule)
		rule["ID"], rule["Filter"] = rule["Id"], map[string]any{"Prefix": apicall.Text(rule["Prefix"])}
		delete(rule, "Id")
		delete(rule, "Prefix")
		rules = append(rules, rule)
	}
	return map[string]any{"Rules": rules}
}

func putBucketPolicy(ctx context.Context, s *cloudformation.Stack, ref string,
	p cloudformation.Properties) (cloudformation.Created, error) {
	body, err := json.Marshal(p.All["PolicyDocument"])
	if err != nil {
		return cloudformation.Created{}, err
	}
	_, err = s.Call(ctx, "s3", "PutBucketPolicy", map[string]any{"Bucket": p.Text("Bucket"), "Policy": string(body)})
	return cloudformation.Created{Ref: ref}, err
}

func deleteBucketPolicy(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	_, err := s.Call(ctx, "s3", "DeleteBucketPolicy", map[string]any{"Bucket": was.Was().Text("Bucket")})
	return err
}

// createRepository only names a container repository. The bootstrap stack of the CDK has one, but Hubmend has no
// images.
func createRepository(_ context.Context, s *cloudformation.Stack, p cloudformation.Properties) (cloudformation.Created,
	error) {
	name := p.TextOr("RepositoryName", s.BucketName(p.LogicalID))
	return cloudformation.Created{Ref: name, Attributes: map[string]any{
		"Arn":           s.ARN("ecr", "repository/"+name),
		"RepositoryUri": s.At.Account + ".dkr.ecr." + s.At.Region + "." + s.Lab.URLSuffix + "/" + name,
	}}, nil
}

func deleteRepository(context.Context, *cloudformation.Stack, cloudformation.Deployed) error {
	return nil
}
