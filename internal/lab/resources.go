package lab

import (
	"context"
	"errors"
)

// created is what a resource's Ref and GetAtt give.
type created struct {
	ref        string
	attributes map[string]any
}

// resourceType makes, changes and deletes the resources of one type. A property that it
// does not list is an error: a template must not depend on what the lab would silently
// leave out.
type resourceType struct {
	// that it honours, or that have no meaning on a laptop (encryption at rest and the like); space-separated
	properties string
	name       string // the property that names the resource; a change of it makes a new one
	fixed      string // further properties of which that is so; space-separated
	// create makes a resource. When it fails half way, what it gives has the ref of what is
	// there by now, so that it is deleted.
	create func(context.Context, *stack, properties) (created, error)
	// update changes a resource in place. Without it a changed resource is replaced. A resource
	// that it gives another ref is a new one, and the old one is deleted.
	update func(context.Context, *stack, deployed, properties) (created, error)
	delete func(context.Context, *stack, deployed) error
	// find gives a resource that is there already by the name that the template gives it, for a
	// stack that adopts what exists. Without it the type cannot be adopted.
	find func(context.Context, *stack, properties) (created, error)
	// lacks says what the lab does not do with it, for people.
	lacks string
}

// put makes or changes a resource that is known by its ref.
type put func(ctx context.Context, s *stack, ref string, p properties) (created, error)

// fresh is a create that puts under a new ref, again an update that keeps it.
func fresh(f put) func(context.Context, *stack, properties) (created, error) {
	return func(ctx context.Context, s *stack, p properties) (created, error) {
		return f(ctx, s, s.physicalID(p.logicalID), p)
	}
}

func again(f put) func(context.Context, *stack, deployed, properties) (created, error) {
	return func(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
		return f(ctx, s, was.ref, p)
	}
}

// unchanged is for what the lab has by itself.
func unchanged(_ context.Context, _ *stack, was deployed, _ properties) (created, error) {
	return was.created, nil
}

// was gives the properties that a resource was made with.
func (d deployed) was() properties { return properties{d.properties, d.logicalID} }

// inTurn does all of them, also when one of them fails. What is gone already is no failure.
func inTurn(all ...func() error) error {
	var errs []error
	for _, f := range all {
		if err := f(); err != nil && !isGone(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
