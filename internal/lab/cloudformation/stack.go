// Package cloudformation deploys templates as stacks and serves the CloudFormation API, with change sets, rollback and
// StackSets. It knows no service: each service registers the resource types that it creates.
package cloudformation

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
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cfn"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// Stack is a template that is deployed or being deployed. One operation works on it at a time; mu guards what API calls
// read meanwhile.
type Stack struct {
	Lab    *world.World
	stacks *Stacks
	At     apicall.Place
	name   string
	ID     string // ARN

	mu                   sync.Mutex
	status, reason       string
	made, changed, ended time.Time
	now                  Deployment // the latest deployment
	outputs              map[string]cfn.Output
	resources            map[string]Deployed // by logical id
	order                []string            // of the resources, each after those it depends on
	events               []stackEvent
	changeSets           []*changeSet
}

// Deployment is what a stack is to become.
type Deployment struct {
	Template   *cfn.Template
	Parameters map[string]string
	Tags       map[string]string
	Role       string // ARN of the role that CloudFormation is given; empty for the caller's own rights
	// keepFailed keeps the resources after a failure.
	keepFailed bool
	// adopts imports an existing resource with the name of one that is to be retained, instead of creating it.
	adopts bool
}

// Deployed is a resource of a stack.
type Deployed struct {
	Created
	LogicalID, kind             string
	Properties                  map[string]any
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

// Stacks are all stacks of the lab, including deleted ones.
type Stacks struct {
	lab       *world.World
	types     map[string]ResourceType
	templates templateSource
	authority authorizer
	functions invoker
	Responses responses

	mu  sync.Mutex
	all []*Stack
}

// templateSource reads templates from S3.
type templateSource interface {
	Template(ctx context.Context, at apicall.Place, url string) (*cfn.Template, error)
}

// authorizer opens sessions of roles, and judges what CloudFormation does under a launch role.
type authorizer interface {
	Assume(role, session string, who policy.Request) (apicall.Credentials, apicall.Caller, error)
	Judge(who apicall.Caller, region, call, resource string, need authz.Need) error
}

// invoker invokes the functions of custom resources.
type invoker interface {
	Try(at apicall.Place, function string, payload []byte) error
}

// New gives the stacks of a lab that has none yet. Register adds what they can create.
func New(w *world.World, templates templateSource, authority authorizer, functions invoker) *Stacks {
	return &Stacks{lab: w, templates: templates, authority: authority, functions: functions,
		Responses: responses{waiting: map[string]chan []byte{}}}
}

// Register adds the resource types of a service.
func (l *Stacks) Register(types map[string]ResourceType) {
	if l.types == nil {
		l.types = map[string]ResourceType{}
	}
	maps.Copy(l.types, types)
}

// Find gives a stack by its name or ARN, or nil. Deleted stacks are found by ARN only.
func (l *Stacks) Find(at apicall.Place, nameOrID string) *Stack {
	for _, s := range l.stacksAt(at) {
		if s.ID == nameOrID || s.name == nameOrID && s.state() != deleteComplete {
			return s
		}
	}
	return nil
}

// stacksAt lists the stacks of a place, including deleted ones, in the order of their creation.
func (l *Stacks) stacksAt(at apicall.Place) []*Stack {
	l.mu.Lock()
	defer l.mu.Unlock()
	var here []*Stack
	for _, s := range l.all {
		if s.At == at {
			here = append(here, s)
		}
	}
	return here
}

// Add adds a stack without resources. It is an error if a stack of this name exists.
func (l *Stacks) Add(at apicall.Place, name string) (*Stack, error) {
	if l.Find(at, name) != nil {
		return nil, apicall.Refuse("AlreadyExistsException", "Stack [%s] already exists", name)
	}
	s := &Stack{Lab: l.lab, stacks: l, At: at, name: name, status: reviewInProgress, made: time.Now(),
		resources: map[string]Deployed{}}
	s.ID = "arn:" + l.lab.Partition + ":cloudformation:" + at.Region + ":" + at.Account + ":stack/" + name + "/" +
		uuid.NewString()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, s)
	return s, nil
}

// Deploy creates a stack and waits for it. A stack that fails is rolled back, and the error names the resource that
// failed.
func (l *Stacks) Deploy(ctx context.Context, at apicall.Place, name, title string, t *cfn.Template,
	parameters map[string]string) error {
	begin := time.Now()
	s, err := l.Add(at, name)
	if err != nil {
		return fmt.Errorf("deploy %s: %w", name, err)
	}
	if err := s.Create(ctx, Deployment{Template: t, Parameters: parameters}); err != nil {
		return err
	}
	l.lab.Story.Tell(story.KindDeploy, at.Account, at.Region, "%s: %d resources in %d ms", title, len(s.order),
		time.Since(begin).Milliseconds())
	return nil
}

// Create creates the resources of a new stack. When a resource fails, those before it are deleted again, and the stack
// remains without resources.
func (s *Stack) Create(ctx context.Context, want Deployment) error {
	return s.operate(ctx, creation, want)
}

// Update updates the stack to a template and parameters: it creates, updates, replaces and deletes only what differs.
// When a resource fails, all others are rolled back.
func (s *Stack) Update(ctx context.Context, t *cfn.Template, parameters map[string]string) error {
	return s.operate(ctx, updating, Deployment{Template: t, Parameters: parameters, Tags: s.Current().Tags})
}

// UpdateTo updates the stack to a deployment.
func (s *Stack) UpdateTo(ctx context.Context, want Deployment) error {
	return s.operate(ctx, updating, want)
}

// UpdateFailed reports whether the latest operation was an update that failed and was rolled back.
func (s *Stack) UpdateFailed() bool { return s.state() == updating.rolledBack }

// Delete deletes the resources of the stack, the last created first. Those that the template retains stay, and belong
// to no stack afterwards.
func (s *Stack) Delete(ctx context.Context) error {
	if err := s.begin(deletion); err != nil {
		return err
	}
	return s.deleteAll(ctx)
}

// deleteAll deletes the resources of a stack whose deletion has begun.
func (s *Stack) deleteAll(ctx context.Context) error {
	var errs []error
	for _, r := range slices.Backward(s.list()) {
		if err := s.remove(ctx, r, r.deletePolicy); err != nil {
			errs = append(errs, fmt.Errorf("delete %s in %s/%s: resource %s: %w", s.name, s.At.Account, s.At.Region,
				r.LogicalID, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		s.turn(deletion.failed, err.Error())
		return err
	}
	s.turn(deletion.done, "")
	s.Lab.Story.Tell(story.KindDeploy, s.At.Account, s.At.Region, "%s is deleted", s.name)
	return nil
}

// Call makes an AWS call for the stack's account and Region.
func (s *Stack) Call(ctx context.Context, service, api string, input map[string]any) (map[string]any, error) {
	return s.Lab.Call(ctx, apicall.Call{Account: s.At.Account, Region: s.At.Region, Service: service, API: api,
		Input: input})
}

// ARN gives the ARN of a resource in the account and Region of the stack.
func (s *Stack) ARN(service, resource string) string {
	return "arn:" + s.Lab.Partition + ":" + service + ":" + s.At.Region + ":" + s.At.Account + ":" + resource
}

// PhysicalID makes a name for a resource without a custom name, as CloudFormation does. Each call gives another name,
// because a replacement exists beside the resource that it replaces.
func (s *Stack) PhysicalID(logicalID string) string {
	const most = 24 // of each part, because a role's name has no more than 64 characters
	end := strings.ToUpper(strings.ReplaceAll(uuid.NewString(), "-", "")[:12])
	return s.name[:min(most, len(s.name))] + "-" + logicalID[:min(most, len(logicalID))] + "-" + end
}

// BucketName is PhysicalID in lower case.
func (s *Stack) BucketName(logicalID string) string { return strings.ToLower(s.PhysicalID(logicalID)) }

func (s *Stack) state() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Current gives what the stack was last deployed from.
func (s *Stack) Current() Deployment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *Stack) resource(logicalID string) (Deployed, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.resources[logicalID]
	return r, ok
}

// Accept keeps a deployment as the latest one of the stack.
func (s *Stack) Accept(d Deployment, order []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.order = d, order
}

// note stores a resource with a status, and writes an event about it.
func (s *Stack) note(r Deployed, status, reason string) Deployed {
	r.status, r.reason, r.at = status, reason, time.Now()
	s.replace(r)
	s.tell(r, status, reason)
	return r
}

// replace stores a resource.
func (s *Stack) replace(r Deployed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resources[r.LogicalID] = r
}

// forget removes a resource, unless its logical id belongs to another one by now.
func (s *Stack) forget(r Deployed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.resources[r.LogicalID].Ref == r.Ref {
		delete(s.resources, r.LogicalID)
	}
}

// dropUnmade removes the resources that were never created.
func (s *Stack) dropUnmade() {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.resources, func(_ string, r Deployed) bool { return r.Ref == "" })
}

// tell writes an event about a resource.
func (s *Stack) tell(r Deployed, status, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, stackEvent{uuid.NewString(), time.Now(), r.LogicalID, r.Ref, r.kind, status, reason})
}

// turn gives the stack a status, and writes an event about it.
func (s *Stack) turn(status, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.reason = status, reason
	s.events = append(s.events, stackEvent{uuid.NewString(), time.Now(), s.name, s.ID, stackKind, status, reason})
}

// list gives the resources in their order, then those that are no longer in the template.
func (s *Stack) list() []Deployed {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Deployed
	for _, id := range union(s.order, slices.Sorted(maps.Keys(s.resources))) {
		if r, ok := s.resources[id]; ok {
			all = append(all, r)
		}
	}
	return all
}

// Outputs gives the outputs of the stack.
func (s *Stack) Outputs() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]string{}
	for name, o := range s.outputs {
		all[name] = o.Value
	}
	return all
}
