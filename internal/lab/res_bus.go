package lab

import (
	"context"
	"fmt"

	"hubmend/internal/aws/policy"
)

func (b *eventBridge) createBus(_ context.Context, s *stack, p properties) (created, error) {
	id := busID{s.at, p.text("Name")}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bus(id) != nil {
		return created{}, refuse("ResourceAlreadyExistsException", "Event bus %s already exists.", id.name)
	}
	b.buses[id] = newBus()
	return created{id.name, map[string]any{"Name": id.name, "Arn": s.arn("events", "event-bus/"+id.name)}}, nil
}

func (b *eventBridge) deleteBus(_ context.Context, s *stack, was deployed) error {
	id := busID{s.at, was.ref}
	b.mu.Lock()
	defer b.mu.Unlock()
	if on := b.buses[id]; on != nil && len(on.rules) > 0 {
		return fmt.Errorf("the bus %s cannot be deleted since it has rules", was.ref)
	}
	delete(b.buses, id)
	return nil
}

func (b *eventBridge) putBusPolicy(_ context.Context, s *stack, ref string, p properties) (created, error) {
	d, err := policy.Parse(map[string]any{"Statement": []any{p.all["Statement"]}})
	if err != nil {
		return created{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	on := b.bus(busID{s.at, p.textOr("EventBusName", defaultBus)})
	if on == nil {
		return created{}, fmt.Errorf("there is no bus %s", p.text("EventBusName"))
	}
	on.policy[ref] = d
	return created{ref: ref}, nil
}

func (b *eventBridge) deleteBusPolicy(_ context.Context, s *stack, was deployed) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if on := b.bus(busID{s.at, was.was().textOr("EventBusName", defaultBus)}); on != nil {
		delete(on.policy, was.ref)
	}
	return nil
}
