package templates

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// width is the length of a line up to which a whole object or list is written on one line.
const width = 120

// Format writes a template for people to read: with sorted keys, so that the order in the app does not matter, and with
// what fits on a line on one line. That is smaller than the CDK's form, which has a line for every value.
func Format(template []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(template))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	return format(value), nil
}

func format(value any) []byte {
	var out bytes.Buffer
	write(&out, "", "", value)
	out.WriteString("\n")
	return out.Bytes()
}

// write writes a value that follows its key.
func write(out *bytes.Buffer, margin, key string, value any) {
	out.WriteString(key)
	line := oneLine(value)
	object, isObject := value.(map[string]any)
	list, isList := value.([]any)
	if !isObject && !isList || len(margin)+len(key)+len(line) < width { // a comma may follow
		out.WriteString(line)
		return
	}
	within := margin + " "
	separator, end := "[\n", "]"
	if isObject {
		separator, end = "{\n", "}"
	}
	item := func(key string, value any) {
		out.WriteString(separator + within)
		write(out, within, key, value)
		separator = ",\n"
	}
	for _, one := range list {
		item("", one)
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		item(oneLine(name)+": ", object[name])
	}
	out.WriteString("\n" + margin + end)
}

// oneLine writes a value of decoded JSON with a space after each colon and comma.
func oneLine(value any) string {
	var parts []string
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, oneLine(name)+": "+oneLine(v[name]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		for _, one := range v {
			parts = append(parts, oneLine(one))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic(err) // what was decoded can be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}
