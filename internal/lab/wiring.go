package lab

import (
	"maps"
	"slices"
)

// Environment gives the variables that the template gives a function of the administrator.
func (l *Lab) Environment(function string) (map[string]string, bool) {
	l.functions.mu.Lock()
	defer l.functions.mu.Unlock()
	env, ok := l.functions.env[functionID{place{l.admin, l.home}, function}]
	return maps.Clone(env), ok
}

// Wiring lists what templates made that the lab has itself and no API shows, as type and
// name: functions and what calls them, buses, rules, runbooks.
func (l *Lab) Wiring() []string {
	var all []string
	l.functions.mu.Lock()
	for id := range l.functions.byName {
		all = append(all, "AWS::Lambda::Function "+id.name)
	}
	for id, permissions := range l.functions.permissions {
		for range permissions {
			all = append(all, "AWS::Lambda::Permission of "+id.name)
		}
	}
	l.functions.mu.Unlock()
	l.queues.mu.Lock()
	for _, m := range l.queues.mapped {
		all = append(all, "AWS::Lambda::EventSourceMapping of "+m.queue)
	}
	for arn, policies := range l.queues.policies {
		for range policies {
			all = append(all, "AWS::SQS::QueuePolicy of "+arn)
		}
	}
	l.queues.mu.Unlock()
	l.automation.mu.Lock()
	for id := range l.automation.documents {
		all = append(all, "AWS::SSM::Document "+id.name)
	}
	l.automation.mu.Unlock()
	return slices.Sorted(slices.Values(append(all, l.events.wiring()...)))
}

func (b *eventBridge) wiring() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for id, bus := range b.buses {
		if id.name != defaultBus {
			all = append(all, "AWS::Events::EventBus "+id.name)
		}
		for name := range bus.rules {
			all = append(all, "AWS::Events::Rule "+name)
		}
		for range bus.policy {
			all = append(all, "AWS::Events::EventBusPolicy of "+id.name)
		}
	}
	return all
}
