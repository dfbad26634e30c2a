package cloudformation

import (
	"context"
	"errors"
)

// Created is what Ref and GetAtt of a resource give.
type Created struct {
	Ref        string
	Attributes map[string]any
}

// ResourceType creates, updates and deletes the resources of one type. A property that it does not list is an error:
// the lab must not leave it out silently.
type ResourceType struct {
	// Properties that it honors, or that have no meaning on a laptop, such as encryption at rest; space-separated
	Properties string
	Name       string // the property that names the resource; changing it requires a replacement
	Fixed      string // other properties that require a replacement; space-separated
	// Create makes a resource. When it fails half way, it gives the ref of what exists by then, so that this is
	// deleted.
	Create func(context.Context, *Stack, Properties) (Created, error)
	// Update changes a resource in place. Without it, a changed resource is replaced. If Update gives another ref, the
	// resource with the previous ref is deleted.
	Update func(context.Context, *Stack, Deployed, Properties) (Created, error)
	Delete func(context.Context, *Stack, Deployed) error
	// Find gives a resource that exists under the name in the template, for stacks that import existing resources.
	// Without it, resources of the type cannot be imported.
	Find func(context.Context, *Stack, Properties) (Created, error)
	// Lacks tells users what the lab does not do with such a resource.
	Lacks string
}

// put creates or updates a resource by its ref.
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

// Unchanged is an update of properties that have no effect in the lab.
func Unchanged(_ context.Context, _ *Stack, was Deployed, _ Properties) (Created, error) {
	return was.Created, nil
}

// Was gives the properties that a resource was created with.
func (d Deployed) Was() Properties { return Properties{d.Properties, d.LogicalID} }

// InTurn calls all functions, even if one fails. It is no failure if something is gone already.
func InTurn(all ...func() error) error {
	var errs []error
	for _, f := range all {
		if err := f(); err != nil && !isGone(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
