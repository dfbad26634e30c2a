// Package aging moves times in stored data into the past.
package aging

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Aged gives a copy of a JSON value in which all RFC 3339 times are earlier.
func Aged(value any, by time.Duration) any {
	switch x := value.(type) {
	case string:
		return earlier(x, by)
	case []any:
		list := make([]any, len(x))
		for i, item := range x {
			list[i] = Aged(item, by)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(x))
		for name, item := range x {
			m[name] = Aged(item, by)
		}
		return m
	}
	return value
}

// earlier moves an RFC 3339 time into the past and keeps its precision. Any other string stays as it is, and so does
// the zero time, which means no time.
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

// AgeItem moves the times of an item of DynamoDB into the past.
func AgeItem(item map[string]any, keys map[string]bool, by time.Duration) error {
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
