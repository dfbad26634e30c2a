package lab

import (
	"context"
	"fmt"
	"time"

	"hubmend/internal/lab/aging"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
)

// Pass lets time pass at once, for those who cannot wait: when nothing is left to happen but
// messages that functions put off, the administrator's tables, all findings and what functions have counted
// become older by d, these messages come back that much sooner, and functions start anew, because what
// a process remembers cannot be aged. What else has a time keeps it.
func (l *Lab) Pass(ctx context.Context, d time.Duration) error {
	if err := l.hold(ctx); err != nil {
		return err
	}
	defer l.pollers.Resume()
	at := apicall.Place{Account: l.world.Admin, Region: l.world.Home}
	l.world.Story.Tell(story.KindFault, at.Account, at.Region, "%v pass at once", d)
	l.functions.Restart()
	l.hub.Age(d)
	l.hub.Hasten(d)
	l.alarms.Age(d)
	out, err := l.Call(ctx,
		apicall.Call{Account: at.Account, Region: at.Region, Service: "dynamodb", API: "ListTables",
			Input: map[string]any{}})
	if err != nil {
		return err
	}
	names, _ := out["TableNames"].([]any)
	for _, name := range names {
		if err := l.ageTable(ctx, at, apicall.Text(name), d); err != nil {
			return fmt.Errorf("age table %s: %w", name, err)
		}
	}
	return l.pollers.Hurry(ctx, d)
}

// hold waits until the lab is idle and keeps it so: no function gets a message until
// pollers.resume is called.
func (l *Lab) hold(ctx context.Context) error {
	for {
		if err := l.rest(ctx, l.isIdle); err != nil {
			return err
		}
		l.pollers.Pause()
		idle, err := l.isIdle(ctx) // one may have come back just before
		if idle && err == nil {
			return nil
		}
		l.pollers.Resume()
		if err != nil {
			return err
		}
	}
}

// ageTable moves every time in a table into the past: texts that are RFC 3339 times, at
// any depth, and the Number attribute expires. The table's own keys stay.
func (l *Lab) ageTable(ctx context.Context, at apicall.Place, name string, by time.Duration) error {
	call := func(api string, input map[string]any) (map[string]any, error) {
		input["TableName"] = name
		return l.Call(ctx, apicall.Call{Account: at.Account, Region: at.Region, Service: "dynamodb", API: api,
			Input: input})
	}
	described, err := call("DescribeTable", map[string]any{})
	if err != nil {
		return err
	}
	keys := keyNames(described)
	for page := map[string]any{}; page != nil; {
		out, err := call("Scan", page)
		if err != nil {
			return err
		}
		items, _ := out["Items"].([]any)
		for _, i := range items {
			item, _ := i.(map[string]any)
			if err := aging.AgeItem(item, keys, by); err != nil {
				return err
			}
			if _, err := call("PutItem", map[string]any{"Item": item}); err != nil {
				return err
			}
		}
		page = nil
		if last := out["LastEvaluatedKey"]; last != nil {
			page = map[string]any{"ExclusiveStartKey": last}
		}
	}
	return nil
}

// keyNames reads the names of a table's own keys from its description.
func keyNames(described map[string]any) map[string]bool {
	table, _ := described["Table"].(map[string]any)
	schema, _ := table["KeySchema"].([]any)
	keys := map[string]bool{}
	for _, k := range schema {
		element, _ := k.(map[string]any)
		keys[apicall.Text(element["AttributeName"])] = true
	}
	return keys
}
