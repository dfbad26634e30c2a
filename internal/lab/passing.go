package lab

import (
	"context"
	"fmt"
	"maps"
	"time"

	"hubmend/internal/lab/aging"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
)

// Pass lets time pass at once. It waits until only messages are left that were sent with a delay or have a changed
// visibility timeout. Then the tables of the administrator, all findings, the metrics of functions and the calls that
// CloudTrail shows become older by d, and these messages come sooner by d. Functions start anew, because the memory of
// a process cannot be aged. Nothing else becomes older.
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
	l.evaluations.Age(d)
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
	if err := deliverSooner(ctx, l.world.Backend.Moto, d); err != nil {
		return err
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
	var items []map[string]any
	for page := map[string]any{}; page != nil; {
		out, err := call("Scan", page)
		if err != nil {
			return err
		}
		found, _ := out["Items"].([]any)
		for _, i := range found {
			item, _ := i.(map[string]any)
			items = append(items, item)
		}
		page = nil
		if last := out["LastEvaluatedKey"]; last != nil {
			page = map[string]any{"ExclusiveStartKey": last}
		}
	}
	for _, item := range items { // all at first, because another may take the key
		before := maps.Clone(item)
		maps.DeleteFunc(before, func(name string, _ any) bool { return !keys[name] })
		if !ageKey(item, keys, by) {
			continue
		}
		if _, err := call("DeleteItem", map[string]any{"Key": before}); err != nil {
			return err
		}
	}
	for _, item := range items {
		if err := aging.AgeItem(item, keys, by); err != nil {
			return err
		}
		if _, err := call("PutItem", map[string]any{"Item": item}); err != nil {
			return err
		}
	}
	return nil
}

// ageKey ages the period in the key of a counter, and reports whether the key has changed.
func ageKey(item map[string]any, keys map[string]bool, by time.Duration) bool {
	changed := false
	for name := range keys {
		value, _ := item[name].(map[string]any)
		if text, isText := value["S"].(string); isText {
			aged := aging.Key(text, by, time.Now().UTC())
			item[name], changed = map[string]any{"S": aged}, changed || aged != text
		}
	}
	return changed
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
