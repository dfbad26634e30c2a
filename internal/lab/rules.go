package lab

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
)

// rule is an AWS::Events::Rule: it has a pattern or a schedule.
type rule struct {
	name, arn string
	enabled   bool
	pattern   *eventpattern.Pattern // nil for a schedule
	every     time.Duration         // 0 for a pattern
	targets   []eventTarget
	stop      context.CancelFunc // of its schedule; nil without
}

// eventTarget is an entry of Targets. A failed delivery is a problem of the lab at once,
// so it has neither retries nor dead letters.
type eventTarget struct {
	ID               string `json:"Id"`
	ARN              string `json:"Arn"`
	RoleARN          string `json:"RoleArn"`
	RetryPolicy      any
	DeadLetterConfig any
	InputTransformer *inputTransformer
}

func (b *eventBridge) createRule(_ context.Context, s *stack, p properties) (created, error) {
	return b.putRule(s, p.textOr("Name", s.physicalID(p.logicalID)), p, false)
}

func (b *eventBridge) updateRule(_ context.Context, s *stack, was deployed, p properties) (created, error) {
	return b.putRule(s, was.ref, p, true)
}

func (b *eventBridge) deleteRule(_ context.Context, s *stack, was deployed) error {
	if err := s.permitted(s.arn("events", "rule/"+was.ref), "events:RemoveTargets", "events:DeleteRule"); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if on := b.bus(busID{s.at, was.was().textOr("EventBusName", defaultBus)}); on != nil {
		on.drop(was.ref)
	}
	return nil
}

// drop ends a rule and its schedule, if it is there.
func (b *bus) drop(name string) {
	if r := b.rules[name]; r != nil && r.stop != nil {
		r.stop()
	}
	delete(b.rules, name)
}

func (b *eventBridge) putRule(s *stack, name string, p properties, over bool) (created, error) {
	id := busID{s.at, p.textOr("EventBusName", defaultBus)}
	r := &rule{name: name, enabled: p.textOr("State", "ENABLED") == "ENABLED"}
	r.arn = s.arn("events", path.Join("rule", strings.TrimPrefix(id.name, defaultBus), r.name))
	if err := s.permitted(r.arn, "events:PutRule", "events:PutTargets", "events:DescribeRule"); err != nil {
		return created{}, err
	}
	if err := r.readTrigger(p); err != nil {
		return created{}, err
	}
	if err := r.readTargets(p); err != nil {
		return created{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	on := b.bus(id)
	if on == nil {
		return created{}, fmt.Errorf("there is no bus %s", id.name)
	}
	if r.every > 0 && id.name != defaultBus {
		return created{}, fmt.Errorf("a rule with a schedule must be on the bus %s", defaultBus)
	}
	if on.rules[r.name] != nil && !over {
		return created{}, refuse("ResourceAlreadyExistsException", "Rule %s already exists", r.name)
	}
	on.drop(r.name)
	on.rules[r.name] = r
	if r.every > 0 && r.enabled {
		b.startSchedule(id, r)
	}
	return created{r.name, map[string]any{"Arn": r.arn}}, nil
}

// readTrigger reads what makes the rule act.
func (r *rule) readTrigger(p properties) error {
	schedule := p.text("ScheduleExpression")
	if (schedule != "") == (p.all["EventPattern"] != nil) {
		return errors.New("the lab knows rules with either an EventPattern or a ScheduleExpression")
	}
	if schedule != "" {
		var err error
		r.every, err = parseRate(schedule)
		return err
	}
	pattern, err := json.Marshal(p.all["EventPattern"])
	if err != nil {
		return err
	}
	r.pattern, err = eventpattern.Compile(pattern)
	return err
}

func (r *rule) readTargets(p properties) error {
	targets, err := json.Marshal(p.list("Targets"))
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
