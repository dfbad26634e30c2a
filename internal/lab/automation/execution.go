package automation

import (
	"cmp"
	"time"

	"hubmend/internal/aws/ssmtext"
	"hubmend/internal/catalog/runbook"
)

// Status is the status of an execution or of a step, spelled as the API spells it.
type Status string

// The statuses that this executor gives. Pending is for what has not started: a caller
// that queues executions needs it, Run never returns it.
const (
	Pending    Status = "Pending"
	InProgress Status = "InProgress"
	Success    Status = "Success"
	Failed     Status = "Failed"
	TimedOut   Status = "TimedOut"
	Cancelled  Status = "Cancelled"
)

// FailureType is the kind of a step's failure, spelled as the API spells it.
type FailureType string

// The failure types of the API.
const (
	ActionFailure       FailureType = "Action"
	PermissionFailure   FailureType = "Permission"
	ThrottlingFailure   FailureType = "Throttling"
	VerificationFailure FailureType = "Verification"
	InternalFailure     FailureType = "Internal"
)

// Execution is how an execution went, as GetAutomationExecution tells it.
type Execution struct {
	Status         Status
	FailureMessage string // that of the step that decided the status; empty on Success
	FailureStep    string // the name of that step; empty when no step ran
	// Steps are those that ran, in the order in which they started. The steps of a loop
	// follow the loop, once for each pass that reached them.
	Steps []StepExecution
	// Outputs are the outputs that the document declares, by "step.Output". A String, an
	// Integer or a Boolean is one text, a StringList is its items, a StringMap is JSON and
	// so is each item of a MapList. A missing value is ssmtext.NoOutput.
	Outputs    map[string][]string
	Start, End time.Time
}

// StepExecution is how a step went.
type StepExecution struct {
	Name, Action   string
	Status         Status
	FailureMessage string
	FailureType    FailureType         // empty unless the step failed
	Inputs         map[string]any      // with references replaced; without the steps of a loop
	Outputs        map[string][]string // by the output's name, as Execution.Outputs
	Response       map[string]any      // what the outputs were selected from
	Start, End     time.Time
	Parent         *Parent // nil outside a loop
	Flow           Flow
}

// Flow is what the document says of the way that the execution takes after a step.
type Flow struct {
	OnFailure  string // Abort when the document does not say
	NextStep   string // empty for the next in the document
	IsEnd      bool
	IsCritical bool
}

// FlowOf reads the flow of a step, with what the service takes for granted.
func FlowOf(step runbook.Step) Flow {
	return Flow{cmp.Or(step.OnFailure, "Abort"), step.NextStep, step.IsEnd, critical(step)}
}

// Parent is the pass of a loop that a step ran in.
type Parent struct {
	Step          string
	Iteration     int    // from 1
	IteratorValue string // empty in a loop with a condition
}

// Reason is the human part of FailureMessage. See ssmtext.Reason.
func (e Execution) Reason() string { return ssmtext.Reason(e.FailureMessage) }

// BilledSteps is the number of steps that AWS bills: every step that ran, a loop as well
// as each step of each pass, branches and sleeps too. Whether AWS counts passes like that
// is not documented, nor is whether it counts attempts, which this does not.
func (e Execution) BilledSteps() int { return len(e.Steps) }
