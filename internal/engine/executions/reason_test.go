package executions

// This file tests from inside, like the one for outcomes.

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"hubmend/internal/aws/ssmtext"
)

// call is a step whose call AWS answered with an error.
func call(name, operation, code, message string, edits ...func(*types.StepExecution)) func(*types.AutomationExecution) {
	return func(e *types.AutomationExecution) {
		text := "Step fails when it is Execute/Cancelling action. An error occurred (" + code + ") when calling the " +
			operation + " operation: " + message + ssmtext.Guide
		step(name, ended, text)(e)
		for _, edit := range edits {
			edit(&e.StepExecutions[len(e.StepExecutions)-1])
		}
	}
}

// bears returns what Systems Manager says of a step after which the runbook goes on.
func bears(s *types.StepExecution) {
	s.IsCritical, s.OnFailure = aws.Bool(false), aws.String("Continue")
}

// ends returns what it says of a step whose failure is the execution's.
func ends(s *types.StepExecution) { s.IsCritical, s.OnFailure = aws.Bool(true), aws.String("Abort") }

func inputs(values map[string]string) func(*types.StepExecution) {
	return func(s *types.StepExecution) { s.Inputs = values }
}

func bearing(edit func(*types.AutomationExecution)) func(*types.AutomationExecution) {
	return func(e *types.AutomationExecution) {
		edit(e)
		bears(&e.StepExecutions[len(e.StepExecutions)-1])
	}
}

func truncated(e *types.AutomationExecution) { e.StepExecutionsTruncated = true }

func TestReason(t *testing.T) {
	t.Parallel()
	const denial = "User: x is not authorized to perform: a:B with an explicit deny in a service control policy: p"
	verify := step("verify", ended, "It is open.")
	for name, tc := range map[string]struct {
		e    *types.AutomationExecution
		want string
	}{
		"an absence that was expected": {
			execution(ended, call("read", "GetX", "NoSuchX", "None", bears),
				call("write", "PutX", "AccessDenied", denial, ends)),
			"step write: PutX answered AccessDenied: " + denial +
				". Expected by the runbook: step read: GetX answered NoSuchX: None.",
		},
		"the service does not say what was expected": {
			execution(ended, call("read", "GetX", "NoSuchX", "None"), call("write", "PutX", "AccessDenied", denial)),
			"step write: PutX answered AccessDenied: " + denial +
				". Expected by the runbook: step read: GetX answered NoSuchX: None.",
		},
		"several that were expected": {
			execution(ended, call("read", "GetX", "NoSuchX", "None", bears),
				call("make", "MakeX", "XAlreadyExists", "There", bears), verify),
			"step verify: It is open. Expected by the runbook: step read: GetX answered NoSuchX: None. step make: " +
				"MakeX answered XAlreadyExists: There.",
		},
		"a denial that the runbook went on after": {
			execution(ended, call("make", "MakeX", "XAlreadyExists", "There", bears),
				call("write", "PutX", "AccessDenied", denial, bears), verify),
			"step write: PutX answered AccessDenied: " + denial +
				". step verify: It is open. Expected by the runbook: step make: MakeX answered XAlreadyExists: There.",
		},
		"an absence that ends the repair": {
			execution(ended, call("read", "GetX", "NoSuchBucket", "None", bears),
				call("reread", "GetX", "NoSuchX", "Gone", ends)),
			"step reread: GetX answered NoSuchX: Gone. Expected by the runbook: step read: GetX answered " +
				"NoSuchBucket: None.",
		},
		"only expected ones": {
			execution(ended, call("read", "GetX", "NoSuchX", "One"), call("reread", "GetX", "NoSuchX", "Two")),
			"step reread: GetX answered NoSuchX: Two. Expected by the runbook: step read: GetX answered NoSuchX: One.",
		},
		"a check that was expected to fail": {
			execution(ended, bearing(step("complete", ended, "It is off.")), verify),
			"step verify: It is open. Expected by the runbook: step complete: It is off.",
		},
		"an answer that was not expected of a step that may fail": {
			execution(ended, call("create", "CreateX", "XLimitExceeded", "Too many", bears), verify),
			"step create: CreateX answered XLimitExceeded: Too many. step verify: It is open.",
		},
		"a name that is taken": {
			execution(ended,
				call("complete", "GetBucketX", "AccessDenied", "Access Denied", bears),
				call("create", "CreateBucket", "BucketAlreadyExists", "Not available", bears,
					inputs(map[string]string{"Bucket": `"logs"`})),
				call("block", "PutX", "AccessDenied", "Access Denied", ends)),
			"step create: CreateBucket answered BucketAlreadyExists: Not available. Another AWS account has a " +
				"bucket named logs. " +
				"step complete: GetBucketX answered AccessDenied: Access Denied. step block: PutX answered " +
				"AccessDenied: Access Denied.",
		},
		"a bucket of another account": {
			execution(ended, call("read", "GetX", "AccessDenied", "Access Denied", ends,
				inputs(map[string]string{"Bucket": "logs", "ExpectedBucketOwner": `"222222222222"`}))),
			"step read: GetX answered AccessDenied: Access Denied. The bucket logs belongs to another account than " +
				"222222222222, or its policy denies this.",
		},
		"a bucket of the account that a policy denies": {
			execution(ended, call("read", "GetX", "AccessDenied", denial, ends,
				inputs(map[string]string{"Bucket": "logs", "ExpectedBucketOwner": `"222222222222"`}))),
			"step read: GetX answered AccessDenied: " + denial + ".",
		},
		"a trail that is not there": {
			execution(ended, call("read", "GetTrail", "TrailNotFoundException", "Unknown trail: arn:t", ends)),
			"step read: GetTrail answered TrailNotFoundException: Unknown trail: arn:t. The trail was deleted, or " +
				"is an organization's trail: " +
				"remediate that in the organization's management account.",
		},
		"more steps than the answer holds": {
			execution(ended, truncated, call("read", "GetX", "NoSuchX", "None", bears),
				failing("Step fails when it is Execute/Cancelling action. An error occurred (AccessDenied) when "+
					"calling the PutX operation: No"+ssmtext.Guide)),
			"PutX answered AccessDenied: No. Expected by the runbook: step read: GetX answered NoSuchX: None.",
		},
		"more steps than the answer holds, the last of which it holds": {
			execution(ended, truncated, verify, failing("It is open.")),
			"step verify: It is open.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := reason(tc.e); got != tc.want {
				t.Errorf("reason =\n%q, want\n%q", got, tc.want)
			}
		})
	}
}
