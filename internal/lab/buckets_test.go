package lab_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"
)

// bucketPolicy is a policy of the bucket, with one statement.
func bucketPolicy(t *testing.T, effect string, principal any, action string, conditions object) string {
	t.Helper()
	text, err := json.Marshal(statement(object{
		"Effect": effect, "Principal": principal, "Action": action, "Condition": conditions,
		"Resource": []any{"arn:aws:s3:::shared", "arn:aws:s3:::shared/*"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A bucket answers another account only if its policy lets that account, and no call that expects
// another owner.
func TestBucketOfAnotherAccount(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	w.call(t, admin, "s3", "CreateBucket", object{"Bucket": "shared"})
	w.call(t, admin, "s3", "PutObject",
		object{"Bucket": "shared", "Key": "a/b", "Body": base64.StdEncoding.EncodeToString([]byte("x"))})
	for name, tc := range map[string]struct {
		policy  string // "" is none
		account string
		api     string
		input   object
		code    string // "" is an answer
	}{
		"own":               {"", admin, "GetBucketLocation", object{}, ""},
		"own, and expected": {"", admin, "GetBucketLocation", object{"ExpectedBucketOwner": admin}, ""},
		"own, another expected": {"", admin, "GetBucketLocation", object{"ExpectedBucketOwner": member},
			"AccessDenied"},
		"no policy": {"", member, "GetBucketLocation", object{}, "AccessDenied"},
		"no policy, a write": {"", member, "PutPublicAccessBlock",
			object{"PublicAccessBlockConfiguration": object{"BlockPublicAcls": true}}, "AccessDenied"},
		"no policy, the bucket": {"", member, "DeleteBucket", object{}, "AccessDenied"},
		"no policy, an object":  {"", member, "GetObject", object{"Key": "a/b"}, "AccessDenied"},
		"no policy, listed":     {"", member, "ListObjectsV2", object{}, "AccessDenied"},
		"the name is taken":     {"", member, "CreateBucket", object{}, "BucketAlreadyExists"},
		"let": {bucketPolicy(t, "Allow", object{"AWS": "arn:aws:iam::" + member + ":root"},
			"s3:Get*", nil), member, "GetBucketLocation", object{}, ""},
		"let, the owner expected": {bucketPolicy(t, "Allow", object{"AWS": member}, "s3:Get*", nil), member,
			"GetBucketLocation", object{"ExpectedBucketOwner": admin}, ""},
		"let, and itself expected": {bucketPolicy(t, "Allow", object{"AWS": member}, "s3:*", nil), member,
			"GetBucketLocation", object{"ExpectedBucketOwner": member}, "AccessDenied"},
		"let read, a write": {bucketPolicy(t, "Allow", object{"AWS": member}, "s3:Get*", nil), member,
			"PutBucketVersioning", object{"VersioningConfiguration": object{"Status": "Enabled"}}, "AccessDenied"},
		"let read an object": {bucketPolicy(t, "Allow", object{"AWS": member}, "s3:GetObject", nil), member,
			"GetObject", object{"Key": "a/b"}, ""},
		"let read, the policy": {bucketPolicy(t, "Allow", object{"AWS": member}, "s3:GetObject", nil), member,
			"GetBucketPolicy", object{}, "AccessDenied"},
		"let somebody else": {bucketPolicy(t, "Allow", object{"AWS": "333333333333"}, "s3:*", nil), member,
			"GetBucketLocation", object{}, "AccessDenied"},
		"denied": {bucketPolicy(t, "Deny", "*", "s3:*", nil), member, "GetBucketLocation", object{},
			"AccessDenied"},
		"let the organization": {bucketPolicy(t, "Allow", "*", "s3:*",
			object{"StringEquals": object{"aws:PrincipalOrgID": "o-hubmendlab"}}), member, "GetBucketLocation",
			object{}, ""},
		"let another organization": {bucketPolicy(t, "Allow", "*", "s3:*",
			object{"StringEquals": object{"aws:PrincipalOrgID": "o-other"}}), member, "GetBucketLocation", object{},
			"AccessDenied"},
		"an unknown key": {bucketPolicy(t, "Allow", "*", "s3:*",
			object{"StringEquals": object{"aws:Odd": "x"}}), member, "GetBucketLocation", object{}, "NotImplemented"},
	} {
		t.Run(name, func(t *testing.T) {
			if w.call(t, admin, "s3", "DeleteBucketPolicy", object{"Bucket": "shared"}); tc.policy != "" {
				w.call(t, admin, "s3", "PutBucketPolicy", object{"Bucket": "shared", "Policy": tc.policy})
			}
			tc.input["Bucket"] = "shared"
			if tc.code == "" {
				w.call(t, tc.account, "s3", tc.api, tc.input)
				return
			}
			w.refused(t, tc.account, "s3", tc.api, tc.input, tc.code, "")
		})
	}
	t.Run("gone, and made by somebody else", func(t *testing.T) {
		w.call(t, admin, "s3", "CreateBucket", object{"Bucket": "moves"})
		w.call(t, admin, "s3", "DeleteBucket", object{"Bucket": "moves"})
		w.refused(t, member, "s3", "GetBucketLocation", object{"Bucket": "moves", "ExpectedBucketOwner": member},
			"NoSuchBucket", "")
		w.call(t, member, "s3", "CreateBucket", object{"Bucket": "moves"})
		w.call(t, member, "s3", "GetBucketLocation", object{"Bucket": "moves", "ExpectedBucketOwner": member})
		w.refused(t, admin, "s3", "GetBucketLocation", object{"Bucket": "moves"}, "AccessDenied", "")
	})
}
