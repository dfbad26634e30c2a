package automation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// normal gives a decoded JSON or YAML value with every number as int64 when it is
// whole, and as float64 otherwise.
func normal(value any) any {
	switch v := value.(type) {
	case int:
		return int64(v)
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v)
		}
		return float64(v)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<63 {
			return int64(v)
		}
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64() // a number out of range becomes infinite, which no type takes
		return f
	}
	return value
}

// conform gives the value as one of a runbook's type, or an error: there is no coercion.
func conform(kind string, value any) (any, error) {
	value = normal(value)
	ok := false
	switch kind {
	case "String":
		_, ok = value.(string)
	case "Integer":
		_, ok = value.(int64)
	case "Boolean":
		_, ok = value.(bool)
	case "StringMap":
		_, ok = value.(map[string]any)
	case "StringList":
		ok = listOf[string](value)
	case "MapList":
		ok = listOf[map[string]any](value)
	default:
		return nil, fmt.Errorf("unknown type %q", kind)
	}
	if !ok {
		return nil, fmt.Errorf("%s is not of type %s", text(value), kind)
	}
	return value, nil
}

func listOf[T any](value any) bool {
	list, ok := value.([]any)
	for _, item := range list {
		if _, is := item.(T); !is {
			return false
		}
	}
	return ok
}

// parse reads the texts that the API carries as a value of a runbook's type.
func parse(kind string, texts []string) (any, error) {
	switch kind {
	case "StringList", "MapList":
		list := make([]any, 0, len(texts))
		for _, t := range texts {
			item, err := parseOne(map[string]string{"StringList": "String", "MapList": "StringMap"}[kind], t)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		return list, nil
	}
	if len(texts) != 1 {
		return nil, fmt.Errorf("has %d values, but type %s takes one", len(texts), kind)
	}
	return parseOne(kind, texts[0])
}

func parseOne(kind, text string) (any, error) {
	switch kind {
	case "String":
		return text, nil
	case "Integer":
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return i, nil
		}
	case "Boolean":
		// Spellings such as True are not documented, so they are refused.
		if text == "true" || text == "false" {
			return text == "true", nil
		}
	case "StringMap":
		var m map[string]any
		if err := json.Unmarshal([]byte(text), &m); err == nil && m != nil {
			return m, nil
		}
	default:
		return nil, fmt.Errorf("unknown type %q", kind)
	}
	return nil, fmt.Errorf("%q is not of type %s", text, kind)
}

// texts is a value as the API carries it.
func texts(value any) []string {
	list, ok := value.([]any)
	if !ok {
		return []string{text(value)}
	}
	items := make([]string, 0, len(list))
	for _, item := range list {
		items = append(items, text(item))
	}
	return items
}

// text is a value inside a text: a string as it is, and anything else as JSON.
func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	t, err := encode(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return t
}

func encode(value any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // a reader of a note must not meet \u003c
	if err := enc.Encode(value); err != nil {
		return "", errors.Join(errors.New("encode JSON"), err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}
