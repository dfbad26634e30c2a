package lab

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
	"hubmend/internal/lab/automation"
	"hubmend/internal/lab/python"
	"hubmend/internal/lab/scripts"
)

// ssmAutomation is Systems Manager Automation in all accounts.
type ssmAutomation struct {
	lab       *world
	authority roleAssumer
	events    statusEvents
	forced    *interventions

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
	assume(role, session string, who policy.Request) (Credentials, Caller, error)
}

// statusEvents takes the events of executions.
type statusEvents interface {
	emit(at place, bus string, e event)
}

func newAutomation(w *world, authority roleAssumer, events statusEvents, forced *interventions) *ssmAutomation {
	return &ssmAutomation{lab: w, authority: authority, events: events, forced: forced,
		documents: map[documentID]*document{}, executions: map[string]*execution{}, tokens: map[string]string{},
		settings: serviceSettings{values: map[place]map[string]setting{}}}
}

type documentID struct {
	place
	name string
}

// execution is one run of a document.
type execution struct {
	at         place
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

var automationAPIs = map[string]func(*ssmAutomation, request) (any, error){
	"StartAutomationExecution": func(s *ssmAutomation, q request) (any, error) { return decodeAnd(q, s.startAPI) },
	"GetAutomationExecution":   func(s *ssmAutomation, q request) (any, error) { return decodeAnd(q, s.getAPI) },
	"DescribeAutomationExecutions": func(s *ssmAutomation, q request) (any, error) {
		return decodeAnd(q, s.describeAPI)
	},
	"DescribeAutomationStepExecutions": func(s *ssmAutomation, q request) (any, error) {
		return decodeAnd(q, s.describeStepsAPI)
	},
	"GetServiceSetting":    func(s *ssmAutomation, q request) (any, error) { return decodeAnd(q, s.getSetting) },
	"UpdateServiceSetting": func(s *ssmAutomation, q request) (any, error) { return decodeAnd(q, s.updateSetting) },
	"ResetServiceSetting":  func(s *ssmAutomation, q request) (any, error) { return decodeAnd(q, s.resetSetting) },
}

type startInput struct {
	DocumentName    string
	DocumentVersion string
	Parameters      map[string][]string
	ClientToken     string
}

func (s *ssmAutomation) startAPI(q request, in startInput) (any, error) {
	at := q.place()
	if n := s.lab.faults.StartsPerSecond; n > 0 && !s.pace.take(at, n, time.Now()) {
		s.lab.story.tell(KindFault, at.account, at.region, "the start of %s is throttled", in.DocumentName)
		return nil, refuse("ThrottlingException", "Rate exceeded")
	}
	name, version, err := s.started(at, in)
	if err != nil {
		return nil, err
	}
	if err := automation.Validate(version.content, in.Parameters); err != nil {
		return nil, refuse("InvalidAutomationExecutionParametersException", "%v", err)
	}
	e := &execution{
		at: at, document: name, version: version.number, content: version.content, id: uuid.NewString(),
		parameters: in.Parameters,
		executedBy: q.caller.ARN, start: time.Now(),
	}
	run := automation.Request{
		Document: version.content, Parameters: in.Parameters, ExecutionID: e.id,
		AccountID: at.account, Region: at.region, Partition: s.lab.partition,
	}
	if e.role, err = run.AssumeRole(); err != nil {
		return nil, refuse("InvalidAutomationExecutionParametersException", "%v", err)
	}
	credentials, err := s.become(e, q.caller)
	if err != nil {
		return nil, refuse("InvalidAutomationExecutionParametersException",
			"The defined assume role is unable to be assumed: %v", err)
	}
	known := s.add(e, in.ClientToken)
	if known != e && (known.document != e.document || known.version != e.version ||
		!maps.EqualFunc(known.parameters, e.parameters, slices.Equal)) {
		return nil, refuse("IdempotentParameterMismatch", "the client token %s was used with other parameters",
			in.ClientToken)
	}
	if known != e {
		return map[string]string{"AutomationExecutionId": known.id}, nil
	}
	s.lab.story.tell(KindExecution, at.account, at.region, "%s starts (%s)", name, e.id)
	s.lab.activity.do(func() { s.run(e, run, credentials) })
	return map[string]string{"AutomationExecutionId": e.id}, nil
}

// become opens the session that the steps run in: of the document's role, or of who starts a document
// that names none.
func (s *ssmAutomation) become(e *execution, starter Caller) (Credentials, error) {
	if e.role == "" {
		c, _ := s.lab.callers.session(starter)
		return c, nil
	}
	c, _, err := s.authority.assume(e.role, "Automation-"+e.id,
		policy.Request{Service: "ssm.amazonaws.com", Context: map[string]string{
			"aws:SourceAccount": e.at.account,
			"aws:SourceArn": "arn:" + s.lab.partition + ":ssm:" + e.at.region + ":" + e.at.account +
				":automation-execution/" + e.id,
		}})
	return c, err
}

// access is how the scripts of an execution reach AWS. Without a role they have no credentials.
func (s *ssmAutomation) access(e *execution, c Credentials) *python.Access {
	access := &python.Access{Region: e.at.region, Endpoint: s.lab.endpoint}
	if e.role != "" {
		access.Credentials = python.Credentials(s.lab.callers.scripted(c))
	}
	return access
}

// add registers an execution, or gives the one that the token started.
func (s *ssmAutomation) add(e *execution, token string) *execution {
	s.mu.Lock()
	defer s.mu.Unlock()
	tokenKey := e.at.account + e.at.region + token
	if token != "" && s.tokens[tokenKey] != "" {
		return s.executions[s.tokens[tokenKey]]
	}
	s.tokens[tokenKey] = e.id
	s.executions[e.id] = e
	s.order = append(s.order, e.id)
	return e
}

// run executes the document and sends the status event of its end.
func (s *ssmAutomation) run(e *execution, req automation.Request, c Credentials) {
	s.lab.sleep(time.Duration(s.lab.faults.PendingFor))
	api := stepAPI{lab: s.lab, forced: s.forced, account: e.at.account, region: e.at.region, credentials: c}
	executor := automation.Executor{
		API: api,
		Scripts: scripts.Scripts{
			Server:  s.lab.backend.scripts,
			Access:  s.access(e, c),
			Printed: scriptLog{s.lab, &s.settings, api, e.at, e.id}.write,
		},
		Observe: func(step automation.StepExecution) { s.observe(e, step) },
	}
	result := executor.Run(s.lab.ctx, req)
	s.mu.Lock()
	e.result, e.ended = result, true
	s.mu.Unlock()
	s.lab.story.tell(KindExecution, e.at.account, e.at.region, "%s ends: %s%s (%d billed steps, %d ms)", e.document,
		result.Status,
		prefixed(": ", result.Reason()), result.BilledSteps(), result.End.Sub(result.Start).Milliseconds())
	if s.lab.faults.DropStatusEvents {
		s.lab.story.tell(KindFault, e.at.account, e.at.region, "the status event of %s is lost", e.id)
		return
	}
	s.events.emit(e.at, defaultBus, event{
		Source: "aws.ssm", DetailType: "EC2 Automation Execution Status-change Notification",
		Resources: []string{
			fmt.Sprintf("arn:%s:ssm:%s:%s:automation-execution/%s", s.lab.partition, e.at.region, e.at.account, e.id),
			fmt.Sprintf("arn:%s:ssm:%s:%s:automation-definition/%s:%d", s.lab.partition, e.at.region, e.at.account,
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

// eventTime is how the service writes times in its events.
const eventTime = "Jan 2, 2006 3:04:05 PM"

func (s *ssmAutomation) observe(e *execution, step automation.StepExecution) {
	s.mu.Lock()
	e.note(step)
	s.mu.Unlock()
	if step.Status == automation.InProgress {
		return
	}
	s.lab.story.tell(KindStep, e.at.account, e.at.region, "%s: %s%s", step.Name, what(step),
		became(step, e.handles(step.Name)))
}

// handles says whether the document goes on when a step of it fails.
func (e *execution) handles(name string) bool {
	handled := false
	runbook.Walk(e.content.MainSteps, func(step runbook.Step) {
		handled = handled || step.Name == name && step.OnFailure != "" && step.OnFailure != "Abort"
	})
	return handled
}

// absent are the codes with which services answer that something is not there: NoSuchBucketPolicy,
// NotFoundException, InvalidGroup.NotFound.
var absent = regexp.MustCompile(`^NoSuch|NotFound`)

// became says how a step ended. Many runbooks read what need not be there, and that is no failure.
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

// what names the call of a step, or its action.
func what(step automation.StepExecution) string {
	if api := text(step.Inputs["Api"]); api != "" {
		return text(step.Inputs["Service"]) + ":" + api
	}
	return step.Action
}

func (s *ssmAutomation) getAPI(q request, in struct {
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
func (s *ssmAutomation) find(q request, id string) (*execution, error) {
	e := s.executions[id]
	if e == nil || e.at != q.place() {
		return nil, refuse("AutomationExecutionNotFoundException", "there is no execution %s", id)
	}
	return e, nil
}

func (s *ssmAutomation) describeAPI(q request, _ map[string]any) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []any{}
	for _, id := range slices.Backward(s.order) {
		if e := s.executions[id]; e.at == q.place() {
			list = append(list, e.describe(false))
		}
	}
	return map[string]any{"AutomationExecutionMetadataList": list}, nil
}

// describe writes an execution as the API does.
func (e *execution) describe(withSteps bool) map[string]any {
	out := map[string]any{
		"AutomationExecutionId": e.id, "DocumentName": e.document, "DocumentVersion": strconv.Itoa(e.version),
		"ExecutedBy":                e.executedBy,
		"AutomationExecutionStatus": string(e.status()), "ExecutionStartTime": epoch(e.start), "Mode": "Auto",
	}
	if e.ended {
		out["ExecutionEndTime"] = epoch(e.result.End)
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

// status is that of the execution. It is Pending until its first step starts.
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
	lab         *world
	forced      *interventions
	account     string
	region      string
	credentials Credentials
}

func (a stepAPI) Call(ctx context.Context, service, api string, parameters map[string]any) (map[string]any, error) {
	if err := a.forced.at(ctx, moment{api: service + ":" + api}); err != nil {
		return nil, err
	}
	read := readKey{service + ":" + api, a.account, a.region, fmt.Sprint(parameters)}
	if answer, old := a.forced.stale.answer(read); old {
		a.lab.story.tell(KindFault, read.account, read.region, "%s shows an old state", read.api)
		return answer.response, answer.err
	}
	response, err := a.lab.backend.worker.Call(ctx, python.Call{
		Service: service, API: api, Region: a.region, Endpoint: a.lab.endpoint, Parameters: parameters,
		Credentials: python.Credentials(a.credentials),
	})
	a.forced.stale.remember(read, readAnswer{response: response, err: err})
	if lost := a.forced.at(ctx, moment{api: read.api, after: true}); lost != nil {
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
