package failure

import (
	"hubmend/internal/aws/errorcode"
	"hubmend/internal/aws/ssmtext"
)

// rules are asked in this order; the first that fits decides.
var rules = []Rule{
	{Stages: []Stage{AssumeRole, Start}, Codes: errorcode.Throttling, Class: Busy},
	{Stages: []Stage{AssumeRole, Start}, Passes: true, Class: Busy},
	{
		Stages: []Stage{Start},
		Codes:  []string{"AutomationDefinitionNotFoundException", "AutomationDefinitionVersionNotFoundException"},
		Class:  NotReady, Scope: RegionRunbook,
		Says: "account {account} has no runbook {document} in Region {region}; deploy the template " +
			"hubmend-member-runbooks there. If hubmend:playbooks is set, it must list a playbook with this control.",
	},
	{
		Stages: []Stage{Start}, Codes: errorcode.NotEnabled,
		Class: NotReady, Scope: Region,
		Says: "Region {region} rejects the credentials of account {account} ({code}); check whether the account has " +
			"enabled the Region.",
	},
	{
		Stages: []Stage{AssumeRole}, Codes: errorcode.Denied,
		Class: NotReady, Scope: Account,
		Says: "role {role} of account {account} cannot be assumed; deploy the template hubmend-member-roles " +
			"there, with this administrator account. Accounts outside the organization are refused.",
	},
	{
		Stages: []Stage{Start}, Codes: errorcode.Denied,
		Class: NotReady, Scope: RegionRunbook,
		Says: "{text}; update the template hubmend-member-roles of account {account}, or the policy that denies it.",
	},
	{
		Stages: []Stage{Start}, Codes: []string{"InvalidAutomationExecutionParametersException"},
		Text:  "assume role is unable to be assumed",
		Class: NotReady, Scope: RegionRunbook,
		Says: "account {account} has no role that runbook {document} can assume; update the template " +
			"hubmend-member-roles there.",
	},
	{
		Stages: []Stage{Start}, Codes: []string{"InvalidAutomationExecutionParametersException"},
		Class: NotReady, Scope: OneResource,
		Says: "runbook {document} in account {account} and Region {region} does not take these parameters, so it may " +
			"be too old; update the template hubmend-member-runbooks there ({text}).",
	},
	{Stages: []Stage{AssumeRole, Start}, Class: Permission, Says: "the runbook could not be started: {text}."},

	{Stages: []Stage{Step}, Refusal: true, Class: Refused},
	{Stages: []Stage{Step}, Word: ssmtext.Changed, Class: Changed},
	// Another account has a bucket of the name that the log bucket must have.
	{Stages: []Stage{Step}, Codes: []string{"BucketAlreadyExists"}, Class: Refused},
	{Stages: []Stage{Read}, Codes: errorcode.Gone, Class: Gone, Says: "the resource no longer exists."},
	{Stages: []Stage{Step}, Kinds: []string{"Throttling"}, Class: Throttling},
	{Stages: []Stage{Step}, Codes: errorcode.Throttling, Class: Throttling},
	{Stages: []Stage{Step}, Kinds: []string{"Permission"}, Class: Permission},
	{Stages: []Stage{Step}, Codes: errorcode.Denied, Class: Permission},
	{Stages: []Stage{Step}, Kinds: []string{"Internal"}, Class: Internal},
	{Stages: []Stage{Step}, Codes: errorcode.Internal, Class: Internal},
	{Stages: []Stage{Step}, Codes: errorcode.Conflict, Class: Conflict},
	{Stages: []Stage{Recall}, Class: Refused},
	{Stages: []Stage{Verify}, Kinds: []string{"TimedOut"}, Class: TimedOut},
	{Stages: []Stage{Verify}, Class: Verification},

	{Stages: []Stage{End}, Kinds: []string{"TimedOut"}, Class: TimedOut},
	{Stages: []Stage{End}, Kinds: []string{"Cancelled"}, Class: Cancelled},
	{Stages: []Stage{Lookup}, Codes: []string{"AutomationExecutionNotFoundException"}, Class: Internal,
		Says: "Systems Manager no longer has the execution."},
	{Stages: []Stage{Lookup}, Class: Permission},
}

// TryAgain is what to do about most failures.
const TryAgain = "Repair it by hand, or remove the cause and use the custom action to try again."

// fates says what follows from each class.
var fates = []Fate{
	{Class: Busy, Means: "Systems Manager or STS did not accept the start, or the response was lost", Retry: Restart,
		Told: EachFailure, Workflow: "NOTIFIED", Hint: TryAgain},
	{Class: Throttling, Means: "A service was called too often during the repair", Retry: Again, Guard: true,
		Told: EachFailure, Workflow: "NOTIFIED", Hint: TryAgain},
	{Class: Internal, Means: "A service failed, or Systems Manager no longer has the execution", Retry: Again,
		Guard: true, Told: EachFailure, Workflow: "NOTIFIED", Hint: TryAgain},
	{Class: Conflict, Means: "Something else was changing the same resource", Retry: Again, Guard: true,
		Told: EachFailure, Workflow: "NOTIFIED", Hint: TryAgain},
	{
		Class: NotReady, Means: "The account, the Region or the runbook is not set up yet", Retry: UntilReady,
		Told: OncePerAccount, Workflow: "NOTIFIED",
		Hint: "Then run `hubmend remediate --failed --class not-ready` for the account, or use the custom action.",
	},
	{Class: Gone, Means: "The resource was deleted before its repair", Retry: Never, Told: Nobody, Workflow: "NOTIFIED",
		Hint: "Security Hub archives the finding."},
	{Class: Refused, Means: "The runbook cannot repair the resource, and changed nothing", Retry: Never, Guard: true,
		Told: EachFailure, Workflow: "NOTIFIED", Hint: TryAgain},
	{Class: Changed, Means: "What the repair reads or would do is no longer as it was planned, and nothing was changed",
		Retry: Never, Told: Nobody, Workflow: "NOTIFIED", Hint: "Hubmend plans the repair again and asks again."},
	{Class: Permission, Means: "IAM denied a call", Retry: Never, Guard: true, Told: EachFailure, Workflow: "NOTIFIED",
		Hint: TryAgain},
	{Class: Verification, Means: "The runbook's own check failed, or a script or call in it", Retry: Never, Guard: true,
		Breaker: true, Told: EachFailure, Workflow: "NOTIFIED", Hint: TryAgain},
	{Class: TimedOut, Means: "It took too long", Retry: Never, Guard: true, Breaker: true, Told: EachFailure,
		Workflow: "NOTIFIED", Hint: TryAgain},
	{Class: Cancelled, Means: "A person stopped the execution", Retry: Never, Guard: true, Told: EachFailure,
		Workflow: "NOTIFIED", Hint: TryAgain},
}
