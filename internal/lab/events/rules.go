package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"hubmend/internal/aws/eventpattern"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cloudformation"
)

// rule is an AWS::Events::Rule: it has a pattern or a schedule.
type rule struct {
	name, arn string
	enabled   bool
	pattern   *eventpattern.Pattern // nil for a schedule
	text      string                // of the pattern
	every     time.Duration         // 0 for a pattern
	targets   []eventTarget
	stop      context.CancelFunc // of its schedule; nil without
}

// eventTarget is an entry of Targets. The story reports a failed delivery as a problem at once, without retries or
// dead-letter queues.
type eventTarget struct {
	ID               string `json:"Id"`
	ARN              string `json:"Arn"`
	RoleARN          string `json:"RoleArn"`
	RetryPolicy      any
	DeadLetterConfig any
	InputTransformer *inputTransformer
}

func (b *Bridge) createRule(_ context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	return b.putRule(s, p.TextOr("Name", s.PhysicalID(p.LogicalID)), p, false)
}

func (b *Bridge) updateRule(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	return b.putRule(s, was.Ref, p, true)
}

func (b *Bridge) deleteRule(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	if err := s.Permitted(s.ARN("events", "rule/"+was.Ref), "events:RemoveTargets", "events:DeleteRule"); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if on := b.bus(busID{s.At, was.Was().TextOr("EventBusName", DefaultBus)}); on != nil {
		on.drop(was.Ref)
	}
	return nil
}

// drop removes a rule and ends its schedule.
func (b *bus) drop(name string) {
	if r := b.rules[name]; r != nil && r.stop != nil {
		r.stop()
	}
	delete(b.rules, name)
}

func (b *Bridge) putRule(s *cloudformation.Stack, name string, p cloudformation.Properties,
	over bool) (cloudformation.Created, error) {
	id := busID{s.At, p.TextOr("EventBusName", DefaultBus)}
	r := &rule{name: name, enabled: p.TextOr("State", "ENABLED") == "ENABLED"}
	r.arn = s.ARN("events", path.Join("rule", strings.TrimPrefix(id.name, DefaultBus), r.name))
	if err := s.Permitted(r.arn, "events:PutRule", "events:PutTargets", "events:DescribeRule"); err != nil {
		return cloudformation.Created{}, err
	}
	if err := r.readTrigger(p); err != nil {
		return cloudformation.Created{}, err
	}
	if err := r.readTargets(p); err != nil {
		return cloudformation.Created{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	on := b.bus(id)
	if on == nil {
		return cloudformation.Created{}, fmt.Errorf("bus %s not found", id.name)
	}
	if r.every > 0 && id.name != DefaultBus {
		return cloudformation.Created{}, fmt.Errorf("a rule with a schedule must be on the bus %s", DefaultBus)
	}
	if on.rules[r.name] != nil && !over {
		return cloudformation.Created{}, apicall.Refuse("ResourceAlreadyExistsException", "Rule %s already exists",
			r.name)
	}
	on.drop(r.name)
	on.rules[r.name] = r
	if r.every > 0 && r.enabled {
		b.startSchedule(id, r)
	}
	return cloudformation.Created{Ref: r.name, Attributes: map[string]any{"Arn": r.arn}}, nil
}

// readTrigger reads the pattern or the schedule.
func (r *rule) readTrigger(p cloudformation.Properties) error {
	schedule := p.Text("ScheduleExpression")
	if (schedule != "") == (p.All["EventPattern"] != nil) {
		return errors.New("a rule must have either an EventPattern or a ScheduleExpression")
	}
	if schedule != "" {
		var err error
		r.every, err = parseRate(schedule)
		return err
	}
	pattern, err := json.Marshal(p.All["EventPattern"])
	if err != nil {
		return err
	}
	r.text = string(pattern)
	r.pattern, err = eventpattern.Compile(pattern)
	return err
}

func (r *rule) readTargets(p cloudformation.Properties) error {
	targets, err := json.Marshal(p.List("Targets"))
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(targets))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r.targets); err != nil {
		return fmt.Errorf("read Targets: %w", err)
	}
	for _, t := range r.targets {
		if t.InputTransformer == nil {
			continue
		}
		if err := t.InputTransformer.check(); err != nil {
			return fmt.Errorf("target %s: %w", t.ID, err)
		}
	}
	return nil
}
