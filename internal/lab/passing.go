package lab

import (
	"context"
	"fmt"
	"time"

	"hubmend/internal/lab/aging"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
)

// Pass lets time pass at once. It waits until only messages with a changed visibility timeout are left. Then the tables
// of the administrator, all findings, the metrics of functions and the calls that CloudTrail shows become older by d,
// and these messages come back sooner by d. Functions start anew, because the memory of a process cannot be aged.
// Nothing else becomes older.
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
	l.history.Age(d)
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

// hold waits until the lab is idle and pauses the pollers.
func (l *Lab) hold(ctx context.Context) error {
	for {
		if err := l.rest(ctx, l.isIdle); err != nil {
			return err
		}
		l.pollers.Pause()
		idle, err := l.isIdle(ctx) // a message may have come back meanwhile
		if idle && err == nil {
			return nil
		}
		l.pollers.Resume()
		if err != nil {
			return err
		}
	}
}

// ageTable moves the times in a table into the past: strings that are RFC 3339 times, at any depth, and the Number
// attribute expires. The keys of the table stay, but for an hour or a day at their end, in which a counter counts.
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
			if err := replace(call, item, keys, by); err != nil {
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

// replace stores an item that is aged. Its key may contain the period of a counter.
func replace(call func(api string, input map[string]any) (map[string]any, error), item map[string]any,
	keys map[string]bool, by time.Duration) error {
	before, moved := map[string]any{}, false
	for name := range keys {
		value, isText := item[name].(map[string]any)
		text, _ := value["S"].(string)
		if !isText {
			continue
		}
		before[name] = value
		if aged := aging.Key(text, by); aged != text {
			item[name], moved = map[string]any{"S": aged}, true
		}
	}
	if _, err := call("PutItem", map[string]any{"Item": item}); err != nil || !moved {
		return err
	}
	_, err := call("DeleteItem", map[string]any{"Key": before})
	return err
}

// keyNames reads the names of the keys of a table from its description.
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
