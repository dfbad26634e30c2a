package executions

// This file tests from inside, like the one for outcomes.

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"hubmend/internal/aws/ssmtext"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
)

// programmed is the failed step of a program, in the forms in which Systems Manager may wrap what it says.
func programmed(says string) map[string]func(*types.AutomationExecution) {
	const polling = "Step fails when it is Poll action status for completion. "
	const frames = "Traceback (most recent call last):\n  File \"/tmp/x/customer_script.py\", line 9, in handler\n  " +
		"  raise failure.with_traceback(None) from None\n\n"
	all := map[string]func(*types.AutomationExecution){}
	for name, text := range map[string]string{
		"hyphen":    polling + frames + "Failure - " + says + ssmtext.Guide,
		"colon":     polling + frames + "Failure: " + says + ssmtext.Guide,
		"bare":      polling + says + ssmtext.Guide,
		"truncated": polling + frames + "Failure - " + strings.TrimSuffix(says, " y"),
	} {
		all[name] = typedStep(text)
	}
	return all
}

// typedStep is a failed step of which Systems Manager says the type that it says of every script.
func typedStep(message string) func(*types.AutomationExecution) {
	return typed("Action", message)
}

func TestClassOfAProgramsFailure(t *testing.T) {
	t.Parallel()
	for says, want := range map[string]decide.Class{
		"hubmend:refused It is asymmetric y":                                                  failure.Refused,
		"hubmend:changed What this repair reads, or would do y":                               failure.Changed,
		"hubmend:refused The group is named hubmend:changed y":                                failure.Refused,
		"hubmend:unverified It is off y":                                                      failure.Verification,
		"hubmend:read NotFoundException kms:DescribeKey: x y":                                 failure.Gone,
		"hubmend:read InvalidGroup.NotFound ec2:DescribeSecurityGroups: x y":                  failure.Gone,
		"hubmend:read AccessDeniedException kms:DescribeKey: x y":                             failure.Permission,
		"hubmend:read ThrottlingException kms:DescribeKey: x y":                               failure.Throttling,
		"hubmend:read KMSInternalException kms:DescribeKey: x y":                              failure.Internal,
		"hubmend:read EndpointConnectionError kms:DescribeKey: x y":                           failure.Internal,
		"hubmend:read InvalidArnException kms:DescribeKey: x y":                               failure.Verification,
		"hubmend:check NotFoundException kms:DescribeKey: x y":                                failure.Verification,
		"hubmend:check AccessDeniedException kms:DescribeKey: x y":                            failure.Permission,
		"hubmend:write NotFoundException kms:EnableKeyRotation: x y":                          failure.Verification,
		"hubmend:write UnauthorizedOperation ec2:RevokeSecurityGroupIngress: x y":             failure.Permission,
		"hubmend:write BucketAlreadyExists s3:CreateBucket: x y":                              failure.Refused,
		"hubmend:write OperationAborted s3:PutBucketPolicy: x y":                              failure.Conflict,
		"hubmend:write RequestLimitExceeded ec2:AuthorizeSecurityGroupIngress: x y":           failure.Throttling,
		"hubmend:recall AutomationExecutionNotFoundException ssm:GetAutomationExecution: x y": failure.Refused,
		"hubmend:recall NotFoundException kms:DescribeKey: x y":                               failure.Refused,
		"hubmend:recall AccessDeniedException ssm:GetAutomationExecution: x y":                failure.Permission,
		"hubmend:recall ThrottlingException kms:DescribeKey: x y":                             failure.Throttling,
		"KeyError: 'hubmend' y":                                                               failure.Verification,
	} {
		for form, step := range programmed(says) {
			if got, err := outcome(execution(ended, step)); err != nil || got.Class != want {
				t.Errorf("%s, %s: %q, %v, want %q", says, form, got.Class, err, want)
			}
		}
	}
}

func TestReasonOfAProgramsFailure(t *testing.T) {
	t.Parallel()
	for says, want := range map[string]string{
		"hubmend:refused KMS cannot rotate this key: it is asymmetric.": "KMS cannot rotate this key: it is " +
			"asymmetric.",
		"hubmend:read NotFoundException kms:DescribeKey: Key x is unknown.": "kms:DescribeKey answered " +
			"NotFoundException: Key x is unknown.",
		"hubmend:read TrailNotFoundException cloudtrail:GetTrail: Unknown trail: arn:t": "cloudtrail:GetTrail " +
			"answered TrailNotFoundException: Unknown trail: arn:t. " +
			"The trail was deleted, or is an organization's trail: remediate that in the organization's " +
			"management account.",
		"hubmend:recall AutomationExecutionNotFoundException ssm:GetAutomationExecution: Unknown": "ssm:GetAutomationExecution answered " +
			"AutomationExecutionNotFoundException: Unknown. Nothing was changed. When Systems Manager has forgotten " +
			"the execution, after 30 days, " +
			"or the resource is gone, `hubmend history` still has the previous value. Otherwise request the undo again.",
	} {
		for form, step := range programmed(says) {
			if got := reason(execution(ended, step)); got != want {
				t.Errorf("%s: reason =\n%q, want\n%q", form, got, want)
			}
		}
	}
}

// The kept document has the same form, whichever form it came from.
func TestKeptForms(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		values []string
		want   string
	}{
		"settings":            {[]string{`{"A":1}`}, `["{\"A\":1}"]`},
		"items":               {[]string{`{"A":1}`, `{"B":2}`}, `["{\"A\":1}","{\"B\":2}"]`},
		"pieces of settings":  {[]string{`{"A`, `":1}`}, `["{\"A\":1}"]`},
		"pieces of a list":    {[]string{`[{"A":1},{"`, `B":2}]`}, `["{\"A\":1}","{\"B\":2}"]`},
		"a list in one piece": {[]string{`[{"A":1},{"B":2}]`}, `["{\"A\":1}","{\"B\":2}"]`},
		"pieces in one text":  {[]string{`["[{\"A\":1},{\"","B\":2}]"]`}, `["{\"A\":1}","{\"B\":2}"]`},
		"an empty list":       {[]string{`[]`}, `[]`},
		"no items":            {[]string{}, `[]`},
		"words":               {[]string{"open"}, `["open"]`},
		"cut off":             {[]string{`[{"A":1},{"B`}, `["[{\"A\":1},{\"B"]`},
	} {
		got, err := outcome(execution(success, outputs(map[string][]string{"run.Before": tc.values})))
		if err != nil || got.Before != tc.want {
			t.Errorf("%s: %s, %v, want %s", name, got.Before, err, tc.want)
		}
	}
}
