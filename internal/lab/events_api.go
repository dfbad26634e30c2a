package lab

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// eventsAPIs are the calls of EventBridge that the lab answers.
var eventsAPIs = map[string]func(*eventBridge, request) (any, error){
	"PutEvents": func(b *eventBridge, q request) (any, error) { return decodeAnd(q, b.putEvents) },
	"ListRules": func(b *eventBridge, q request) (any, error) { return decodeAnd(q, b.listRules) },
}

func (b *eventBridge) serve(q request) (any, error) {
	serve := eventsAPIs[q.api]
	if serve == nil {
		return nil, &apiError{501, "NotImplemented",
			"the lab does not have " + q.api + " of EventBridge (docs/lab.md lists what it has)"}
	}
	return serve(b, q)
}

func (b *eventBridge) listRules(q request, in struct{ NamePrefix, EventBusName string }) (any, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	name := path.Base(in.EventBusName) // of an ARN too
	if in.EventBusName == "" {
		name = defaultBus
	}
	on := b.bus(busID{q.place(), name})
	if on == nil {
		return nil, refuse("ResourceNotFoundException", "Event bus %s does not exist.", name)
	}
	list := []any{}
	for _, rule := range slices.Sorted(maps.Keys(on.rules)) {
		if !strings.HasPrefix(rule, in.NamePrefix) {
			continue
		}
		state := "DISABLED"
		if on.rules[rule].enabled {
			state = "ENABLED"
		}
		list = append(list, map[string]any{"Name": rule, "Arn": on.rules[rule].arn, "State": state,
			"EventBusName": name})
	}
	return map[string]any{"Rules": list}, nil
}
