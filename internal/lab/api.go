package lab

import (
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/artifacts"
	"hubmend/internal/lab/events"
	"hubmend/internal/lab/faults"
	"hubmend/internal/lab/gateway"
	"hubmend/internal/lab/sns"
	"hubmend/internal/lab/ssm"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// Types of the services, for users of the lab.
type (
	// Call is an AWS API call in botocore's spelling.
	Call = apicall.Call
	// Credentials are what an AWS client signs with.
	Credentials = apicall.Credentials
	// APICall is one request that reached the lab.
	APICall = gateway.APICall

	// Programs gives the program of a function, by the name of its folder below lambdas/.
	Programs = artifacts.Programs

	// Entry is one thing that happened.
	Entry = story.Entry
	// FindingState is what customers set of a finding, at one moment.
	FindingState = story.FindingState
	// Kind sorts entries.
	Kind = story.Kind

	// Backend is the Python that labs share.
	Backend = world.Backend
	// Faults are what the lab does wrong on purpose.
	Faults = world.Faults
	// OU is an organizational unit.
	OU = world.OU
	// V2 is the new Security Hub.
	V2 = world.V2
	// AutomationRule sets the status of findings of the new Security Hub.
	AutomationRule = world.AutomationRule
	// Duration is a time.Duration that JSON writes as 200ms or 2m, or as never.
	Duration = world.Duration
	// Intervention forces something at the moment of a call.
	Intervention = faults.Intervention

	// Execution is an execution of a runbook.
	Execution = ssm.Execution
	// Notice is a message that was published to a topic.
	Notice = sns.Notice
	// PutEvent is an event that somebody put on a bus.
	PutEvent = events.PutEvent
)

// The kinds of entries.
const (
	KindDeploy    = story.KindDeploy
	KindEvent     = story.KindEvent
	KindFunction  = story.KindFunction
	KindExecution = story.KindExecution
	KindStep      = story.KindStep
	KindFinding   = story.KindFinding
	KindNotice    = story.KindNotice
	KindFault     = story.KindFault
	KindDenied    = story.KindDenied
	KindProblem   = story.KindProblem
)

// The organization's root, and its management account, in which nothing else is.
const (
	OrganizationRoot  = world.Root
	ManagementAccount = world.Management
)

// Never is the delay of what does not happen.
const Never = world.Never

// OperatorID is the unique id of the operator, in every account.
const OperatorID = apicall.OperatorID

// Compile begins to compile the functions of a checkout for this machine, once in a process.
func Compile(root string) Programs { return artifacts.Compile(root) }

// Operator gives the credentials of the person who uses the lab, in an account.
func Operator(account string) Credentials { return apicall.Operator(account) }
