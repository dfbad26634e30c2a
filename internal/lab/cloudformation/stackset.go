package cloudformation

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"hubmend/internal/lab/apicall"
)

// createStackSet deploys the template of a StackSet to its accounts and Regions, one after the other.
func createStackSet(ctx context.Context, s *Stack, p Properties) (Created, error) {
	c := Created{Ref: p.Text("StackSetName") + ":" + uuid.NewString()}
	c.Attributes = map[string]any{"StackSetId": c.Ref}
	return c, s.putInstances(ctx, p)
}

func updateStackSet(ctx context.Context, s *Stack, was Deployed, p Properties) (Created, error) {
	places, err := s.instances(p)
	if err != nil {
		return Created{}, err
	}
	left, err := s.instances(was.Was())
	if err != nil {
		return Created{}, err
	}
	left = slices.DeleteFunc(left, func(at apicall.Place) bool { return slices.Contains(places, at) })
	if err := s.putInstances(ctx, p); err != nil {
		return Created{}, err
	}
	return was.Created, s.deleteInstances(ctx, p, left)
}

func deleteStackSet(ctx context.Context, s *Stack, was Deployed) error {
	places, err := s.instances(was.Was())
	if err != nil {
		return err
	}
	return s.deleteInstances(ctx, was.Was(), places)
}

// instanceName is the name of the stacks of a StackSet.
func instanceName(p Properties) string { return "StackSet-" + p.Text("StackSetName") }

// instances gives the places of the stacks of a StackSet. Every OU contains all accounts of the organization, but a
// service-managed StackSet never reaches the management account.
func (s *Stack) instances(p Properties) ([]apicall.Place, error) {
	var places []apicall.Place
	for _, item := range p.List("StackInstancesGroup") {
		group, _ := item.(map[string]any)
		g := Properties{group, p.LogicalID}
		targets := g.Sub("DeploymentTargets")
		for _, account := range s.Lab.Accounts {
			listed := slices.Contains(targets.List("Accounts"), any(account))
			filter := targets.Text("AccountFilterType")
			_, inside := s.Lab.OrganizationOf(account)
			if !inside || account == s.Lab.Admin || filter == "INTERSECTION" && !listed || filter == "DIFFERENCE" &&
				listed {
				continue
			}
			for _, region := range g.List("Regions") {
				if !slices.Contains(s.Lab.Regions, apicall.Text(region)) {
					return nil, fmt.Errorf("the lab has no Region %v", region)
				}
				places = append(places, apicall.Place{Account: account, Region: apicall.Text(region)})
			}
		}
	}
	return places, nil
}

// putInstances creates or updates the stacks.
func (s *Stack) putInstances(ctx context.Context, p Properties) error {
	places, err := s.instances(p)
	if err != nil {
		return err
	}
	t, err := s.stacks.templates.Template(ctx, s.At, p.Text("TemplateURL"))
	if err != nil {
		return err
	}
	parameters := map[string]string{}
	for _, item := range p.List("Parameters") {
		one, _ := item.(map[string]any)
		parameters[apicall.Text(one["ParameterKey"])] = apicall.Text(one["ParameterValue"])
	}
	for _, at := range places {
		if instance := s.stacks.Find(at, instanceName(p)); instance != nil {
			err = instance.Update(ctx, t, parameters)
		} else {
			err = s.stacks.Deploy(ctx, at, instanceName(p), p.Text("StackSetName"), t, parameters)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Stack) deleteInstances(ctx context.Context, p Properties, places []apicall.Place) error {
	var all []func() error
	for _, at := range places {
		if instance := s.stacks.Find(at, instanceName(p)); instance != nil {
			all = append(all, func() error { return instance.Delete(ctx) })
		}
	}
	return InTurn(all...)
}
