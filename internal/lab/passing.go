package lab

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Pass lets time pass at once, for those who cannot wait: when nothing is left to happen but
// messages that functions put off, the administrator's tables, all findings and what functions have counted
// become older by d, these messages come back that much sooner, and functions start anew, because what
// a process remembers cannot be aged. What else has a time keeps it.
func (l *Lab) Pass(ctx context.Context, d time.Duration) error {
	if err := l.hold(ctx); err != nil {
		return err
	}
	defer l.queues.receiving.Unlock()
	at := place{l.admin, l.home}
	l.story.tell(KindFault, at.account, at.region, "%v pass at once", d)
	l.functions.restart()
	l.hub.age(d)
	l.hub.hasten(d)
	l.alarms.age(d)
	out, err := l.Call(ctx,
		Call{Account: at.account, Region: at.region, Service: "dynamodb", API: "ListTables", Input: map[string]any{}})
	if err != nil {
		return err
	}
	names, _ := out["TableNames"].([]any)
	for _, name := range names {
		if err := l.ageTable(ctx, at, text(name), d); err != nil {
			return fmt.Errorf("age table %s: %w", name, err)
		}
	}
	return l.queues.hurry(ctx, d)
}

// hold waits until the lab is idle and keeps it so: no function gets a message until
// queues.receiving is unlocked.
func (l *Lab) hold(ctx context.Context) error {
	for {
		if err := l.rest(ctx, l.isIdle); err != nil {
			return err
		}
		l.queues.receiving.Lock()
		idle, err := l.isIdle(ctx) // one may have come back just before
		if idle && err == nil {
			return nil
		}
		l.queues.receiving.Unlock()
		if err != nil {
			return err
		}
	}
}

// ageTable moves every time in a table into the past: texts that are RFC 3339 times, at
// any depth, and the Number attribute expires. The table's own keys stay.
func (l *Lab) ageTable(ctx context.Context, at place, name string, by time.Duration) error {
	call := func(api string, input map[string]any) (map[string]any, error) {
		input["TableName"] = name
		return l.Call(ctx, Call{Account: at.account, Region: at.region, Service: "dynamodb", API: api, Input: input})
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
			if err := ageItem(item, keys, by); err != nil {
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
		keys[text(element["AttributeName"])] = true
	}
	return keys
}

// age moves every time in the findings into the past.
func (h *hub) age(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, f := range h.findings {
		h.findings[key], _ = aged(f, by).(map[string]any)
	}
}

// aged gives a copy of a JSON value in which all RFC 3339 times are earlier.
func aged(value any, by time.Duration) any {
	switch x := value.(type) {
	case string:
		return earlier(x, by)
	case []any:
		list := make([]any, len(x))
		for i, item := range x {
			list[i] = aged(item, by)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(x))
		for name, item := range x {
			m[name] = aged(item, by)
		}
		return m
	}
	return value
}

// ageItem changes an item in DynamoDB's notation.
func ageItem(item map[string]any, keys map[string]bool, by time.Duration) error {
	for name, attribute := range item {
		if keys[name] {
			continue
		}
		if err := ageAttribute(attribute, by); err != nil {
			return fmt.Errorf("attribute %s: %w", name, err)
		}
	}
	expires, _ := item["expires"].(map[string]any)
	if n, ok := expires["N"].(string); ok && !keys["expires"] {
		epoch, err := strconv.ParseInt(n, 10, 64)
		if err != nil {
			return fmt.Errorf("attribute expires: %w", err)
		}
		expires["N"] = strconv.FormatInt(epoch-int64(by/time.Second), 10)
	}
	return nil
}

// ageAttribute changes a value such as {"S": "2026-01-01T00:00:00Z"} or {"L": [...]}.
func ageAttribute(value any, by time.Duration) error {
	attribute, _ := value.(map[string]any)
	if attribute["B"] != nil || attribute["BS"] != nil {
		return errors.New("the lab cannot age an item with binary values")
	}
	if s, ok := attribute["S"].(string); ok {
		attribute["S"] = earlier(s, by)
	}
	fields, _ := attribute["M"].(map[string]any)
	for name, field := range fields {
		if err := ageAttribute(field, by); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	list, _ := attribute["L"].([]any)
	for _, item := range list {
		if err := ageAttribute(item, by); err != nil {
			return err
		}
	}
	return nil
}

// earlier gives an RFC 3339 time moved into the past, as precise as it was written, and
// any other text as it is. The zero time means that there is none.
func earlier(written string, by time.Duration) string {
	t, err := time.Parse(time.RFC3339, written)
	if err != nil || t.IsZero() {
		return written
	}
	layout := time.RFC3339
	if _, fraction, ok := strings.Cut(written, "."); ok {
		digits := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
		layout = "2006-01-02T15:04:05." + strings.Repeat("0", digits) + "Z07:00"
	}
	return t.Add(-by).Format(layout)
}
