package lab_test

import (
	"fmt"
	"testing"
)

// AWS Config refuses a bucket that does not exist, and one whose policy does not let it deliver. moto accepts both.
func TestDeliveryChannels(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	role := "arn:aws:iam::222222222222:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
	w.call(t, member, "config", "PutConfigurationRecorder", object{"ConfigurationRecorder": object{"name": "default",
		"roleARN": role, "recordingGroup": object{"allSupported": true}}})
	channel := func(bucket string) object {
		return object{"DeliveryChannel": object{"name": "default", "s3BucketName": bucket}}
	}
	w.refused(t, member, "config", "PutDeliveryChannel", channel("missing"), "NoSuchBucketException", "missing")
	for bucket, objects := range map[string]string{"bare": "", "elsewhere": "AWSLogs/999999999999/Config/*",
		"right": "AWSLogs/222222222222/Config/*"} {
		w.call(t, member, "s3", "CreateBucket", object{"Bucket": bucket})
		if objects != "" {
			service := `"Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"}, ` +
				`"Condition": {"StringEquals": {"aws:SourceAccount": "222222222222"}}, "Resource": "arn:aws:s3:::` + bucket
			w.call(t, member, "s3", "PutBucketPolicy", object{"Bucket": bucket, "Policy": `{"Version": "2012-10-17", ` +
				`"Statement": [{` + service + `", "Action": ["s3:GetBucketAcl", "s3:ListBucket"]}, {` + service + "/" +
				objects + `", "Action": "s3:PutObject"}]}`})
		}
		if bucket != "right" {
			w.refused(t, member, "config", "PutDeliveryChannel", channel(bucket), "InsufficientDeliveryPolicyException",
				"unable to write to bucket")
		}
	}
	w.call(t, member, "config", "PutDeliveryChannel", channel("right"))
}

// IAM knows the name of the service-linked role, and refuses a second one with another code than moto.
func TestServiceLinkedRole(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	linked := object{"AWSServiceName": "config.amazonaws.com"}
	w.call(t, member, "iam", "CreateServiceLinkedRole", linked)
	w.call(t, member, "iam", "GetRole", object{"RoleName": "AWSServiceRoleForConfig"})
	w.refused(t, member, "iam", "CreateServiceLinkedRole", linked, "InvalidInput", "already exists")
}

// IAM lists every role with a policy, in an account with more roles than are on a page.
func TestEntitiesForPolicy(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	const policy, roles = "arn:aws:iam::aws:policy/AWSSupportAccess", 101
	for i := range roles {
		name := fmt.Sprintf("role-%d", i)
		w.role(t, member, name, trust(object{"Service": "lambda.amazonaws.com"}, nil))
		w.call(t, member, "iam", "AttachRolePolicy", object{"RoleName": name, "PolicyArn": policy})
	}
	listed, _ := w.call(t, member, "iam", "ListEntitiesForPolicy", object{"PolicyArn": policy})["PolicyRoles"].([]any)
	if len(listed) != roles {
		t.Errorf("%d roles are listed, want %d", len(listed), roles)
	}
}

// A trail has a selector from the start, at most five basic ones, and only one kind of them.
func TestEventSelectors(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	w.call(t, member, "s3", "CreateBucket", object{"Bucket": "trails"})
	w.call(t, member, "cloudtrail", "CreateTrail", object{"Name": "main", "S3BucketName": "trails"})
	basic := object{"ReadWriteType": "All", "IncludeManagementEvents": true}
	advanced := object{"Name": "management",
		"FieldSelectors": []any{object{"Field": "eventCategory", "Equals": []any{"Management"}}}}
	count := func(kind string) int {
		selectors, _ := w.call(t, member, "cloudtrail", "GetEventSelectors", object{"TrailName": "main"})[kind].([]any)
		return len(selectors)
	}
	put := func(kind string, selectors ...any) object { return object{"TrailName": "main", kind: selectors} }
	if n := count("EventSelectors"); n != 1 {
		t.Errorf("a new trail has %d selectors", n)
	}
	w.call(t, member, "cloudtrail", "PutEventSelectors", put("AdvancedEventSelectors", advanced))
	if basics, n := count("EventSelectors"), count("AdvancedEventSelectors"); basics != 0 || n != 1 {
		t.Errorf("%d basic and %d advanced selectors", basics, n)
	}
	w.call(t, member, "cloudtrail", "PutEventSelectors", put("EventSelectors", basic, basic, basic, basic, basic))
	if basics, n := count("EventSelectors"), count("AdvancedEventSelectors"); basics != 5 || n != 0 {
		t.Errorf("%d basic and %d advanced selectors", basics, n)
	}
	w.refused(t, member, "cloudtrail", "PutEventSelectors",
		put("EventSelectors", basic, basic, basic, basic, basic, basic), "InvalidEventSelectorsException", "5")
}

// A detector keeps the features that an update does not name.
func TestDetectorFeatures(t *testing.T) {
	t.Parallel()
	w := enforced(t)
	feature := func(name string) []any { return []any{object{"Name": name, "Status": "ENABLED"}} }
	id := w.call(t, member, "guardduty", "CreateDetector", object{"Enable": true})["DetectorId"]
	for _, name := range []string{"S3_DATA_EVENTS", "RDS_LOGIN_EVENTS", "S3_DATA_EVENTS"} {
		w.call(t, member, "guardduty", "UpdateDetector", object{"DetectorId": id, "Features": feature(name)})
	}
	detector := w.call(t, member, "guardduty", "GetDetector", object{"DetectorId": id})
	if features, _ := detector["Features"].([]any); len(features) != 2 {
		t.Errorf("the detector has the features %v", features)
	}
}
