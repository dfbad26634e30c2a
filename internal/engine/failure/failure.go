// Package failure classifies failures. One table sorts them into classes, by the stage at which they happen and by
// AWS's error. Another says what follows from each class: retry, guard, breaker, message. docs/failures.md shows both.
package failure

import (
	"slices"
	"strings"
)

// Class is the kind of a failure.
type Class string

// The classes. Their order is that of the documentation.
const (
	Busy         Class = "busy"         // a start was not taken, or its answer is lost
	Throttling   Class = "throttling"   // a service was called too often during the repair
	Internal     Class = "internal"     // a service failed
	Conflict     Class = "conflict"     // something else was changing the same resource
	NotReady     Class = "not ready"    // the account, the Region or the runbook is not set up yet
	Gone         Class = "gone"         // the resource was deleted before its repair
	Refused      Class = "refused"      // the runbook cannot repair the resource, and changed nothing
	Changed      Class = "changed"      // the resource is no longer as it was planned, and nothing was changed
	Permission   Class = "permission"   // IAM denied a call
	Verification Class = "verification" // the runbook's own check failed, or a script or call in it
	TimedOut     Class = "timeout"      // it took too long
	Cancelled    Class = "cancelled"    // a person stopped the execution
)

// Stage is where a failure happens.
type Stage string

// The stages, in the order in which a repair comes to them.
const (
	AssumeRole Stage = "assume role"     // sts:AssumeRole of hubmend-dispatch
	Start      Stage = "start"           // ssm:StartAutomationExecution
	Read       Stage = "read step"       // the first step of a runbook, which reads the resource
	Step       Stage = "step"            // any step
	Recall     Stage = "read of an undo" // that a program's undo makes before it changes anything
	Verify     Stage = "verification"    // a step that failed, and no rule for steps knows why
	End        Stage = "end"             // the execution as a whole
	Lookup     Stage = "lookup"          // reading how an execution ended
)

// Signal is what is known of a failure.
type Signal struct {
	Stage Stage
	Code  string // of the service's error
	Kind  string // the FailureType of Systems Manager, or the status of an execution
	Text  string // what the service or script said
	// Passes is set when the SDK knows that the same call may succeed later: no answer, a fault of the service.
	Passes bool
	Word   string // that a program began its message with
	// Refusal is set when a script raised the exception that stands for a refusal.
	Refusal bool
}

// Rule sorts failures into a class. Of a field that is empty any value will do.
type Rule struct {
	Stages  []Stage
	Codes   []string // * stands for any beginning
	Kinds   []string
	Text    string // part of what was said
	Word    string
	Passes  bool
	Refusal bool

	Class Class
	Scope Scope  // of NotReady
	Says  string // for people; {code} and {text} stand for what the service said
}

// Scope is how much of an account is not ready.
type Scope string

// The scopes.
const (
	Account       Scope = "account"
	Region        Scope = "Region"
	RegionRunbook Scope = "runbook in the Region"
	// OneResource keeps what a finding says from stopping the repair of anything else.
	OneResource Scope = "resource"
)

// like reports whether a code is that of a pattern, which may begin with a * for any beginning.
func like(code, pattern string) bool {
	end, any := strings.CutPrefix(pattern, "*")
	return code == pattern || any && strings.HasSuffix(code, end)
}

func (r Rule) matches(s Signal) bool {
	return slices.Contains(r.Stages, s.Stage) &&
		(len(r.Codes) == 0 ||
			slices.ContainsFunc(r.Codes, func(pattern string) bool { return like(s.Code, pattern) })) &&
		(len(r.Kinds) == 0 || slices.Contains(r.Kinds, s.Kind)) &&
		strings.Contains(s.Text, r.Text) && (r.Word == "" || r.Word == s.Word) &&
		(!r.Passes || s.Passes) && (!r.Refusal || s.Refusal)
}

// Sort finds the first rule for a failure, and false when there is none.
func Sort(s Signal) (Rule, bool) {
	for _, r := range rules {
		if r.matches(s) {
			return r, true
		}
	}
	return Rule{}, false
}

// Retry is how a failed repair is tried again without a person.
type Retry string

// The ways to retry.
const (
	Never   Retry = "no"
	Restart Retry = "the same attempt, after 10 seconds, then four times as long, up to 30 minutes, for 24 hours"
	Again   Retry = "a new attempt, after 1 minute, then four times as long, up to 30 minutes, within the loop " +
		"guard's limit"
	UntilReady Retry = "one attempt at a time, after 5 minutes, then twice as long, up to 1 hour, for 24 hours"
)

// Told says which failures are reported to people.
type Told string

// The recipients of messages.
const (
	Nobody      Told = "nobody"
	EachFailure Told = "one message after the last retry; failures of one control and class within an hour are " +
		"collected into one"
	OncePerAccount Told = "one message per account, repeated weekly; accounts that lack the same within an hour " +
		"are collected into one"
)

// Fate is what follows from a class.
type Fate struct {
	Class   Class
	Means   string
	Retry   Retry
	Guard   bool // counts for the loop guard of its target
	Breaker bool // counts for the breaker of its control, when an execution ran
	Told    Told
	// Workflow is what the finding becomes in the end.
	Workflow string
	Hint     string // what to do about it, for a note
}

// Passes reports whether the failure may pass without a person.
func (f Fate) Passes() bool { return f.Retry != Never }

// FateOf returns what follows from a class. Of an unknown class, which a newer version may have
// stored, it is the most careful.
func FateOf(c Class) Fate {
	if i := slices.IndexFunc(fates, func(f Fate) bool { return f.Class == c }); i >= 0 {
		return fates[i]
	}
	return Fate{Class: c, Retry: Never, Guard: true, Told: EachFailure, Workflow: "NOTIFIED", Hint: TryAgain}
}

// Classes returns every class, in the order of the documentation.
func Classes() []Class {
	all := make([]Class, len(fates))
	for i, f := range fates {
		all[i] = f.Class
	}
	return all
}
