// Package aging moves times in stored data into the past.
package aging

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
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
	if attribute["BS"] != nil {
		return errNotAged
	}
	if text, ok := attribute["B"].(string); ok {
		aged, err := agePacked(text, by)
		if err != nil {
			return err
		}
		attribute["B"] = map[string]any{"$base64": aged} // bytes, for the worker that makes the call
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

var errNotAged = errors.New("the lab cannot age binary values that are not compressed JSON")

// agePacked ages JSON that is compressed with gzip, such as a policy.
func agePacked(text string, by time.Duration) (string, error) {
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", errNotAged
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", errNotAged
	}
	var value any
	d := json.NewDecoder(r)
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return "", errNotAged
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if err := errors.Join(json.NewEncoder(w).Encode(Aged(value, by)), w.Close()); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

// periods are how the key of a counter ends: with the hour or the day that it counts in.
var periods = []struct {
	layout string
	length time.Duration
}{{"2006-01-02T15", time.Hour}, {"2006-01-02", 24 * time.Hour}}

// Key returns a key with an earlier hour or day at its end, after the last #. A counter is taken to have counted as
// late in its period as it is now.
func Key(key string, by time.Duration, now time.Time) string {
	mark := strings.LastIndexByte(key, '#') + 1
	for _, p := range periods {
		if t, err := time.Parse(p.layout, key[mark:]); err == nil {
			counted := t.Add(now.Sub(now.Truncate(p.length)))
			return key[:mark] + counted.Add(-by).Truncate(p.length).Format(p.layout)
		}
	}
	return key
}
