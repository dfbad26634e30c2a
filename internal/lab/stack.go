package lab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"hubmend/internal/aws/authz"
	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/cfn"
)

// stack is a template that was deployed, or that is being. One operation works on it at a
// time; who looks on sees its state under mu.
type stack struct {
	lab    *world
	stacks *stacks
	at     place
	name   string
	id     string // ARN

	mu                   sync.Mutex
	status, reason       string
	made, changed, ended time.Time
	now                  deployment // what it was deployed from last
	outputs              map[string]cfn.Output
	resources            map[string]deployed // by logical id
	order                []string            // of the resources, each after those that it needs
	events               []stackEvent
	changeSets           []*changeSet
}

// deployment is what a stack is to become.
type deployment struct {
	template   *cfn.Template
	parameters map[string]string
	tags       map[string]string
	role       string // ARN of the role that CloudFormation is given; empty for the caller's own rights
	// keepFailed leaves what was made before a failure, for looking at.
	keepFailed bool
	// adopts takes what exists by the name of a resource that is to be retained, instead of making it.
	adopts bool
}

// deployed is a resource of a stack.
type deployed struct {
	created
	logicalID, kind             string
	properties                  map[string]any
	deletePolicy, replacePolicy string
	status, reason              string
	at                          time.Time
}

// stackEvent is a line of a stack's history.
type stackEvent struct {
	id                                          string
	at                                          time.Time
	logicalID, physicalID, kind, status, reason string
}

// stackKind is the type of a stack in its own events.
const stackKind = "AWS::CloudFormation::Stack"

// stacks are all stacks of the lab, the deleted ones included.
type stacks struct {
	lab       *world
	types     map[string]resourceType
	templates templateSource
	authority authorizer
	functions invoker
	responses responses

	mu  sync.Mutex
	all []*stack
}

// templateSource reads templates from S3.
type templateSource interface {
	templateAt(ctx context.Context, at place, url string) (*cfn.Template, error)
}

// authorizer opens sessions of roles, and judges what CloudFormation does under a launch role.
type authorizer interface {
	assume(role, session string, who policy.Request) (Credentials, Caller, error)
	judge(who Caller, region, call, resource string, need authz.Need) error
}

// invoker invokes the functions of custom resources.
type invoker interface {
	try(at place, function string, payload []byte) error
}

func newStacks(w *world, templates templateSource, authority authorizer, functions invoker) *stacks {
	return &stacks{lab: w, templates: templates, authority: authority, functions: functions,
		responses: responses{waiting: map[string]chan []byte{}}}
}

// knows adds the resource types of a service.
func (l *stacks) knows(types map[string]resourceType) {
	if l.types == nil {
		l.types = map[string]resourceType{}
	}
	maps.Copy(l.types, types)
}

// findStack gives a stack by its name, or by its ARN, by which deleted ones are found too. It
// gives nil when there is none.
func (l *stacks) findStack(at place, nameOrID string) *stack {
	for _, s := range l.stacksAt(at) {
		if s.id == nameOrID || s.name == nameOrID && s.state() != deleteComplete {
			return s
		}
	}
	return nil
}

// stacksAt lists the stacks of a place, the deleted ones included, in the order of their making.
func (l *stacks) stacksAt(at place) []*stack {
	l.mu.Lock()
	defer l.mu.Unlock()
	var here []*stack
	for _, s := range l.all {
		if s.at == at {
			here = append(here, s)
		}
	}
	return here
}

// newStack registers a stack that has nothing yet. A stack of the same name that is not
// deleted is an error.
func (l *stacks) newStack(at place, name string) (*stack, error) {
	if l.findStack(at, name) != nil {
		return nil, refuse("AlreadyExistsException", "Stack [%s] already exists", name)
	}
	s := &stack{lab: l.lab, stacks: l, at: at, name: name, status: reviewInProgress, made: time.Now(),
		resources: map[string]deployed{}}
	s.id = "arn:" + l.lab.partition + ":cloudformation:" + at.region + ":" + at.account + ":stack/" + name + "/" +
		uuid.NewString()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, s)
	return s, nil
}

// deployTemplate makes a new stack and waits for it. A stack that fails is rolled back, and
// the error says which resource failed.
func (l *stacks) deployTemplate(ctx context.Context, at place, name, title string, t *cfn.Template,
	parameters map[string]string) error {
	begin := time.Now()
	s, err := l.newStack(at, name)
	if err != nil {
		return fmt.Errorf("deploy %s: %w", name, err)
	}
	if err := s.create(ctx, deployment{template: t, parameters: parameters}); err != nil {
		return err
	}
	l.lab.story.tell(KindDeploy, at.account, at.region, "%s: %d resources in %d ms", title, len(s.order),
		time.Since(begin).Milliseconds())
	return nil
}

// create makes everything of a new stack. When a resource fails, those before it are
// deleted again and the stack remains without any.
func (s *stack) create(ctx context.Context, want deployment) error {
	return s.operate(ctx, creation, want)
}

// update makes the stack what a template and parameters say: it creates, updates or
// replaces, and deletes only what differs. When a resource fails, all others become again
// what they were.
func (s *stack) update(ctx context.Context, t *cfn.Template, parameters map[string]string) error {
	return s.operate(ctx, updating, deployment{template: t, parameters: parameters, tags: s.current().tags})
}

// become makes the stack what a deployment says.
func (s *stack) become(ctx context.Context, want deployment) error {
	return s.operate(ctx, updating, want)
}

// updateFailed says whether the last operation was an update that failed and was rolled back.
func (s *stack) updateFailed() bool { return s.state() == updating.rolledBack }

// delete deletes what the stack has, the last made first. What its template says to retain
// stays, and is no stack's any more.
func (s *stack) delete(ctx context.Context) error {
	if err := s.begin(deletion); err != nil {
		return err
	}
	return s.deleteAll(ctx)
}

// deleteAll is what delete does after its beginning.
func (s *stack) deleteAll(ctx context.Context) error {
	var errs []error
	for _, r := range slices.Backward(s.list()) {
		if err := s.remove(ctx, r, r.deletePolicy); err != nil {
			errs = append(errs, fmt.Errorf("delete %s in %s/%s: resource %s: %w", s.name, s.at.account, s.at.region,
				r.logicalID, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		s.turn(deletion.failed, err.Error())
		return err
	}
	s.turn(deletion.done, "")
	s.lab.story.tell(KindDeploy, s.at.account, s.at.region, "%s is deleted", s.name)
	return nil
}

// call makes an AWS call for the stack's account and Region.
func (s *stack) call(ctx context.Context, service, api string, input map[string]any) (map[string]any, error) {
	return s.lab.call(ctx, Call{Account: s.at.account, Region: s.at.region, Service: service, API: api, Input: input})
}

func (s *stack) arn(service, resource string) string {
	return "arn:" + s.lab.partition + ":" + service + ":" + s.at.region + ":" + s.at.account + ":" + resource
}

// physicalID makes a name as CloudFormation does for a resource that the template does not
// name. It is a new one each time, because a replacement exists beside what it replaces.
func (s *stack) physicalID(logicalID string) string {
	const most = 24 // of each part, because a role's name has no more than 64 characters
	end := strings.ToUpper(strings.ReplaceAll(uuid.NewString(), "-", "")[:12])
	return s.name[:min(most, len(s.name))] + "-" + logicalID[:min(most, len(logicalID))] + "-" + end
}

// bucketName is physicalID for what has a name of lower case letters.
func (s *stack) bucketName(logicalID string) string { return strings.ToLower(s.physicalID(logicalID)) }

func (s *stack) state() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

func (s *stack) current() deployment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stack) resource(logicalID string) (deployed, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.resources[logicalID]
	return r, ok
}

// accept makes a deployment the stack's own.
func (s *stack) accept(d deployment, order []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.order = d, order
}

// note keeps what a resource is now, and tells of it.
func (s *stack) note(r deployed, status, reason string) deployed {
	r.status, r.reason, r.at = status, reason, time.Now()
	s.replace(r)
	s.tell(r, status, reason)
	return r
}

// replace keeps what a resource is now.
func (s *stack) replace(r deployed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resources[r.logicalID] = r
}

// forget drops a resource, unless its logical id is another one's by now.
func (s *stack) forget(r deployed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.resources[r.logicalID].ref == r.ref {
		delete(s.resources, r.logicalID)
	}
}

// dropUnmade drops the resources of which nothing was made.
func (s *stack) dropUnmade() {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.resources, func(_ string, r deployed) bool { return r.ref == "" })
}

// tell writes an event about a resource.
func (s *stack) tell(r deployed, status, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, stackEvent{uuid.NewString(), time.Now(), r.logicalID, r.ref, r.kind, status, reason})
}

// turn gives the stack a status, and tells of it.
func (s *stack) turn(status, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.reason = status, reason
	s.events = append(s.events, stackEvent{uuid.NewString(), time.Now(), s.name, s.id, stackKind, status, reason})
}

// list gives the resources in their order, then those that no template has any more.
func (s *stack) list() []deployed {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []deployed
	for _, id := range union(s.order, slices.Sorted(maps.Keys(s.resources))) {
		if r, ok := s.resources[id]; ok {
			all = append(all, r)
		}
	}
	return all
}

// said gives the outputs of the stack.
func (s *stack) said() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]string{}
	for name, o := range s.outputs {
		all[name] = o.Value
	}
	return all
}
