package lab

import (
	"context"
	"fmt"

	"hubmend/internal/aws/policy"
)

func createBus(_ context.Context, s *stack, p properties) (created, error) {
	id := busID{s.at, p.text("Name")}
	s.lab.events.mu.Lock()
	defer s.lab.events.mu.Unlock()
	if s.lab.events.bus(id) != nil {
		return created{}, refuse("ResourceAlreadyExistsException", "Event bus %s already exists.", id.name)
	}
	s.lab.events.buses[id] = newBus()
	return created{id.name, map[string]any{"Name": id.name, "Arn": s.arn("events", "event-bus/"+id.name)}}, nil
}

func deleteBus(_ context.Context, s *stack, was deployed) error {
	id := busID{s.at, was.ref}
	s.lab.events.mu.Lock()
	defer s.lab.events.mu.Unlock()
	if b := s.lab.events.buses[id]; b != nil && len(b.rules) > 0 {
		return fmt.Errorf("the bus %s cannot be deleted since it has rules", was.ref)
	}
	delete(s.lab.events.buses, id)
	return nil
}

func putBusPolicy(_ context.Context, s *stack, ref string, p properties) (created, error) {
	d, err := policy.Parse(map[string]any{"Statement": []any{p.all["Statement"]}})
	if err != nil {
		return created{}, err
	}
	s.lab.events.mu.Lock()
	defer s.lab.events.mu.Unlock()
	b := s.lab.events.bus(busID{s.at, p.textOr("EventBusName", defaultBus)})
	if b == nil {
		return created{}, fmt.Errorf("there is no bus %s", p.text("EventBusName"))
	}
	b.policy[ref] = d
	return created{ref: ref}, nil
}

func deleteBusPolicy(_ context.Context, s *stack, was deployed) error {
	s.lab.events.mu.Lock()
	defer s.lab.events.mu.Unlock()
	if b := s.lab.events.bus(busID{s.at, was.was().textOr("EventBusName", defaultBus)}); b != nil {
		delete(b.policy, was.ref)
	}
	return nil
}
