package cloudformation

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"hubmend/internal/lab/apicall"
)

// changeSet describes what an update would do to a stack.
type changeSet struct {
	id, name, description string
	made                  time.Time
	status, reason        string
	execution             string // its ExecutionStatus
	creates               bool   // the stack
	want                  Deployment
	changes               plan
}

const noChanges = "The submitted information didn't contain changes. Submit different information to create a " +
	"change set."

// createChangeSet plans at once, so the change set is complete when the call is answered.
func (c apiCall) createChangeSet(ctx context.Context) (fields, error) {
	s, creates, err := c.reviewed()
	if err != nil {
		return nil, err
	}
	if err := c.addChangeSet(ctx, s, creates); err != nil {
		if creates && len(s.allChangeSets()) == 0 {
			s.turn(deleteComplete, err.Error()) // it was never created
		}
		return nil, err
	}
	return fields{"Id": s.allChangeSets()[len(s.allChangeSets())-1].id, "StackId": s.ID}, nil
}

// reviewed gives the stack of a new change set, which may be a new stack.
func (c apiCall) reviewed() (s *Stack, creates bool, err error) {
	name, kind := c.form.Get("StackName"), c.form.Get("ChangeSetType")
	s = c.stacks.Find(c.at, name)
	switch {
	case kind == "IMPORT":
		return nil, false, apicall.Refuse("ValidationError", "the lab does not import resources into stacks")
	case kind == "CREATE" && s != nil && s.state() != reviewInProgress:
		return nil, false, apicall.Refuse("ValidationError",
			"Stack [%s] already exists and cannot be created again with the changeSet [%s].", name,
			c.form.Get("ChangeSetName"))
	case kind == "CREATE" && s != nil:
		return s, true, nil
	case kind == "CREATE":
		s, err = c.stacks.Add(c.at, name)
		if err == nil {
			s.turn(reviewInProgress, "User Initiated")
		}
		return s, true, err
	case s == nil:
		return nil, false, apicall.Refuse("ValidationError", "Stack [%s] does not exist", name)
	}
	return s, false, s.may(updating)
}

func (c apiCall) addChangeSet(ctx context.Context, s *Stack, creates bool) error {
	name := c.form.Get("ChangeSetName")
	if _, err := s.changeSet(name); err == nil {
		return apicall.Refuse("AlreadyExistsException",
			"ChangeSet %s cannot be created due to a mismatch with existing attribute Template", name)
	}
	want, err := c.deployment(ctx, s.Current())
	if err != nil {
		return err
	}
	set := &changeSet{
		name: name, description: c.form.Get("Description"), made: time.Now(), creates: creates, want: want,
		id: "arn:" + c.lab.Partition + ":cloudformation:" + c.at.Region + ":" + c.at.Account + ":changeSet/" +
			name + "/" + uuid.NewString(),
		status: "CREATE_COMPLETE", execution: "AVAILABLE",
	}
	if set.changes, err = s.plan(ctx, want); err != nil {
		return err
	}
	if !creates && !set.changes.any() {
		set.status, set.reason, set.execution = "FAILED", noChanges, "UNAVAILABLE"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changeSets = append(s.changeSets, set)
	return nil
}

// changeSet gives a change set by its name or ARN.
func (s *Stack) changeSet(nameOrID string) (*changeSet, error) {
	for _, set := range s.allChangeSets() {
		if set.name == nameOrID || set.id == nameOrID {
			return set, nil
		}
	}
	return nil, &apicall.Error{Status: 404, Code: "ChangeSetNotFound",
		Message: "ChangeSet [" + nameOrID + "] does not exist"}
}

func (s *Stack) allChangeSets() []*changeSet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.changeSets)
}

// set gives the change set of a call, which needs no name of a stack when it has an ARN.
func (c apiCall) set() (*Stack, *changeSet, error) {
	name := c.form.Get("ChangeSetName")
	if !strings.HasPrefix(name, "arn:") || c.form.Get("StackName") != "" {
		s, err := c.stack()
		if err != nil {
			return nil, nil, err
		}
		set, err := s.changeSet(name)
		return s, set, err
	}
	for _, s := range c.stacks.stacksAt(c.at) {
		if set, err := s.changeSet(name); err == nil {
			return s, set, nil
		}
	}
	return nil, nil, &apicall.Error{Status: 404, Code: "ChangeSetNotFound",
		Message: "ChangeSet [" + name + "] does not exist"}
}

func (c apiCall) describeChangeSet(context.Context) (fields, error) {
	s, set, err := c.set()
	if err != nil {
		return nil, err
	}
	f := set.summary(s)
	f["Parameters"], f["Tags"] = set.want.shownParameters(), pairs(set.want.Tags, "Key", "Value")
	f["Capabilities"], f["Changes"] = c.texts("Capabilities"), set.changes.describe(s.stacks.types)
	return f, nil
}

func (c apiCall) listChangeSets(context.Context) (fields, error) {
	s, err := c.stack()
	if err != nil {
		return nil, err
	}
	list := []fields{}
	for _, set := range s.allChangeSets() {
		list = append(list, set.summary(s))
	}
	return fields{"Summaries": list}, nil
}

func (set *changeSet) summary(s *Stack) fields {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fields{
		"ChangeSetId": set.id, "ChangeSetName": set.name, "StackId": s.ID, "StackName": s.name,
		"Description":  set.description,
		"CreationTime": set.made, "Status": set.status, "StatusReason": set.reason, "ExecutionStatus": set.execution,
	}
}

func (c apiCall) executeChangeSet(ctx context.Context) (fields, error) {
	s, set, err := c.set()
	if err != nil {
		return nil, err
	}
	if set.execution != "AVAILABLE" {
		return nil, apicall.Refuse("InvalidChangeSetStatus",
			"ChangeSet [%s] cannot be executed in its current execution status of [%s]", set.id, set.execution)
	}
	kind, want := updating, set.want
	if set.creates {
		kind = creation
	}
	want.keepFailed = want.keepFailed || c.form.Get("DisableRollback") == "true"
	if err := c.start(ctx, s, kind, want); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	set.execution, s.changeSets = "EXECUTE_COMPLETE", []*changeSet{set} // the others are outdated
	return fields{}, nil
}

func (c apiCall) deleteChangeSet(context.Context) (fields, error) {
	s, set, err := c.set()
	if err != nil {
		//nolint:errorlint // made here, never wrapped
		if e, ok := err.(*apicall.Error); ok && e.Code == "ChangeSetNotFound" {
			return fields{}, nil // deleted already
		}
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changeSets = slices.DeleteFunc(s.changeSets, func(other *changeSet) bool { return other == set })
	return fields{}, nil
}

// plan is what a deployment would do to a stack.
type plan struct {
	changes []change
	beside  bool // outputs, tags or policies differ
}

// change is what would be done to one resource.
type change struct {
	was, is Deployed
	do      string // Add, Modify or Remove
	replace string // True, False or Conditional, of Modify
	differ  []string
}

func (p plan) any() bool { return len(p.changes) > 0 || p.beside }

// knownLater stands for the attributes of a resource that does not exist yet.
const knownLater = "{{changeSet:KNOWN_AFTER_APPLY}}"

// plan compares the stack with a deployment, and changes nothing.
func (s *Stack) plan(ctx context.Context, want Deployment) (plan, error) {
	e, order, err := s.resolve(ctx, want)
	if err != nil {
		return plan{}, err
	}
	var p plan
	for _, id := range order {
		was, exists := s.resource(id)
		r, err := e.Resource(id)
		c := change{was: was, is: was.as(id, r), do: "Modify", replace: "False"}
		do := add
		switch {
		case !exists:
			c.do = "Add"
			c.is.kind = want.Template.Written()[id].Type
		case err != nil: // it refers to a resource that does not exist yet
			do, c.replace, c.is.kind = modify, "Conditional", was.kind
		default:
			if do, c.differ, err = s.stacks.compare(was, c.is); err != nil {
				do = replace // which fails and reports why
			}
			p.beside = p.beside || was.deletePolicy != r.DeletionPolicy || was.replacePolicy != r.UpdateReplacePolicy
		}
		switch do {
		case keep, modify:
			e.Record(id, was.Ref, was.Attributes)
		case replace:
			c.replace = "True"
			e.Record(id, knownLater, nil)
		default:
			e.Record(id, knownLater, nil)
		}
		if do != keep {
			p.changes = append(p.changes, c)
		}
	}
	for _, r := range s.list() {
		if !slices.Contains(order, r.LogicalID) {
			p.changes = append(p.changes, change{was: r, is: r, do: "Remove"})
		}
	}
	outputs, err := e.Outputs()
	s.mu.Lock()
	defer s.mu.Unlock()
	p.beside = p.beside || err != nil || len(outputs)+len(s.outputs) > 0 && !reflect.DeepEqual(outputs, s.outputs) ||
		len(want.Tags)+len(s.now.Tags) > 0 && !reflect.DeepEqual(want.Tags, s.now.Tags)
	return p, nil
}

func (p plan) describe(types map[string]ResourceType) []fields {
	list := []fields{}
	for _, c := range p.changes {
		r := fields{"Action": c.do, "LogicalResourceId": c.is.LogicalID, "PhysicalResourceId": c.was.Ref,
			"ResourceType": c.is.kind}
		if c.do == "Modify" {
			r["Replacement"], r["Scope"] = c.replace, []string{"Properties"}
			r["Details"] = c.details(types)
		}
		list = append(list, fields{"Type": "Resource", "ResourceChange": r})
	}
	return list
}

func (c change) details(types map[string]ResourceType) []fields {
	list := []fields{}
	for _, name := range c.differ {
		recreate := "Never"
		if types[c.is.kind].isFixed(name) {
			recreate = "Always"
		}
		list = append(list, fields{"Evaluation": "Static", "ChangeSource": "DirectModification",
			"Target": fields{"Attribute": "Properties", "Name": name, "RequiresRecreation": recreate}})
	}
	return list
}
