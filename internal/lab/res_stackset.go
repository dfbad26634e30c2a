package lab

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// createStackSet deploys the template of a StackSet to every account and Region that it
// is meant for, one after the other.
func createStackSet(ctx context.Context, s *stack, p properties) (created, error) {
	c := created{ref: p.text("StackSetName") + ":" + uuid.NewString()}
	c.attributes = map[string]any{"StackSetId": c.ref}
	return c, s.putInstances(ctx, p)
}

func updateStackSet(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	places, err := s.instances(p)
	if err != nil {
		return created{}, err
	}
	left, err := s.instances(was.was())
	if err != nil {
		return created{}, err
	}
	left = slices.DeleteFunc(left, func(at place) bool { return slices.Contains(places, at) })
	if err := s.putInstances(ctx, p); err != nil {
		return created{}, err
	}
	return was.created, s.deleteInstances(ctx, p, left)
}

func deleteStackSet(ctx context.Context, s *stack, was deployed) error {
	places, err := s.instances(was.was())
	if err != nil {
		return err
	}
	return s.deleteInstances(ctx, was.was(), places)
}

// instanceName is what a stack of a StackSet is called.
func instanceName(p properties) string { return "StackSet-" + p.text("StackSetName") }

// instances gives the places of a StackSet's stacks. All accounts of the organization are in
// whatever unit is named, but a service-managed StackSet never reaches the management account.
func (s *stack) instances(p properties) ([]place, error) {
	var places []place
	for _, item := range p.list("StackInstancesGroup") {
		group, _ := item.(map[string]any)
		g := properties{group, p.logicalID}
		targets := g.sub("DeploymentTargets")
		for _, account := range s.lab.accounts {
			listed := slices.Contains(targets.list("Accounts"), any(account))
			filter := targets.text("AccountFilterType")
			_, inside := s.lab.organizationOf(account)
			if !inside || account == s.lab.admin || filter == "INTERSECTION" && !listed || filter == "DIFFERENCE" &&
				listed {
				continue
			}
			for _, region := range g.list("Regions") {
				if !slices.Contains(s.lab.regions, text(region)) {
					return nil, fmt.Errorf("the lab has no Region %v", region)
				}
				places = append(places, place{account, text(region)})
			}
		}
	}
	return places, nil
}

// putInstances makes or updates the stacks.
func (s *stack) putInstances(ctx context.Context, p properties) error {
	places, err := s.instances(p)
	if err != nil {
		return err
	}
	t, err := s.stacks.templates.templateAt(ctx, s.at, p.text("TemplateURL"))
	if err != nil {
		return err
	}
	parameters := map[string]string{}
	for _, item := range p.list("Parameters") {
		one, _ := item.(map[string]any)
		parameters[text(one["ParameterKey"])] = text(one["ParameterValue"])
	}
	for _, at := range places {
		if instance := s.stacks.findStack(at, instanceName(p)); instance != nil {
			err = instance.update(ctx, t, parameters)
		} else {
			err = s.stacks.deployTemplate(ctx, at, instanceName(p), p.text("StackSetName"), t, parameters)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *stack) deleteInstances(ctx context.Context, p properties, places []place) error {
	var all []func() error
	for _, at := range places {
		if instance := s.stacks.findStack(at, instanceName(p)); instance != nil {
			all = append(all, func() error { return instance.delete(ctx) })
		}
	}
	return inTurn(all...)
}
