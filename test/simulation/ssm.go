package simulation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
)

// newResource is a security group, number n of its place, that is open to the world.
func newResource(at place, n int) *resource {
	return &resource{
		place: at, arn: fmt.Sprintf("arn:aws:ec2:%s:%s:security-group/sg-%08d", at.region, at.account, n),
		open: map[string]bool{"22": true}, verified: map[string]time.Time{},
	}
}

// behaviour is how a runbook does with a resource.
type behaviour int

const (
	repairs   behaviour = iota
	fails               // the verification fails, each time
	lies                // it says Success, and nothing is repaired
	stumbles            // it is throttled twice, then repairs
	refuses             // Systems Manager takes no start of it
	behaviors           // how many there are
)

// resource is a security group with ports that are open to the world.
type resource struct {
	place
	arn       string
	open      map[string]bool
	behaviour behaviour
	fights    bool // somebody opens it again after each repair
	stumbled  int
	gone      bool // somebody has deleted it

	running   int                  // executions
	automatic []time.Time          // starts
	verified  map[string]time.Time // by port: the last execution that said so
	repaired  *execution           // the last that changed something
	undoneAt  time.Time            // when a repair was last undone
	askedAt   time.Time            // when a person last used the custom action
	clicks    int                  // how often others set a finding to In Progress
	clicked   []int                // the attempts that began so
}

// port of each control.
var portOf = map[string]string{"EC2.13": "22", "EC2.14": "3389"}

func (r *resource) fails(control string) bool { return r.open[portOf[control]] }

// ssm is Systems Manager in the member account.
type ssm struct {
	world     *world
	resources map[string]*resource
	byToken   map[string]*execution
	byID      map[string]*execution
	starts    int
}

type execution struct {
	id, key    string
	control    string
	target     target.Target
	resource   *resource
	ports      []string
	trigger    finding.Trigger
	undo       *execution // the repair that it undoes
	undone     bool
	planning   bool   // it changes nothing
	proposal   int    // the round of the proposal that a person approved
	expected   string // the digest of that
	document   string
	began      time.Time
	ended      bool
	parameters map[string][]string
	outcome    decide.Outcome
}

var errThrottled = &types.AutomationExecutionLimitExceededException{}

// errMismatch is how a token is refused that other parameters were sent with.
var errMismatch = &types.IdempotentParameterMismatch{}

// start is StartAutomationExecution: the same token gives the same execution, however long ago it
// was, and only with the same parameters.
func (s *ssm) start(t target.Target, a decide.Attempt) (string, error) {
	token := a.ClientToken(t)
	if e := s.byToken[token]; e != nil {
		if e.planning || e.expected != a.Expected || e.document != naming.Document(a.Runbook(t)) ||
			!maps.EqualFunc(e.parameters, a.Parameters.Input(), slices.Equal) {
			return "", fmt.Errorf("start: %w", errMismatch)
		}
		return e.id, nil
	}
	r := s.resources[t.Resource]
	if err := s.world.checkReady(r); err != nil {
		return "", err
	}
	if r.behaviour == refuses {
		return "", &executions.Refused{Reason: "It is not valid.", Class: failure.Permission}
	}
	if s.world.now.Before(s.world.busyUntil) || s.world.chance(s.world.faults.Throttle) {
		return "", fmt.Errorf("start: %w", errThrottled)
	}
	s.starts++
	e := &execution{
		id: fmt.Sprintf("e0000000-0000-4000-8000-%012d", s.starts), key: t.Key(), control: a.Control, target: t,
		resource: r,
		ports:    slices.Clone(a.Parameters["Ports"].Values), trigger: a.Trigger,
		document: naming.Document(a.Runbook(t)),
		began:    s.world.now, parameters: a.Parameters.Input(), proposal: a.Proposal, expected: a.Expected,
	}
	if a.Undo != "" {
		e.undo = s.byID[a.Parameters[decide.UndoParameter].Values[0]]
		e.ports = e.undo.ports
	}
	s.byToken[token], s.byID[e.id] = e, e
	s.world.checkStart(e)
	s.world.checkPolicy(e, a)
	if s.world.limits != nil {
		s.world.limits.started = append(s.world.limits.started, s.world.now)
	}
	r.running++
	longest := 3 * time.Minute
	switch {
	case s.world.limits != nil:
		longest = 20 * time.Second
	case s.world.rng.IntN(10) == 0:
		longest = time.Hour
	}
	s.world.after(s.world.between(time.Second, longest), func() { s.end(e) })
	return e.id, nil
}

func (s *ssm) end(e *execution) {
	r := e.resource
	r.running--
	e.ended = true
	e.outcome = decide.Outcome{ExecutionID: e.id, Class: decide.Verification, Reason: "It is still open."}
	switch {
	case r.behaviour == stumbles && r.stumbled < 2:
		r.stumbled++
		e.outcome.Class, e.outcome.Reason = decide.Throttling, "Rate exceeded."
	case r.gone && e.undo == nil:
		e.outcome.Class, e.outcome.Reason = failure.Gone, "It was not found."
		r.automatic = slices.DeleteFunc(r.automatic, func(at time.Time) bool { return at.Equal(e.began) })
	case e.undo != nil:
		s.takeBack(e)
	case e.expected != "" && e.expected != e.digest():
		e.outcome.Class, e.outcome.Reason = failure.Changed, "It has changed."
	case r.behaviour == fails:
	default:
		s.repair(e)
	}
	e.outcome.StartedAt = e.began
	s.world.noteApproved(e)
	s.report(e)
	if r.fights && e.undo == nil && !s.world.calm() {
		s.world.after(s.world.between(time.Minute, 2*time.Hour), func() {
			for _, p := range e.ports {
				r.open[p] = true
			}
			s.world.changed(r)
		})
	}
}

func (s *ssm) repair(e *execution) {
	r := e.resource
	e.outcome = decide.Outcome{ExecutionID: e.id, Succeeded: true, Change: "Nothing to change: it is closed."}
	for _, p := range e.ports {
		r.verified[p] = s.world.now
		if r.open[p] {
			e.outcome.Change, r.repaired = "Closed.", e
		}
		if r.behaviour != lies {
			delete(r.open, p)
		}
	}
	s.world.changed(r)
}

// takeBack opens again what a repair has closed, unless somebody else has been there since.
func (s *ssm) takeBack(e *execution) {
	r := e.resource
	for _, p := range e.ports {
		if r.open[p] {
			e.outcome.Class, e.outcome.Reason = decide.Refused, "It was changed since."
			return
		}
	}
	e.outcome = decide.Outcome{ExecutionID: e.id, Succeeded: true, Change: "Restored."}
	e.undo.undone, r.undoneAt = true, s.world.now
	for _, p := range e.ports {
		r.open[p] = true
		delete(r.verified, p)
	}
	s.world.changed(r)
}

// report sends the status event, which is best effort.
func (s *ssm) report(e *execution) {
	w := s.world
	if w.chance(w.faults.LoseEvent) {
		return
	}
	late := w.between(0, 2*time.Second)
	if w.chance(w.faults.LateEvent) {
		late = w.between(0, 2*time.Hour)
	}
	status := map[bool]string{true: "Success", false: "Failed"}[e.outcome.Succeeded]
	w.after(late, func() {
		w.outcomes.send(fmt.Sprintf(
			`{"source":"aws.ssm","account":%q,"region":%q,"detail":{"ExecutionId":%q,"Status":%q,"Definition":%q,`+
				`"ExecutedBy":"arn:aws:sts::%s:assumed-role/hubmend-dispatch/%s"}}`, e.resource.account,
			e.resource.region,
			e.id, status, e.document, e.resource.account, e.key))
	})
}

// executions are all there ever were, oldest first.
func (s *ssm) executions() []*execution {
	return slices.SortedFunc(maps.Values(s.byID), func(a, b *execution) int { return strings.Compare(a.id, b.id) })
}

// outcome is GetAutomationExecution.
func (s *ssm) outcome(id string) (decide.Outcome, error) {
	e := s.byID[id]
	if e == nil {
		return decide.Outcome{}, errors.New("the execution was not found")
	}
	if !e.ended {
		return decide.Outcome{}, fmt.Errorf("execution %s: %w", id, executions.ErrNotEnded)
	}
	return e.outcome, nil
}

// changed has Security Hub look at a resource, soon or at its next round.
func (w *world) changed(r *resource) {
	for _, id := range w.hub.ids {
		if f := w.hub.findings[id]; f.resource == r && w.rng.IntN(2) == 0 {
			w.after(w.between(time.Minute, 30*time.Minute), func() { w.hub.check(f) })
		}
	}
}
