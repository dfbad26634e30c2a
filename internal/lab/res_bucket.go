package lab

import (
	"context"
	"encoding/json"
	"maps"
)

func createBucket(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("BucketName", s.bucketName(p.logicalID))
	in := map[string]any{"Bucket": name}
	if s.at.region != "us-east-1" { // which S3 does not want to be told
		in["CreateBucketConfiguration"] = map[string]any{"LocationConstraint": s.at.region}
	}
	if _, err := s.call(ctx, "s3", "CreateBucket", in); err != nil {
		return created{}, err
	}
	return created{name, map[string]any{
		"Arn": "arn:" + s.lab.partition + ":s3:::" + name, "DomainName": name + ".s3." + s.lab.urlSuffix,
		"RegionalDomainName": name + ".s3." + s.at.region + "." + s.lab.urlSuffix,
	}}, configureBucket(ctx, s, name, properties{}, p)
}

func updateBucket(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	return was.created, configureBucket(ctx, s, was.ref, was.was(), p)
}

// deleteBucket fails for a bucket that has objects, as it does in AWS.
func deleteBucket(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "s3", "DeleteBucket", map[string]any{"Bucket": was.ref})
	return err
}

// bucketSetting is a property of a bucket that has calls of its own.
type bucketSetting struct {
	property, put, key, remove string
	translate                  func(properties) map[string]any
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

func configureBucket(ctx context.Context, s *stack, bucket string, was, is properties) error {
	for _, b := range bucketSettings {
		in, api := map[string]any{"Bucket": bucket}, b.put
		switch {
		case is.all[b.property] != nil:
			in[b.key] = b.translate(is.sub(b.property))
		case was.all[b.property] == nil:
			continue
		case b.remove == "": // versioning cannot be removed
			in[b.key] = map[string]any{"Status": "Suspended"}
		default:
			api = b.remove
		}
		if _, err := s.call(ctx, "s3", api, in); err != nil {
			return err
		}
	}
	return nil
}

func asItIs(p properties) map[string]any { return p.all }

// encryptionRules and lifecycleRules spell as the API of S3 does.
func encryptionRules(p properties) map[string]any {
	rules := []any{}
	for _, item := range p.list("ServerSideEncryptionConfiguration") {
		rule, _ := item.(map[string]any)
		rules = append(rules,
			map[string]any{"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]})
	}
	return map[string]any{"Rules": rules}
}

func lifecycleRules(p properties) map[string]any {
	rules := []any{}
	for _, item := range p.list("Rules") {
		rule, _ := item.(map[string]any)
		rule = maps.Clone(rule)
		rule["ID"], rule["Filter"] = rule["Id"], map[string]any{"Prefix": text(rule["Prefix"])}
		delete(rule, "Id")
		delete(rule, "Prefix")
		rules = append(rules, rule)
	}
	return map[string]any{"Rules": rules}
}

func putBucketPolicy(ctx context.Context, s *stack, ref string, p properties) (created, error) {
	body, err := json.Marshal(p.all["PolicyDocument"])
	if err != nil {
		return created{}, err
	}
	_, err = s.call(ctx, "s3", "PutBucketPolicy", map[string]any{"Bucket": p.text("Bucket"), "Policy": string(body)})
	return created{ref: ref}, err
}

func deleteBucketPolicy(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "s3", "DeleteBucketPolicy", map[string]any{"Bucket": was.was().text("Bucket")})
	return err
}

// createRepository gives a container repository its name. The CDK's own bootstrap stack has
// one, and nothing of Hubmend is an image.
func createRepository(_ context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("RepositoryName", s.bucketName(p.logicalID))
	return created{name, map[string]any{
		"Arn":           s.arn("ecr", "repository/"+name),
		"RepositoryUri": s.at.account + ".dkr.ecr." + s.at.region + "." + s.lab.urlSuffix + "/" + name,
	}}, nil
}

func deleteRepository(context.Context, *stack, deployed) error { return nil }
