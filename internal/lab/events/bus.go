package events

import (
	"context"
	"fmt"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cloudformation"
)

func (b *Bridge) createBus(_ context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	id := busID{s.At, p.Text("Name")}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bus(id) != nil {
		return cloudformation.Created{}, apicall.Refuse("ResourceAlreadyExistsException",
			"Event bus %s already exists.", id.name)
	}
	b.buses[id] = newBus()
	return cloudformation.Created{Ref: id.name, Attributes: map[string]any{"Name": id.name, "Arn": s.ARN("events",
		"event-bus/"+id.name)}}, nil
}

func (b *Bridge) deleteBus(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	id := busID{s.At, was.Ref}
	b.mu.Lock()
	defer b.mu.Unlock()
	if on := b.buses[id]; on != nil && len(on.rules) > 0 {
		return fmt.Errorf("the bus %s cannot be deleted since it has rules", was.Ref)
	}
	delete(b.buses, id)
	return nil
}

func (b *Bridge) putBusPolicy(_ context.Context, s *cloudformation.Stack, ref string,
	p cloudformation.Properties) (cloudformation.Created, error) {
	d, err := policy.Parse(map[string]any{"Statement": []any{p.All["Statement"]}})
	if err != nil {
		return cloudformation.Created{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	on := b.bus(busID{s.At, p.TextOr("EventBusName", DefaultBus)})
	if on == nil {
		return cloudformation.Created{}, fmt.Errorf("bus %s not found", p.Text("EventBusName"))
	}
	on.policy[ref] = d
	return cloudformation.Created{Ref: ref}, nil
}

func (b *Bridge) deleteBusPolicy(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if on := b.bus(busID{s.At, was.Was().TextOr("EventBusName", DefaultBus)}); on != nil {
		delete(on.policy, was.Ref)
	}
	return nil
}
