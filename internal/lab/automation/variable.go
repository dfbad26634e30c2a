package automation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"hubmend/internal/catalog/runbook"
)

const variablePrefix = "variable:"

// The documented limits of what a variable takes. An empty text is outside them too, but loops of AWS's own
// runbooks end with one.
const (
	maxVariableText = 512
	maxVariableList = 50
	maxVariableMaps = 200
)

// variable is a variable of the document and its value at the moment.
type variable struct {
	kind  string
	value any
}

// declare gives every variable its default. A variable without a default is
// refused, because its value is not documented.
func (s *scope) declare(variables map[string]runbook.Variable) error {
	var errs []error
	s.variables = make(map[string]variable, len(variables))
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		declared := variables[name]
		value, err := conform(declared.Type, declared.Default)
		if err != nil {
			errs = append(errs, fmt.Errorf("default of variable %s: %w", name, err))
		}
		s.variables[name] = variable{kind: declared.Type, value: value}
	}
	return errors.Join(errs...)
}

// update runs aws:updateVariable. The value must have the type of the variable.
func (s *scope) update(a attempt) error {
	if err := a.refuseInputs("Name", "Value"); err != nil {
		return err
	}
	full, err := a.textInput("Name")
	if err != nil {
		return err
	}
	name, prefixed := strings.CutPrefix(full, variablePrefix)
	declared, ok := s.variables[name]
	if !prefixed || !ok {
		return fmt.Errorf("input Name must be variable:<name> of a variable that the document declares, not %s", full)
	}
	value, err := conform(declared.kind, a.inputs["Value"])
	if err == nil {
		err = checkVariable(value)
	}
	if err != nil {
		return fmt.Errorf("value of %s: %w", full, err)
	}
	s.variables[name] = variable{kind: declared.kind, value: value}
	return nil
}

func checkVariable(value any) error {
	switch v := value.(type) {
	case string:
		if n := utf8.RuneCountInString(v); n > maxVariableText {
			return fmt.Errorf("a text has %d characters, but may have %d", n, maxVariableText)
		}
	case []any:
		limit := maxVariableList
		if len(v) > 0 && !listOf[string](v) {
			limit = maxVariableMaps
		}
		if len(v) > limit {
			return fmt.Errorf("a list has %d items, but may have %d", len(v), limit)
		}
	}
	return nil
}
