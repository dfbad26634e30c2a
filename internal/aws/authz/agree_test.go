package authz_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/aws/authz"
	"hubmend/internal/aws/policy"
	"hubmend/internal/catalog"
	"hubmend/internal/catalog/runbook"
)

// differences explains where the table that roles are derived from asks for something else
// than this package says a call needs. An explanation that explains nothing is an error.
var differences = map[string]string{
	"cloudtrail:GetTrail on *": "wider: the trail of an organization is another " +
		"account's, and reading it is how a runbook finds out",
	"s3:CreateBucket on Hubmend's buckets":                     "narrower: Hubmend makes its own buckets only",
	"s3:PutBucketOwnershipControls on Hubmend's buckets":       "narrower: of its own buckets only",
	"s3:PutEncryptionConfiguration on Hubmend's buckets":       "narrower: of its own buckets only",
	"s3:PutBucketPolicy on Hubmend's buckets":                  "narrower: of its own buckets only",
	"s3:GetLifecycleConfiguration on Hubmend's buckets":        "narrower: of its own buckets only",
	"s3:PutLifecycleConfiguration on Hubmend's buckets":        "narrower: of its own buckets only",
	"s3:GetEncryptionConfiguration on Hubmend's buckets":       "narrower: of its own buckets only",
	"s3:GetBucketObjectLockConfiguration on Hubmend's buckets": "narrower: of its own buckets only",
	"cloudtrail:GetTrailStatus on *":                           "a trail of the organization is another account's",
	"cloudtrail:GetEventSelectors on *":                        "a trail of the organization is another account's",
	"ssm:GetParameter on Hubmend's parameters":                 "narrower: values that customers set for Hubmend only",
	"config:DescribeConfigurationRecorders on *":               "wider: the call names no recorder",
	"config:DescribeConfigurationRecorderStatus on *":          "wider: the call names no recorder",
	"iam:PassRole on AWS Config's role":                        "narrower: the service-linked role only",
	"iam:CreateServiceLinkedRole on AWS Config's role":         "narrower: the service-linked role of AWS Config only",
	"s3:GetBucketAcl on CloudFront's log bucket": "narrower: of the bucket that the setting " +
		"delivers to only",
	"s3:GetBucketOwnershipControls on CloudFront's log bucket": "narrower: of the bucket that the setting " +
		"delivers to only",
	"s3:GetBucketAcl, which no call needs": "CloudFront asks for it when logging is turned on, " +
		"which the lab does not know",
	"s3:PutBucketAcl, which no call needs": "CloudFront asks for it when logging is turned on, " +
		"which the lab does not know",
	"cloudtrail:CreateTrail on Hubmend's trails":        "narrower: Hubmend makes its own trail only",
	"cloudtrail:DeleteTrail on Hubmend's trails":        "narrower: its own trail only",
	"cloudwatch:PutMetricAlarm on Hubmend's alarms":     "narrower: its own alarms only",
	"cloudwatch:DeleteAlarms on Hubmend's alarms":       "narrower: its own alarms only",
	"iam:PassRole, which no role has":                   "no runbook makes a trail that delivers to CloudWatch Logs",
	"logs:CreateLogGroup on Hubmend's groups":           "narrower: Hubmend makes its own log groups only",
	"logs:PutRetentionPolicy on Hubmend's groups":       "narrower: of its own log groups only",
	"iam:PassRole on hubmend-trail-delivery":            "narrower: the role that was made for it only",
	"iam:PassRole on hubmend-flow-log-delivery":         "narrower: the role that was made for it only",
	"ec2:CreateTags, which only a call with tags needs": "no runbook makes an egress rule with tags",

	"iam:CreateGroup on users' groups":              "narrower: Hubmend makes a group for one user only",
	"iam:DeleteGroup on users' groups":              "narrower: of the groups that it made only",
	"iam:AddUserToGroup on users' groups":           "narrower: of the groups that it made only",
	"iam:RemoveUserFromGroup on users' groups":      "narrower: of the groups that it made only",
	"iam:PutGroupPolicy on users' groups":           "narrower: of the groups that it made only",
	"iam:DeleteGroupPolicy on users' groups":        "narrower: of the groups that it made only",
	"iam:AttachGroupPolicy on users' groups":        "narrower: of the groups that it made only",
	"iam:DetachGroupPolicy on users' groups":        "narrower: of the groups that it made only",
	"iam:CreateRole on hubmend-aws-support":         "narrower: the role for AWS Support only",
	"iam:DeleteRole on hubmend-aws-support":         "narrower: the role for AWS Support only",
	"iam:AttachRolePolicy on hubmend-aws-support":   "narrower: the role for AWS Support only",
	"iam:DetachRolePolicy on hubmend-aws-support":   "narrower: the role for AWS Support only",
	"iam:ListEntitiesForPolicy on AWSSupportAccess": "narrower: the policy that the control asks for only",

	"elasticloadbalancing:ModifyLoadBalancerAttributes on Application Load Balancers": "narrower: the others do not " +
		"have the attribute",
}

// narrow are the own things of Hubmend that a call may be limited to.
var narrow = map[string]string{
	":parameter/hubmend/":                                      "Hubmend's parameters",
	"arn:aws:s3:::hubmend-*-222222222222-":                     "Hubmend's buckets",
	":trail/hubmend-":                                          "Hubmend's trails",
	":alarm:hubmend-":                                          "Hubmend's alarms",
	":role/aws-service-role/config.amazonaws.com/":             "AWS Config's role",
	"arn:aws:s3:::hubmend-cloudfront-logs-":                    "CloudFront's log bucket",
	"log-group:/hubmend/":                                      "Hubmend's groups",
	":group/hubmend-user-":                                     "users' groups",
	":role/hubmend-aws-support":                                "hubmend-aws-support",
	":policy/AWSSupportAccess":                                 "AWSSupportAccess",
	":loadbalancer/app/":                                       "Application Load Balancers",
	"arn:aws:iam::222222222222:role/hubmend-trail-delivery":    "hubmend-trail-delivery",
	"arn:aws:iam::222222222222:role/hubmend-flow-log-delivery": "hubmend-flow-log-delivery",
}

// sample is a call with all inputs that any call takes.
func sample(service, api string) authz.Call {
	return authz.Call{Partition: "aws", Region: "us-east-1", Account: "222222222222", Service: service, API: api,
		Input: object{
			"GroupId": "x", "ResourceId": []any{"vpc-x"}, "ChildId": []any{"222222222222", "ou-x"},
			"FlowLogId": []any{"x"}, "UserName": "x", "KeyId": "x",
			"logGroupName": "x", "logStreamName": "x", "Bucket": "x", "Key": "x",
			"LogGroupName": "x", "Name": "/x", "AutomationExecutionId": "x", "DocumentName": "x", "SettingId": "/x",
			"TableName": "x", "IndexName": "x",
			"QueueUrl": "http://h/222222222222/x", "TopicArn": "arn:aws:sns:us-east-1:222222222222:x",
			"RoleArn":                   "arn:aws:iam::222222222222:role/x",
			"DeliverLogsPermissionArn":  "arn:aws:iam::222222222222:role/x",
			"CloudWatchLogsRoleArn":     "arn:aws:iam::222222222222:role/x",
			"CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:222222222222:log-group:x:*",
			"FunctionName":              "x", "StackName": "x", "StackSetName": "x", "QueueName": "x",
			"Id": "x", "ProductId": "x", "PortfolioId": "x",
			"AWSServiceName":        "x.amazonaws.com",
			"ConfigurationRecorder": object{"name": "x", "roleARN": "arn:aws:iam::222222222222:role/x"},
			"TagSpecification":      []any{object{}}, "X-Amz-Acl": "private", "X-Amz-Object-Ownership": "x",
			"Parameters":   object{"AutomationAssumeRole": []any{"arn:aws:iam::222222222222:role/x"}},
			"Entries":      []any{object{"EventBusName": "x"}},
			"RequestItems": object{"x": object{}},
			"GroupName":    "x", "RoleName": "x", "PolicyArn": "arn:aws:iam::aws:policy/x", "analyzerName": "x",
		}}
}

// Two tables say what calls need, and were written apart: from one the roles' policies are
// derived, the other refuses in the lab. Each difference needs an explanation.
func TestTablesAgree(t *testing.T) {
	t.Parallel()
	explained := map[string]bool{}
	explain := func(difference string) {
		explained[difference] = true
		if differences[difference] == "" {
			t.Errorf("the tables differ: %s; explain it", difference)
		}
	}
	for call, p := range catalog.Embedded().Permissions {
		service, api, _ := strings.Cut(call, ":")
		whole := sample(service, api)
		if _, own := table(t)[call]; !own { // where it would say what the call cannot have
			whole.Input = object{"Bucket": "x"}
		}
		answer, err := table(t).Needs(whole)
		if err != nil {
			t.Errorf("a role may %s, and %v", call, err)
			continue
		}
		granted := map[string][]string{}
		for _, one := range append([]runbook.Permission{p}, p.Also...) {
			for _, action := range one.Actions {
				granted[action] = append(granted[action], one.Resources...)
			}
		}
		needed := map[string]bool{}
		for _, n := range answer.Needs {
			needed[n.Action] = true
			compare(n, granted[n.Action], explain)
		}
		for action := range granted {
			if !needed[action] {
				explain(action + ", which no call needs")
			}
		}
	}
	for difference := range differences {
		if !explained[difference] {
			t.Errorf("this difference no longer exists: %s", difference)
		}
	}
}

// compare checks whether a role that is given the resources has what the call needs.
func compare(n authz.Need, granted []string, explain func(string)) {
	if len(granted) == 0 {
		switch n.Action {
		case "ec2:CreateTags":
			explain(n.Action + ", which only a call with tags needs")
		case "s3:PutBucketAcl", "s3:PutBucketOwnershipControls": // only with a header that no step gives
		default:
			explain(n.Action + ", which no role has")
		}
		return
	}
	for _, resource := range n.Resources {
		if strings.Contains(resource, "security-group-rule/") {
			continue // only with tags
		}
		pattern := strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::AccountId}", "222222222222")
		matches := slices.ContainsFunc(granted,
			func(g string) bool { return policy.Match(pattern.Replace(g), resource) })
		if matches && resource != "*" && slices.Contains(granted, "*") {
			explain(n.Action + " on *")
		}
		if !matches {
			explain(n.Action + " on " + limited(pattern.Replace(granted[0])))
		}
	}
}

func limited(pattern string) string {
	for part, name := range narrow {
		if strings.Contains(pattern, part) {
			return name
		}
	}
	return pattern
}

// reference is what the Service Authorization Reference says, as cfn-lint ships it.
type reference map[string]struct {
	Actions   map[string]struct{ Resources []string }
	Resources map[string]struct{ ARNFormats []string }
}

// errata are the actions for which services are known to ask for something else than the
// reference says.
var errata = map[string]string{
	"logs:DescribeLogGroups": "the reference has no resource; the errors name the log group without a name",
}

// The enforcement is only as good as this table, so each line is held against the reference.
func TestReferenceKnowsEveryNeed(t *testing.T) {
	t.Parallel()
	root := cmp.Or(os.Getenv("HUBMEND_VENV"), "../../../.venv")
	found, err := filepath.Glob(filepath.Join(root, "lib", "python3*", "site-packages", "cfnlint", "data",
		"AdditionalSpecs", "Policies.json"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no reference in %s: run make tools", root)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	var known reference
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for call := range table(t) {
		service, api, _ := strings.Cut(call, ":")
		answer, err := table(t).Needs(sample(service, api))
		if err != nil {
			t.Errorf("%s: %v", call, err)
			continue
		}
		needs := slices.Clone(answer.Needs)
		for _, a := range answer.Acting {
			needs = append(needs, a.Needs...)
		}
		for _, n := range needs {
			checked += len(n.Resources)
			known.check(t, call, n)
		}
	}
	if checked < 50 {
		t.Errorf("only %d permissions were held against the reference", checked)
	}
}

func (r reference) check(t *testing.T, call string, n authz.Need) {
	t.Helper()
	service, name, _ := strings.Cut(n.Action, ":")
	action, ok := r[service].Actions[strings.ToLower(name)]
	if !ok {
		t.Errorf("%s: there is no action %s", call, n.Action)
		return
	}
	for _, resource := range n.Resources {
		if (resource == "*") != (len(action.Resources) == 0) && errata[n.Action] == "" {
			t.Errorf("%s: %s is asked for on %s, but its resource types are %v", call, n.Action, resource,
				action.Resources)
		}
		fits := func(kind string) bool {
			return slices.ContainsFunc(r[service].Resources[strings.ToLower(kind)].ARNFormats,
				func(format string) bool { return matchesFormat(format, resource) })
		}
		if resource != "*" && !slices.ContainsFunc(action.Resources, fits) && errata[n.Action] == "" {
			t.Errorf("%s: %s is asked for on %s, which is none of %v", call, n.Action, resource, action.Resources)
		}
	}
}

// matchesFormat reads a format such as arn:${Partition}:kms:${Region}:${Account}:key/.*
func matchesFormat(format, arn string) bool {
	for _, name := range []string{"${Partition}", "${Region}", "${Account}"} {
		format = strings.ReplaceAll(format, name, "[^:]*")
	}
	ok, err := regexp.MatchString("^"+format+"$", arn)
	return ok && err == nil
}

func TestErrataAreNeeded(t *testing.T) {
	t.Parallel()
	var actions []string
	for call := range table(t) {
		service, api, _ := strings.Cut(call, ":")
		answer, _ := table(t).Needs(sample(service, api))
		for _, n := range answer.Needs {
			actions = append(actions, n.Action)
		}
	}
	for action := range maps.Keys(errata) {
		if !slices.Contains(actions, action) {
			t.Errorf("no call needs %s any more", action)
		}
	}
}
