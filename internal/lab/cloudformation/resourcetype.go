package cloudformation

import (
	"context"
	"errors"
)

// Created is what a resource's Ref and GetAtt give.
type Created struct {
	Ref        string
	Attributes map[string]any
}

// ResourceType makes, changes and deletes the resources of one type. A property that it
// does not list is an error: a template must not depend on what the lab would silently
// leave out.
type ResourceType struct {
	// that it honours, or that have no meaning on a laptop (encryption at rest and the like); space-separated
	Properties string
	Name       string // the property that names the resource; a change of it makes a new one
	Fixed      string // further properties of which that is so; space-separated
	// Create makes a resource. When it fails half way, what it gives has the ref of what is
	// there by now, so that it is deleted.
	Create func(context.Context, *Stack, Properties) (Created, error)
	// Update changes a resource in place. Without it a changed resource is replaced. A resource
	// that it gives another ref is a new one, and the old one is deleted.
	Update func(context.Context, *Stack, Deployed, Properties) (Created, error)
	Delete func(context.Context, *Stack, Deployed) error
	// Find gives a resource that is there already by the name that the template gives it, for a
	// stack that adopts what exists. Without it the type cannot be adopted.
	Find func(context.Context, *Stack, Properties) (Created, error)
	// Lacks says what the lab does not do with it, for people.
	Lacks string
}

// put makes or changes a resource that is known by its ref.
type put func(ctx context.Context, s *Stack, ref string, p Properties) (Created, error)

// Fresh is a create that makes a new ref.
func Fresh(f put) func(context.Context, *Stack, Properties) (Created, error) {
	return func(ctx context.Context, s *Stack, p Properties) (Created, error) {
		return f(ctx, s, s.PhysicalID(p.LogicalID), p)
	}
}

// Again is an update that keeps the ref.
func Again(f put) func(context.Context, *Stack, Deployed, Properties) (Created, error) {
	return func(ctx context.Context, s *Stack, was Deployed, p Properties) (Created, error) {
		return f(ctx, s, was.Ref, p)
	}
}

// Unchanged is for what the lab has by itself.
func Unchanged(_ context.Context, _ *Stack, was Deployed, _ Properties) (Created, error) {
	return was.Created, nil
}

// Was gives the properties that a resource was made with.
func (d Deployed) Was() Properties { return Properties{d.Properties, d.LogicalID} }

// InTurn does all of them, also when one of them fails. What is gone already is no failure.
func InTurn(all ...func() error) error {
	var errs []error
	for _, f := range all {
		if err := f(); err != nil && !isGone(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
