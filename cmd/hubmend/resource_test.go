package main

import (
	"testing"

	"hubmend/internal/catalog"
)

func TestResourceID(t *testing.T) {
	t.Parallel()
	const sg = "arn:aws-us-gov:ec2:us-gov-west-1:222222222222:security-group/sg-1"
	in := place{"222222222222", "us-gov-west-1"}
	for name, tc := range map[string]struct{ control, name, want string }{
		"an ARN":                     {"EC2.13", "arn:aws:x", "arn:aws:x"},
		"an id":                      {"EC2.13", "sg-1", sg},
		"with its kind":              {"EC2.13", "security-group/sg-1", sg},
		"a bucket":                   {"CloudTrail.6", "trails", "arn:aws-us-gov:s3:::trails"},
		"a user":                     {"IAM.3", "pat", "arn:aws-us-gov:iam::222222222222:user/pat"},
		"a user with a path":         {"IAM.3", "user/ops/pat", "arn:aws-us-gov:iam::222222222222:user/ops/pat"},
		"an account":                 {"IAM.11", "222222222222", "AWS::::Account:222222222222"},
		"an account, as in findings": {"IAM.11", "AWS::::Account:222222222222", "AWS::::Account:222222222222"},
		"a name after a colon":       {"SQS.1", "q", "arn:aws-us-gov:sqs:us-gov-west-1:222222222222:q"},
		"a kind before a colon":      {"RDS.8", "db:d", "arn:aws-us-gov:rds:us-gov-west-1:222222222222:db:d"},
	} {
		c, err := controlNamed(catalog.Embedded(), tc.control)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := resourceID(c, tc.name, in); err != nil || got != tc.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, tc.want)
		}
	}
	if _, err := resourceID(exampleControl(), "x", place{"222222222222", "moon-1"}); err == nil {
		t.Error("a resource is on the moon")
	}
}
