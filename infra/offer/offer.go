// Package offer reads which playbooks a deployment offers. Members get only the runbooks of these playbooks.
package offer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/nearmatch"
)

// ContextKey is where cdk.json has the list of playbook ids.
const ContextKey = "hubmend:playbooks"

// Read reduces a catalog to the playbooks in the context value, a list or, from the command line, JSON text. Without a
// value everything is offered. The error lists all mistakes.
func Read(context any, c *catalog.Catalog) (*catalog.Catalog, error) {
	if context == nil {
		return c, nil
	}
	ids, err := list(context)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, p := range c.Playbooks {
		known = append(known, p.ID)
	}
	var problems []error
	if len(ids) == 0 {
		problems = append(problems, errors.New("the list is empty; remove the setting to offer every playbook"))
	}
	for i, id := range ids {
		switch {
		case !slices.Contains(known, id):
			problems = append(problems,
				nearmatch.Unknown("playbook", id, known, "the playbooks are "+strings.Join(known, ", ")))
		case slices.Contains(ids[:i], id):
			problems = append(problems, fmt.Errorf("%s is listed twice", id))
		}
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s is invalid:\n%w", ContextKey, errors.Join(problems...))
	}
	return c.Offered(ids)
}

func list(context any) ([]string, error) {
	text, isText := context.(string)
	if !isText {
		marshalled, err := json.Marshal(context)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", ContextKey, err)
		}
		text = string(marshalled)
	}
	var ids []string
	if err := json.Unmarshal([]byte(text), &ids); err != nil || ids == nil {
		return nil, fmt.Errorf(`%s must be a list of playbook ids, such as ["cis-1.2.0"], not %s`, ContextKey, text)
	}
	return ids, nil
}
