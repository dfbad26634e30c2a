package failure_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/aws/errorcode"
	"hubmend/internal/engine/failure"
)

func TestSort(t *testing.T) {
	t.Parallel()
	const invalid = "InvalidAutomationExecutionParametersException"
	for name, tc := range map[string]struct {
		signal failure.Signal
		want   failure.Class // empty when no rule knows it
		scope  failure.Scope
	}{
		"the role is throttled": {failure.Signal{Stage: failure.AssumeRole, Code: "Throttling"}, failure.Busy,
			""},
		"no answer": {failure.Signal{Stage: failure.Start, Passes: true}, failure.Busy, ""},
		"no role": {failure.Signal{Stage: failure.AssumeRole, Code: "AccessDenied"},
			failure.NotReady, failure.Account},
		"no document": {failure.Signal{Stage: failure.Start,
			Code: "AutomationDefinitionNotFoundException"}, failure.NotReady, failure.RegionRunbook},
		"no Region": {failure.Signal{Stage: failure.Start, Code: "UnrecognizedClientException"},
			failure.NotReady, failure.Region},
		"may not start": {failure.Signal{Stage: failure.Start, Code: "AccessDeniedException"},
			failure.NotReady, failure.RegionRunbook},
		"no role of the runbook": {failure.Signal{Stage: failure.Start, Code: invalid,
			Text: "The defined assume role is unable to be assumed."}, failure.NotReady, failure.RegionRunbook},
		"parameters of another version": {failure.Signal{Stage: failure.Start, Code: invalid,
			Text: "Ports is not known."}, failure.NotReady, failure.OneResource},
		"anything else at the start": {failure.Signal{Stage: failure.Start, Code: "IdempotentParameterMismatch"},
			failure.Permission, ""},
		"gone":                          {failure.Signal{Stage: failure.Read, Code: "NoSuchBucket"}, failure.Gone, ""},
		"not gone, but in a later step": {failure.Signal{Stage: failure.Step, Code: "NoSuchBucket"}, "", ""},
		"a refusal before its code": {failure.Signal{Stage: failure.Step, Code: "AccessDenied", Refusal: true},
			failure.Refused, ""},
		"another state than planned": {failure.Signal{Stage: failure.Step, Word: "changed"}, failure.Changed, ""},
		"a resource named so": {failure.Signal{Stage: failure.Step, Text: "hubmend:changed", Code: "AccessDenied"},
			failure.Permission, ""},
		"a conflict": {failure.Signal{Stage: failure.Step, Code: "OperationAborted"},
			failure.Conflict, ""},
		"a type of Systems Manager": {failure.Signal{Stage: failure.Step, Kind: "Permission"}, failure.Permission,
			""},
		"a check": {failure.Signal{Stage: failure.Verify}, failure.Verification, ""},
		"a check that took too long": {failure.Signal{Stage: failure.Verify, Kind: "TimedOut"}, failure.TimedOut,
			""},
		"cancelled": {failure.Signal{Stage: failure.End, Kind: "Cancelled"}, failure.Cancelled, ""},
		"failed":    {failure.Signal{Stage: failure.End, Kind: "Failed"}, "", ""},
		"a lost execution": {failure.Signal{Stage: failure.Lookup,
			Code: "AutomationExecutionNotFoundException"}, failure.Internal, ""},
		"an unreadable execution": {failure.Signal{Stage: failure.Lookup, Code: "AccessDenied"},
			failure.Permission, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, is := failure.Sort(tc.signal)
			if got.Class != tc.want || got.Scope != tc.scope || is != (tc.want != "") {
				t.Errorf("Sort = %q of %q, %t", got.Class, got.Scope, is)
			}
		})
	}
}

// Whatever is not ready says of what, and what is said of it leaves no name open.
func TestReasons(t *testing.T) {
	t.Parallel()
	for _, stage := range []failure.Stage{failure.AssumeRole, failure.Start} {
		for _, code := range slices.Concat(errorcode.Denied, errorcode.NotEnabled,
			[]string{"AutomationDefinitionNotFoundException", "x"}) {
			s := failure.Signal{Stage: stage, Code: code, Text: "It said so."}
			rule, _ := failure.Sort(s)
			reason := rule.Reason(s, failure.Where{Account: "1", Region: "2", Document: "3", Role: "4"})
			if (rule.Class == failure.NotReady) != (rule.Scope != "") || !strings.HasSuffix(reason, ".") ||
				strings.HasSuffix(reason, "..") || strings.ContainsAny(reason, "{}") {
				t.Errorf("%s %s: %q, %q: %q", stage, code, rule.Class, rule.Scope, reason)
			}
		}
	}
}

// Services name what does not exist, and what is being changed, in many ways that have their ends in common.
func TestCodesOfManyServices(t *testing.T) {
	t.Parallel()
	for code, tc := range map[string]struct {
		stage failure.Stage
		want  failure.Class
	}{
		"NotFoundException":                       {failure.Read, failure.Gone},
		"DBInstanceNotFound":                      {failure.Read, failure.Gone},
		"DBInstanceNotFoundFault":                 {failure.Read, failure.Gone},
		"InvalidSubnetID.NotFound":                {failure.Read, failure.Gone},
		"RepositoryNotFoundException":             {failure.Read, failure.Gone},
		"AWS.SimpleQueueService.NonExistentQueue": {failure.Read, failure.Gone},
		"QueueDoesNotExist":                       {failure.Read, failure.Gone},
		"NoSuchDistribution":                      {failure.Read, failure.Gone},
		"InvalidDBInstanceState":                  {failure.Step, failure.Conflict},
		"ResourceInUseException":                  {failure.Step, failure.Conflict},
		"PreconditionFailed":                      {failure.Step, failure.Conflict},
	} {
		if rule, _ := failure.Sort(failure.Signal{Stage: tc.stage, Code: code}); rule.Class != tc.want {
			t.Errorf("%s: %q, want %q", code, rule.Class, tc.want)
		}
	}
	// An aspect that a resource does not have is not the resource.
	for _, code := range []string{"NoSuchPublicAccessBlockConfiguration", "NotFoundish"} {
		if rule, known := failure.Sort(failure.Signal{Stage: failure.Read, Code: code}); known {
			t.Errorf("%s: %q", code, rule.Class)
		}
	}
}

// Each class that a rule gives has its fate, and only failures that speak against a runbook count for a breaker.
func TestFates(t *testing.T) {
	t.Parallel()
	for _, c := range failure.Classes() {
		f := failure.FateOf(c)
		against := c == failure.Verification || c == failure.TimedOut
		if f.Class != c || f.Means == "" || f.Hint == "" || f.Workflow != "NOTIFIED" || f.Breaker != against {
			t.Errorf("%s: %+v", c, f)
		}
	}
	if f := failure.FateOf("of a newer version"); f.Passes() || !f.Guard || f.Told != failure.EachFailure {
		t.Errorf("an unknown class: %+v", f)
	}
}

func TestPageIsUpToDate(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/failures.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != failure.Markdown() {
		t.Error("docs/failures.md is not what the table says; run make generate")
	}
}
