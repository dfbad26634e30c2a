package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cfn"
)

// operation is a creation or an update of a stack under way.
type operation struct {
	s      *Stack
	k      kindOfOperation
	want   Deployment
	e      *cfn.Evaluation
	order  []string   // of the resources that there will be
	before []string   // order of the resources that were there
	done   []step     // rolled back when a later one fails
	old    []Deployed // replaced resources, which are deleted at the end
}

// step is what was done to one resource.
type step struct {
	was, is Deployed
	do      action
	found   bool // it was there before the stack
}

// operate creates or updates the stack, and rolls back a failure.
func (s *Stack) operate(ctx context.Context, k kindOfOperation, want Deployment) error {
	o, err := s.prepare(ctx, k, want)
	if err != nil {
		return err
	}
	return o.do(ctx)
}

// prepare begins an operation. Until it ends, the stack begins no other.
func (s *Stack) prepare(ctx context.Context, k kindOfOperation, want Deployment) (*operation, error) {
	e, order, err := s.resolve(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("deploy %s: %w", s.name, err)
	}
	if err := s.begin(k); err != nil {
		return nil, err
	}
	o := &operation{s: s, k: k, want: want, e: e, order: order, before: s.order}
	if k.begun == creation.begun {
		s.Accept(want, order) // also after a rollback
	}
	return o, nil
}

// do carries out the operation.
func (o *operation) do(ctx context.Context) error {
	s, k := o.s, o.k
	failed, err := o.run(ctx, o.order)
	if err == nil {
		s.Accept(o.want, o.order)
		o.finish(ctx, o.order)
		return nil
	}
	err = fmt.Errorf("deploy %s in %s/%s: %w", s.name, s.At.Account, s.At.Region, err)
	if o.want.keepFailed || ctx.Err() != nil {
		s.Accept(o.want, union(o.order, o.before))
		s.turn(k.failed, err.Error())
		return err
	}
	s.turn(k.rollingBack,
		fmt.Sprintf("The following resource(s) failed to %s: [%s].", strings.ToLower(k.verb()), failed))
	if undone := o.undo(ctx); undone != nil {
		s.turn(k.notRolledBack, undone.Error())
		return errors.Join(err, undone)
	}
	s.turn(k.rolledBack, "")
	return err
}

// resolve evaluates a template for the stack.
func (s *Stack) resolve(ctx context.Context, want Deployment) (*cfn.Evaluation, []string, error) {
	e, err := want.Template.Resolve(cfn.Environment{
		AccountID: s.At.Account, Region: s.At.Region, Partition: s.Lab.Partition, URLSuffix: s.Lab.URLSuffix,
		StackName: s.name, StackID: s.ID,
		SSMParameter: func(name string) (string, error) {
			out, err := s.Call(ctx, "ssm", "GetParameter", map[string]any{"Name": name})
			parameter, _ := out["Parameter"].(map[string]any)
			return apicall.Text(parameter["Value"]), err
		},
	}, want.Parameters)
	if err != nil {
		return nil, nil, err
	}
	order, err := e.Order()
	return e, order, err
}

// run applies the resources in their order, and names the one that fails.
func (o *operation) run(ctx context.Context, order []string) (failed string, err error) {
	for _, id := range order {
		if err := o.apply(ctx, id); err != nil {
			return id, fmt.Errorf("resource %s: %w", id, err)
		}
	}
	outputs, err := o.e.Outputs()
	if err != nil {
		return "", err
	}
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	o.s.outputs = outputs
	return "", nil
}

// apply creates or changes one resource.
func (o *operation) apply(ctx context.Context, id string) error {
	was, exists := o.s.resource(id)
	t := step{was: was, is: Deployed{LogicalID: id}, do: add}
	r, err := o.e.Resource(id)
	if err == nil {
		t.is = was.as(id, r)
		err = o.s.stacks.check(r)
	}
	if err == nil && exists {
		t.do, _, err = o.s.stacks.compare(was, t.is)
	}
	words := t.do.words()
	shown := t.is
	if exists {
		shown = was // until it has changed
	}
	if err == nil && t.do != keep {
		shown = o.s.note(shown, words.verb+"_IN_PROGRESS", words.why)
		t.is.Created, err = o.change(ctx, t)
	}
	if err != nil {
		o.s.note(shown, words.verb+"_FAILED", err.Error())
		return err
	}
	if t.do == keep {
		o.s.replace(t.is)
	} else {
		o.s.note(t.is, words.verb+"_COMPLETE", "")
	}
	o.e.Record(id, t.is.Ref, t.is.Attributes)
	return nil
}

// change carries out a step and remembers it, even if it failed half way.
func (o *operation) change(ctx context.Context, t step) (Created, error) {
	kind, p := o.s.stacks.types[t.is.kind], Properties{t.is.Properties, t.is.LogicalID}
	var err error
	switch {
	case t.do == modify:
		t.is.Created, err = kind.Update(ctx, o.s, t.was, p)
	case o.want.adopts && kind.Find != nil && strings.HasPrefix(t.is.deletePolicy, "Retain"):
		t.is.Created, t.found, err = o.adopt(ctx, kind, p)
	default:
		t.is.Created, err = kind.Create(ctx, o.s, p)
	}
	switch {
	case err != nil && t.do == modify:
		t.is.Created = t.was.Created // it may be half changed
		o.done = append(o.done, t)
	case err == nil || t.is.Ref != "":
		o.done = append(o.done, t)
	}
	if err == nil && t.do != add && t.is.Ref != t.was.Ref {
		o.old = append(o.old, t.was)
	}
	return t.is.Created, err
}

// adopt takes over a resource that exists, or creates it.
func (o *operation) adopt(ctx context.Context, kind ResourceType, p Properties) (got Created, found bool, err error) {
	got, err = kind.Find(ctx, o.s, p)
	if isGone(err) {
		got, err = kind.Create(ctx, o.s, p)
		return got, false, err
	}
	if err != nil {
		return Created{}, false, err
	}
	got, err = kind.Update(ctx, o.s, Deployed{Created: got, Properties: p.All}, p)
	return got, true, err
}

// finish ends an operation that succeeded. It deletes replaced resources and those that the template no longer has. As
// in AWS, a failure here does not fail the update; the story reports it as a problem.
func (o *operation) finish(ctx context.Context, after []string) {
	if o.k.begun == updating.begun {
		o.s.turn("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "")
	}
	for _, r := range slices.Backward(o.old) {
		o.discard(ctx, r, r.replacePolicy)
	}
	for _, id := range slices.Backward(o.before) {
		if r, ok := o.s.resource(id); ok && !slices.Contains(after, id) {
			o.discard(ctx, r, r.deletePolicy)
		}
	}
	o.s.turn(o.k.done, "")
}

func (o *operation) discard(ctx context.Context, r Deployed, policy string) {
	if err := o.s.remove(ctx, r, policy); err != nil {
		o.s.Lab.Problem(o.s.At, "stack %s cannot delete %s %s: %v", o.s.name, r.kind, r.Ref, err)
	}
}

// undo rolls the steps back, the last one first.
func (o *operation) undo(ctx context.Context) error {
	var errs []error
	for _, t := range slices.Backward(o.done) {
		undo := o.unmake
		if t.do == modify {
			undo = o.unmodify
		}
		if err := undo(ctx, t); err != nil {
			errs = append(errs, fmt.Errorf("roll back resource %s: %w", t.is.LogicalID, err))
		}
	}
	o.s.dropUnmade()
	return errors.Join(errs...)
}

// unmake deletes what a step created. A resource that it was to replace stays.
func (o *operation) unmake(ctx context.Context, t step) error {
	policy := t.is.deletePolicy
	if policy == "RetainExceptOnCreate" && !t.found || t.do == replace {
		policy = "Delete"
	}
	if err := o.s.remove(ctx, t.is, policy); err != nil {
		return err
	}
	if t.do == replace {
		o.s.replace(t.was)
	}
	return nil
}

// unmodify updates a resource to its previous properties. If the update gave it another physical id, the resource with
// that id is deleted.
func (o *operation) unmodify(ctx context.Context, t step) error {
	shown := o.s.note(t.is, "UPDATE_IN_PROGRESS", "")
	back, err := o.s.stacks.types[t.was.kind].Update(ctx, o.s, t.is, Properties{t.was.Properties, t.was.LogicalID})
	if err != nil {
		o.s.note(shown, "UPDATE_FAILED", err.Error())
		return err
	}
	was := t.was
	was.Created = back
	o.s.note(was, "UPDATE_COMPLETE", "")
	if t.is.Ref != back.Ref {
		return o.s.remove(ctx, t.is, "Delete")
	}
	return nil
}

// remove deletes a resource according to a policy of its template. It is no error if the resource is gone already.
func (s *Stack) remove(ctx context.Context, r Deployed, policy string) error {
	if strings.HasPrefix(policy, "Retain") {
		s.tell(r, deleteSkipped, "")
		s.forget(r)
		return nil
	}
	s.tell(r, "DELETE_IN_PROGRESS", "")
	if err := s.stacks.types[r.kind].Delete(ctx, s, r); err != nil && !isGone(err) {
		s.tell(r, "DELETE_FAILED", err.Error())
		return err
	}
	s.tell(r, deleteComplete, "")
	s.forget(r)
	return nil
}

// union gives the items of both lists without duplicates, those of the first list first.
func union(first, second []string) []string {
	all := slices.Clone(first)
	for _, item := range second {
		if !slices.Contains(all, item) {
			all = append(all, item)
		}
	}
	return all
}
