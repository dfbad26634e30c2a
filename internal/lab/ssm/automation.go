// Package ssm is the part of Systems Manager that runs runbooks: documents, executions and service settings. Package
// automation executes the steps.
package ssm

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"hubmend/internal/aws/policy"
	"hubmend/internal/aws/ssmtext"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/automation"
	"hubmend/internal/lab/events"
	"hubmend/internal/lab/faults"
	"hubmend/internal/lab/python"
	"hubmend/internal/lab/scripts"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// Automation is Systems Manager Automation in all accounts.
type Automation struct {
	lab       *world.World
	authority roleAssumer
	events    statusEvents
	forced    *faults.Interventions

	pace     pace
	settings serviceSettings

	mu         sync.Mutex
	documents  map[documentID]*document
	executions map[string]*execution
	tokens     map[string]string // client token to execution id
	order      []string
}

// roleAssumer opens sessions of roles.
type roleAssumer interface {
	Assume(role, session string, who policy.Request) (apicall.Credentials, apicall.Caller, error)
}

// statusEvents takes the events of executions.
type statusEvents interface {
	Emit(at apicall.Place, bus string, e events.Event)
}

// New gives a Systems Manager without documents.
func New(w *world.World, authority roleAssumer, events statusEvents, forced *faults.Interventions) *Automation {
	return &Automation{lab: w, authority: authority, events: events, forced: forced,
		documents: map[documentID]*document{}, executions: map[string]*execution{}, tokens: map[string]string{},
		settings: serviceSettings{values: map[apicall.Place]map[string]setting{}}}
}

type documentID struct {
	apicall.Place
	name string
}

// execution is one run of a document.
type execution struct {
	at         apicall.Place
	document   string
	version    int
	content    *runbook.Document
	id         string
	parameters map[string][]string
	executedBy string
	role       string
	start      time.Time
	result     automation.Execution // Steps grow while it runs
	ended      bool
}

var automationAPIs = map[string]func(*Automation, apicall.Request) (any, error){
	"StartAutomationExecution": func(s *Automation, q apicall.Request) (any, error) {
		return apicall.DecodeAnd(q,
			s.startAPI)
	},
	"GetAutomationExecution": func(s *Automation, q apicall.Request) (any, error) {
		return apicall.DecodeAnd(q,
			s.getAPI)
	},
	"DescribeAutomationExecutions": func(s *Automation, q apicall.Request) (any, error) {
		return apicall.DecodeAnd(q, s.describeAPI)
	},
	"DescribeAutomationStepExecutions": func(s *Automation, q apicall.Request) (any, error) {
		return apicall.DecodeAnd(q, s.describeStepsAPI)
	},
	"GetServiceSetting": func(s *Automation, q apicall.Request) (any, error) {
		return apicall.DecodeAnd(q,
			s.getSetting)
	},
	"UpdateServiceSetting": func(s *Automation, q apicall.Request) (any, error) {
		return apicall.DecodeAnd(q,
			s.updateSetting)
	},
	"ResetServiceSetting": func(s *Automation, q apicall.Request) (any, error) {
		return apicall.DecodeAnd(q,
			s.resetSetting)
	},
}

type startInput struct {
	DocumentName    string
	DocumentVersion string
	Parameters      map[string][]string
	ClientToken     string
}

func (s *Automation) startAPI(q apicall.Request, in startInput) (any, error) {
	at := q.Place()
	if n := s.lab.Faults.StartsPerSecond; n > 0 && !s.pace.take(at, n, time.Now()) {
		s.lab.Story.Tell(story.KindFault, at.Account, at.Region, "the start of %s is throttled", in.DocumentName)
		return nil, apicall.Refuse("ThrottlingException", "Rate exceeded")
	}
	name, version, err := s.started(at, in)
	if err != nil {
		return nil, err
	}
	if err := automation.Validate(version.content, in.Parameters); err != nil {
		return nil, apicall.Refuse("InvalidAutomationExecutionParametersException", "%v", err)
	}
	e := &execution{
		at: at, document: name, version: version.number, content: version.content, id: uuid.NewString(),
		parameters: in.Parameters,
		executedBy: q.Caller.ARN, start: time.Now(),
	}
	run := automation.Request{
		Document: version.content, Parameters: in.Parameters, ExecutionID: e.id,
		AccountID: at.Account, Region: at.Region, Partition: s.lab.Partition,
	}
	if e.role, err = run.AssumeRole(); err != nil {
		return nil, apicall.Refuse("InvalidAutomationExecutionParametersException", "%v", err)
	}
	credentials, err := s.become(e, q.Caller)
	if err != nil {
		return nil, apicall.Refuse("InvalidAutomationExecutionParametersException",
			"The defined assume role is unable to be assumed: %v", err)
	}
	known := s.add(e, in.ClientToken)
	if known != e && (known.document != e.document || known.version != e.version ||
		!maps.EqualFunc(known.parameters, e.parameters, slices.Equal)) {
		return nil, apicall.Refuse("IdempotentParameterMismatch", "the client token %s was used with other parameters",
			in.ClientToken)
	}
	if known != e {
		return map[string]string{"AutomationExecutionId": known.id}, nil
	}
	s.lab.Story.Tell(story.KindExecution, at.Account, at.Region, "%s starts (%s)", name, e.id)
	s.lab.Activity.Do(func() { s.run(e, run, credentials) })
	return map[string]string{"AutomationExecutionId": e.id}, nil
}

// become opens the session of the steps: a session of the role of the document or, without a role, one of the caller
// who starts it.
func (s *Automation) become(e *execution, starter apicall.Caller) (apicall.Credentials, error) {
	if e.role == "" {
		c, _ := s.lab.Callers.Session(starter)
		return c, nil
	}
	c, _, err := s.authority.Assume(e.role, "Automation-"+e.id,
		policy.Request{Service: "ssm.amazonaws.com", Context: map[string]string{
			"aws:SourceAccount": e.at.Account,
			"aws:SourceArn": "arn:" + s.lab.Partition + ":ssm:" + e.at.Region + ":" + e.at.Account +
				":automation-execution/" + e.id,
		}})
	return c, err
}

// access gives the scripts of an execution access to AWS. Without a role they have no credentials.
func (s *Automation) access(e *execution, c apicall.Credentials) *python.Access {
	access := &python.Access{Region: e.at.Region, Endpoint: s.lab.Endpoint}
	if e.role != "" {
		access.Credentials = python.Credentials(s.lab.Callers.Scripted(c))
	}
	return access
}

// add adds an execution, or gives the one that the token started.
func (s *Automation) add(e *execution, token string) *execution {
	s.mu.Lock()
	defer s.mu.Unlock()
	tokenKey := e.at.Account + e.at.Region + token
	if token != "" && s.tokens[tokenKey] != "" {
		return s.executions[s.tokens[tokenKey]]
	}
	s.tokens[tokenKey] = e.id
	s.executions[e.id] = e
	s.order = append(s.order, e.id)
	return e
}

// run executes the document and sends the status event of its end.
func (s *Automation) run(e *execution, req automation.Request, c apicall.Credentials) {
	s.lab.Sleep(time.Duration(s.lab.Faults.PendingFor))
	api := stepAPI{lab: s.lab, forced: s.forced, account: e.at.Account, region: e.at.Region, credentials: c}
	executor := automation.Executor{
		API: api,
		Scripts: scripts.Scripts{
			Server:  s.lab.Backend.Scripts,
			Access:  s.access(e, c),
			Printed: scriptLog{s.lab, &s.settings, api, e.at, e.id}.write,
		},
		Observe: func(step automation.StepExecution) { s.observe(e, step) },
	}
	result := executor.Run(s.lab.Context, req)
	s.mu.Lock()
	e.result, e.ended = result, true
	s.mu.Unlock()
	s.lab.Story.Tell(story.KindExecution, e.at.Account, e.at.Region, "%s ends: %s%s (%d billed steps, %d ms)",
		e.document,
		result.Status,
		prefixed(": ", result.Reason()), result.BilledSteps(), result.End.Sub(result.Start).Milliseconds())
	if s.lab.Faults.DropStatusEvents {
		s.lab.Story.Tell(story.KindFault, e.at.Account, e.at.Region, "the status event of %s is lost", e.id)
		return
	}
	s.events.Emit(e.at, events.DefaultBus, events.Event{
		Source: "aws.ssm", DetailType: "EC2 Automation Execution Status-change Notification",
		Resources: []string{
			fmt.Sprintf("arn:%s:ssm:%s:%s:automation-execution/%s", s.lab.Partition, e.at.Region, e.at.Account, e.id),
			fmt.Sprintf("arn:%s:ssm:%s:%s:automation-definition/%s:%d", s.lab.Partition, e.at.Region, e.at.Account,
				e.document, e.version),
		},
		Detail: map[string]any{
			"ExecutionId": e.id, "Definition": e.document, "DefinitionVersion": float64(e.version),
			"Status":    string(result.Status),
			"StartTime": result.Start.UTC().Format(eventTime), "EndTime": result.End.UTC().Format(eventTime),
			"Time": float64(result.End.Sub(result.Start).Milliseconds()), "ExecutedBy": e.executedBy,
		},
	})
}

// eventTime is the format of times in events.
const eventTime = "Jan 2, 2006 3:04:05 PM"

func (s *Automation) observe(e *execution, step automation.StepExecution) {
	s.mu.Lock()
	e.note(step)
	s.mu.Unlock()
	if step.Status == automation.InProgress {
		return
	}
	s.lab.Story.Tell(story.KindStep, e.at.Account, e.at.Region, "%s: %s%s", step.Name, what(step),
		became(step, e.handles(step.Name)))
}

// handles reports whether the document continues when a step fails.
func (e *execution) handles(name string) bool {
	handled := false
	runbook.Walk(e.content.MainSteps, func(step runbook.Step) {
		handled = handled || step.Name == name && step.OnFailure != "" && step.OnFailure != "Abort"
	})
	return handled
}

// absent matches error codes about something that does not exist: NoSuchBucketPolicy, NotFoundException,
// InvalidGroup.NotFound.
var absent = regexp.MustCompile(`^NoSuch|NotFound`)

// became describes how a step ended. Many runbooks read something that need not exist, which is no failure.
func became(step automation.StepExecution, handled bool) string {
	code := ssmtext.Code(step.FailureMessage)
	switch {
	case step.Status != automation.Failed || !handled:
		return " " + string(step.Status) + prefixed(": ", ssmtext.Reason(step.FailureMessage))
	case absent.MatchString(code):
		return ": none (" + code + ")"
	}
	return ": failed, which the runbook handles: " + ssmtext.Reason(step.FailureMessage)
}

// what names the API call of a step, or its action.
func what(step automation.StepExecution) string {
	if api := apicall.Text(step.Inputs["Api"]); api != "" {
		return apicall.Text(step.Inputs["Service"]) + ":" + api
	}
	return step.Action
}

func (s *Automation) getAPI(q apicall.Request, in struct {
	AutomationExecutionID string `json:"AutomationExecutionId"`
}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.find(q, in.AutomationExecutionID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"AutomationExecution": e.describe(true)}, nil
}

// find gives an execution of the caller's account in the Region of the call.
func (s *Automation) find(q apicall.Request, id string) (*execution, error) {
	e := s.executions[id]
	if e == nil || e.at != q.Place() {
		return nil, apicall.Refuse("AutomationExecutionNotFoundException", "execution %s not found", id)
	}
	return e, nil
}

func (s *Automation) describeAPI(q apicall.Request, _ map[string]any) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []any{}
	for _, id := range slices.Backward(s.order) {
		if e := s.executions[id]; e.at == q.Place() {
			list = append(list, e.describe(false))
		}
	}
	return map[string]any{"AutomationExecutionMetadataList": list}, nil
}

// describe describes an execution as the API does.
func (e *execution) describe(withSteps bool) map[string]any {
	out := map[string]any{
		"AutomationExecutionId": e.id, "DocumentName": e.document, "DocumentVersion": strconv.Itoa(e.version),
		"ExecutedBy":                e.executedBy,
		"AutomationExecutionStatus": string(e.status()), "ExecutionStartTime": apicall.Epoch(e.start), "Mode": "Auto",
	}
	if e.ended {
		out["ExecutionEndTime"] = apicall.Epoch(e.result.End)
		out["Outputs"] = e.result.Outputs
		if e.result.FailureMessage != "" {
			out["FailureMessage"] = e.result.FailureMessage
		}
	}
	if i := len(e.result.Steps) - 1; i >= 0 && !e.ended {
		out["CurrentStepName"], out["CurrentAction"] = e.result.Steps[i].Name, e.result.Steps[i].Action
	}
	if !withSteps {
		return out
	}
	out["Parameters"] = e.parameters
	out["StepExecutions"], out["StepExecutionsTruncated"] = e.steps(), false
	return out
}

// status is the status of the execution. It is Pending until the first step starts.
func (e *execution) status() automation.Status {
	switch {
	case e.ended:
		return e.result.Status
	case len(e.result.Steps) == 0:
		return automation.Pending
	}
	return automation.InProgress
}

// stepAPI makes the calls of steps with botocore, under the runbook's role.
type stepAPI struct {
	lab         *world.World
	forced      *faults.Interventions
	account     string
	region      string
	credentials apicall.Credentials
}

func (a stepAPI) Call(ctx context.Context, service, api string, parameters map[string]any) (map[string]any, error) {
	if err := a.forced.At(ctx, faults.Moment{API: service + ":" + api}); err != nil {
		return nil, err
	}
	read := faults.ReadKey{API: service + ":" + api, Account: a.account, Region: a.region,
		Parameters: fmt.Sprint(parameters)}
	if answer, old := a.forced.StaleAnswer(read); old {
		a.lab.Story.Tell(story.KindFault, read.Account, read.Region, "%s shows an old state", read.API)
		return answer.Response, answer.Err
	}
	response, err := a.lab.Backend.Worker.Call(ctx, python.Call{
		Service: service, API: api, Region: a.region, Endpoint: a.lab.Endpoint, Parameters: parameters,
		Credentials: python.Credentials(a.credentials),
	})
	a.forced.Remember(read, faults.ReadAnswer{Response: response, Err: err})
	if lost := a.forced.At(ctx, faults.Moment{API: read.API, After: true}); lost != nil {
		return nil, lost
	}
	return response, err
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
