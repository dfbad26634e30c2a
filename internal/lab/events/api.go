package events

import (
	"maps"
	"path"
	"slices"
	"strings"

	"hubmend/internal/lab/apicall"
)

// eventsAPIs are the calls of EventBridge that the lab answers.
var eventsAPIs = map[string]func(*Bridge, apicall.Request) (any, error){
	"PutEvents": func(b *Bridge, q apicall.Request) (any, error) { return apicall.DecodeAnd(q, b.putEvents) },
	"ListRules": func(b *Bridge, q apicall.Request) (any, error) { return apicall.DecodeAnd(q, b.listRules) },
}

// Serve answers a call of EventBridge.
func (b *Bridge) Serve(q apicall.Request) (any, error) {
	serve := eventsAPIs[q.API]
	if serve == nil {
		return nil, &apicall.Error{Status: 501, Code: "NotImplemented",
			Message: "the lab does not have " + q.API + " of EventBridge (docs/lab.md lists what it has)"}
	}
	return serve(b, q)
}

func (b *Bridge) listRules(q apicall.Request, in struct{ NamePrefix, EventBusName string }) (any, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	name := path.Base(in.EventBusName) // of an ARN too
	if in.EventBusName == "" {
		name = DefaultBus
	}
	on := b.bus(busID{q.Place(), name})
	if on == nil {
		return nil, apicall.Refuse("ResourceNotFoundException", "Event bus %s does not exist.", name)
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
		one := map[string]any{"Name": rule, "Arn": on.rules[rule].arn, "State": state, "EventBusName": name}
		if on.rules[rule].pattern != nil {
			one["EventPattern"] = on.rules[rule].text
		}
		list = append(list, one)
	}
	return map[string]any{"Rules": list}, nil
}
