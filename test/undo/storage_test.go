package undo_test

import (
	"strings"
	"testing"
)

// bucket makes a bucket with a public access block; nil is none.
func bucket(block object) func(*testing.T, *world) string {
	return func(t *testing.T, w *world) string {
		name := w.name()
		w.call(t, "s3:CreateBucket", object{"Bucket": name})
		if block != nil {
			w.call(t, "s3:PutPublicAccessBlock", object{"Bucket": name, "PublicAccessBlockConfiguration": block})
		}
		return "arn:aws:s3:::" + name
	}
}

func bucketOf(arn string) string { return strings.TrimPrefix(arn, "arn:aws:s3:::") }

// lookAtBucket returns everything about a bucket that repairs could touch.
func lookAtBucket(t *testing.T, w *world, arn string) any {
	all := object{}
	for _, api := range []string{"GetPublicAccessBlock", "GetBucketLogging", "GetBucketAcl", "GetBucketPolicy",
		"GetBucketLifecycleConfiguration", "GetBucketEncryption", "GetBucketVersioning"} {
		out, err := w.try(t, "s3:"+api, object{"Bucket": bucketOf(arn)})
		all[api] = out
		if err != nil {
			all[api] = err.Error()
		}
	}
	return plain(t, all)
}

func blocks(acls, ignore, policy, restrict bool) object {
	return object{"BlockPublicAcls": acls, "IgnorePublicAcls": ignore, "BlockPublicPolicy": policy,
		"RestrictPublicBuckets": restrict}
}

var publicBucket = subject{
	broken: map[string]func(*testing.T, *world) string{
		"a part of a block": bucket(blocks(true, false, true, false)),
		"all off":           bucket(blocks(false, false, false, false)),
		"no block":          bucket(nil),
	},
	look: lookAtBucket,
	change: map[string]func(*testing.T, *world, string){
		"another setting off": func(t *testing.T, w *world, arn string) {
			w.call(t, "s3:PutPublicAccessBlock",
				object{"Bucket": bucketOf(arn), "PublicAccessBlockConfiguration": blocks(false, true, true, true)})
		},
		"deleted": func(t *testing.T, w *world, arn string) {
			w.call(t, "s3:DeletePublicAccessBlock", object{"Bucket": bucketOf(arn)})
		},
	},
	failing: func(*testing.T, *world) string { return "arn:aws:s3:::no-such-bucket-here" },
}

var unloggedBucket = subject{
	broken: map[string]func(*testing.T, *world) string{"no logging": bucket(nil)},
	look:   lookAtBucket,
	change: map[string]func(*testing.T, *world, string){
		"another prefix": func(t *testing.T, w *world, arn string) {
			w.call(t, "s3:PutBucketLogging",
				object{"Bucket": bucketOf(arn), "BucketLoggingStatus": object{"LoggingEnabled": object{
					"TargetBucket": "hubmend-access-logs-" + account + "-" + region, "TargetPrefix": "mine/",
				}}})
		},
	},
	failing: func(*testing.T, *world) string { return "arn:aws:s3:::no-such-bucket-here" },
}

const readers = `{"Sid":"Read","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},` +
	`"Action":"s3:GetObject","Resource":"arn:aws:s3:::*/*"}`

// policed makes a bucket with a policy of these statements.
func policed(statements string) func(*testing.T, *world) string {
	return func(t *testing.T, w *world) string {
		arn := bucket(nil)(t, w)
		w.call(t, "s3:PutBucketPolicy", object{"Bucket": bucketOf(arn),
			"Policy": `{"Version":"2012-10-17","Statement":[` + statements + `]}`})
		return arn
	}
}

var plainBucket = subject{
	broken: map[string]func(*testing.T, *world) string{
		"a policy":  policed(readers),
		"no policy": bucket(nil),
		"a changed statement": policed(`{"Sid":"HubmendRequireTLS","Effect":"Deny","Principal":"*","Action":"s3:Get*",` +
			`"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`),
	},
	look: lookAtBucket,
	change: map[string]func(*testing.T, *world, string){
		"the statement": func(t *testing.T, w *world, arn string) {
			w.call(t, "s3:PutBucketPolicy", object{"Bucket": bucketOf(arn), "Policy": `{"Version":"2012-10-17",` +
				`"Statement":[{"Sid":"HubmendRequireTLS","Effect":"Deny","Principal":"*","Action":"s3:Put*","Resource":"*"}]}`})
		},
	},
	failing: func(*testing.T, *world) string { return "arn:aws:s3:::no-such-bucket-here" },
}

func trail(t *testing.T, w *world) string {
	name := bucketOf(bucket(nil)(t, w))
	arn, _ := w.call(t, "cloudtrail:CreateTrail",
		object{"Name": name, "S3BucketName": name, "IsMultiRegionTrail": true})["TrailARN"].(string)
	return arn
}

// lookAtTrail returns the trail, what it logs and whether it does. A setting that was taken away is an empty text
// to the lab's CloudTrail, which is what AWS leaves out.
func lookAtTrail(t *testing.T, w *world, arn string) any {
	var found object
	decode(t, w.call(t, "cloudtrail:GetTrail", object{"Name": arn})["Trail"], &found)
	for name, value := range found {
		if value == "" {
			delete(found, name)
		}
	}
	return plain(t, []any{
		found, w.call(t, "cloudtrail:GetEventSelectors", object{"TrailName": arn}),
		w.call(t, "cloudtrail:GetTrailStatus", object{"Name": arn})["IsLogging"],
	})
}

const noTrail = "arn:aws:cloudtrail:us-east-1:222222222222:trail/no-such-trail"

var unvalidatedTrail = subject{
	broken: map[string]func(*testing.T, *world) string{"no validation": trail},
	look:   lookAtTrail,
	// Validation is on or off, so every change equals the state before or after the repair.
	failing: func(*testing.T, *world) string { return noTrail },
}

var undeliveredTrail = subject{
	broken: map[string]func(*testing.T, *world) string{"no log group": trail},
	look:   lookAtTrail,
	change: map[string]func(*testing.T, *world, string){
		"another log group": func(t *testing.T, w *world, arn string) {
			name := w.name()
			w.call(t, "logs:CreateLogGroup", object{"logGroupName": "/hubmend/cloudtrail/" + name})
			w.call(t, "cloudtrail:UpdateTrail", object{
				"Name": arn, "CloudWatchLogsLogGroupArn": "arn:aws:logs:" + region + ":" + account +
					":log-group:/hubmend/cloudtrail/" + name + ":*",
				"CloudWatchLogsRoleArn": "arn:aws:iam::" + account + ":role/hubmend-trail-delivery",
			})
		},
	},
	failing: func(*testing.T, *world) string { return noTrail },
}

// managementTrail is the only trail of the account that is logging, so it is the one that the repair chooses.
var managementTrail = subject{
	broken: map[string]func(*testing.T, *world) string{
		"advanced selectors": selecting("AdvancedEventSelectors", object{"Name": "Management",
			"FieldSelectors": []any{object{"Field": "eventCategory", "Equals": []any{"Management"}}}}),
		"basic selectors": selecting("EventSelectors", object{"ReadWriteType": "All", "IncludeManagementEvents": true}),
	},
	look: func(t *testing.T, w *world, _ string) any {
		return plain(t, w.call(t, "cloudtrail:GetEventSelectors", object{"TrailName": "data-events"}))
	},
	change: map[string]func(*testing.T, *world, string){
		"other events": func(t *testing.T, w *world, _ string) {
			selecting("EventSelectors", object{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true})(t, w)
		},
	},
}

// selecting gives the trail event selectors, and makes it if needed.
func selecting(kind string, selector object) func(*testing.T, *world) string {
	return func(t *testing.T, w *world) string {
		name := object{"Name": "data-events"}
		if _, err := w.try(t, "cloudtrail:GetTrail", name); err != nil {
			ownTrails()(t, w)
			w.call(t, "cloudtrail:CreateTrail", object{"Name": "data-events",
				"S3BucketName": bucketOf(bucket(nil)(t, w)), "IsMultiRegionTrail": true})
			w.call(t, "cloudtrail:StartLogging", name)
		}
		w.call(t, "cloudtrail:PutEventSelectors", object{"TrailName": "data-events", kind: []any{selector}})
		return "AWS::::Account:" + account
	}
}

func key(input object) func(*testing.T, *world) string {
	return func(t *testing.T, w *world) string {
		var made struct{ Arn string }
		decode(t, w.call(t, "kms:CreateKey", input)["KeyMetadata"], &made)
		return made.Arn
	}
}

var unrotatedKey = subject{
	broken: map[string]func(*testing.T, *world) string{"no rotation": key(object{})},
	look: func(t *testing.T, w *world, arn string) any {
		return plain(t, []any{
			w.call(t, "kms:DescribeKey", object{"KeyId": arn})["KeyMetadata"],
			w.call(t, "kms:GetKeyRotationStatus", object{"KeyId": arn}),
			w.call(t, "kms:GetKeyPolicy", object{"KeyId": arn, "PolicyName": "default"})["Policy"],
		})
	},
	// The lab's KMS does not report a changed period.
	change: map[string]func(*testing.T, *world, string){
		"scheduled for deletion": func(t *testing.T, w *world, arn string) {
			w.call(t, "kms:ScheduleKeyDeletion", object{"KeyId": idOf(arn)})
		},
	},
	failing: key(object{"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}),
	stays:   true,
}
