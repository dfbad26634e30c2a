// Package contract checks events against the JSON Schema that their readers have. It is no part
// of package announce, so that the functions carry no validator.
package contract

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"hubmend/docs"
	"hubmend/internal/engine/announce"
)

// definitions are the parts of the schema for the types of events.
var definitions = map[string]string{announce.RepairType: "repair", announce.BreakerType: "breaker"}

var compiled = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(docs.EventsSchema))
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	closeObjects(schema)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("events.schema.json", schema); err != nil {
		return nil, err
	}
	all := map[string]*jsonschema.Schema{}
	for kind, name := range definitions {
		if all[kind], err = c.Compile("events.schema.json#/$defs/" + name); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// closeObjects forbids what the schema does not name: readers must bear fields that are new to them, and ours
// must not have any that the schema lacks.
func closeObjects(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if s["type"] == "object" {
			s["additionalProperties"] = false
		}
		for _, part := range s {
			closeObjects(part)
		}
	case []any:
		for _, part := range s {
			closeObjects(part)
		}
	}
}

// Check returns what is wrong with the detail of an event of a type, or nil.
func Check(detailType string, detail []byte) error {
	schemas, err := compiled()
	if err != nil {
		return err
	}
	schema := schemas[detailType]
	if schema == nil {
		return fmt.Errorf("no event of Hubmend's has the type %q", detailType)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(detail))
	if err != nil {
		return err
	}
	var invalid *jsonschema.ValidationError
	if err := schema.Validate(value); errors.As(err, &invalid) {
		return errors.New(strings.ReplaceAll(invalid.Error(), "\n", " "))
	} else if err != nil {
		return err
	}
	return nil
}
