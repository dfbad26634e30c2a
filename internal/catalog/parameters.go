package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/control"
)

// roleParameter is set by dispatch and not by a control.
const roleParameter = "AutomationAssumeRole"

// checkParameters requires that the control sets exactly the parameters that the runbook has.
func checkParameters(c Control, doc *runbook.Document) error {
	var errs []error
	captured := map[string]bool{}
	for _, name := range control.Placeholders(c.Resource.ID) {
		captured[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		declared, ok := doc.Parameters[name]
		if !ok || name == roleParameter {
			errs = append(errs, fmt.Errorf("runbook %s has no parameter %s for controls", c.Runbook, name))
			continue
		}
		if err := checkParameter(c.Parameters[name], declared, captured); err != nil {
			errs = append(errs, fmt.Errorf("parameter %s %w", name, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Parameters)) {
		if _, given := c.Parameters[name]; !given && name != roleParameter && doc.Parameters[name].Default == nil {
			errs = append(errs, fmt.Errorf("runbook %s needs the parameter %s", c.Runbook, name))
		}
	}
	return errors.Join(errs...)
}

// checkParameter requires a value that Bind can convert for Systems Manager: a text, a bound, or a list of at least one
// text.
// Its error continues a sentence that begins with the parameter's name.
func checkParameter(value any, declared runbook.Parameter, captured map[string]bool) error {
	number, _, isBound := control.Bounded(value)
	if isBound {
		if _, err := strconv.Atoi(fmt.Sprint(number)); err != nil {
			return fmt.Errorf("has the bound %v, which is not a whole number", number)
		}
		value = number
	}
	list, isList := value.([]any)
	if isList != (declared.Type == "StringList") {
		return errors.New("must be a list if, and only if, the runbook's parameter is a StringList")
	}
	if isList && len(list) == 0 {
		return errors.New("is an empty list")
	}
	if !isList {
		list = []any{value}
	}
	for _, item := range list {
		if err := checkItem(item, captured); err != nil {
			return err
		}
		if err := checkAllowed(fmt.Sprint(item), declared); err != nil {
			return err
		}
	}
	return nil
}

// checkAllowed refuses a configured number that the runbook does not allow, because the control would not pass with it.
// Values from findings are checked when they are filled in.
func checkAllowed(text string, declared runbook.Parameter) error {
	if len(control.Placeholders(text)) > 0 {
		return nil
	}
	if len(declared.AllowedValues) > 0 && !slices.Contains(declared.AllowedValues, text) {
		return fmt.Errorf("has %q, but the runbook allows only %s", text, strings.Join(declared.AllowedValues, ", "))
	}
	if declared.AllowedPattern == "" {
		return nil
	}
	pattern, err := regexp.Compile(declared.AllowedPattern)
	if err != nil {
		return fmt.Errorf("cannot be checked: allowedPattern of the runbook: %w", err)
	}
	if !pattern.MatchString(text) {
		return fmt.Errorf("has %q, which the runbook's allowedPattern %s refuses", text, declared.AllowedPattern)
	}
	return nil
}

func checkItem(item any, captured map[string]bool) error {
	switch item.(type) {
	case string, bool, int64, uint64:
	default:
		return fmt.Errorf("has %v, which is not a text, a whole number, true or false", item)
	}
	text := fmt.Sprint(item)
	for _, name := range control.Placeholders(text) {
		if !captured[name] {
			return fmt.Errorf("uses {%s}, which resource.id does not capture", name)
		}
	}
	if err := control.CheckBraces(text); err != nil {
		return fmt.Errorf("is invalid: %w", err)
	}
	return nil
}

// checkBounds requires that controls of one runbook agree on which parameters are bounds. Otherwise their repairs of
// one resource could not be joined.
func checkBounds(controls []Control) error {
	var errs []error
	first := map[string]Control{}
	for _, c := range controls {
		other, known := first[c.Runbook]
		if !known {
			first[c.Runbook] = c
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
			_, here, _ := control.Bounded(c.Parameters[name])
			_, there, _ := control.Bounded(other.Parameters[name])
			if here != there {
				errs = append(errs, fmt.Errorf("controls/%s.yaml: parameter %s is %s here and %s in controls/%s.yaml",
					c.ID, name, cmp.Or(here, "no bound"), cmp.Or(there, "no bound"), other.ID))
			}
		}
	}
	return errors.Join(errs...)
}
