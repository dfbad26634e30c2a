package cfn

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// check verifies every expression of a template, also those that no condition selects.
func (t *Template) check() error {
	if len(t.resources) == 0 {
		return fmt.Errorf("template: there are no Resources")
	}
	for _, name := range slices.Sorted(maps.Keys(t.parameters)) {
		if err := t.parameters[name].check(); err != nil {
			return fmt.Errorf("Parameters.%s: %w", name, err)
		}
	}
	if err := t.checkConditions(); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		if err := t.checkResource(id); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.outputs)) {
		if err := t.checkOutput(name, t.outputs[name]); err != nil {
			return err
		}
	}
	return nil
}

func (t *Template) checkConditions() error {
	for _, name := range slices.Sorted(maps.Keys(t.conditions)) {
		err := visitCondition("Conditions."+name, t.conditions[name], func(u use) error {
			if u.function == fnIf || u.function == fnGetAtt || u.function == fnRef && t.isResource(u.name) {
				return fmt.Errorf("%s: %s %s: a condition can depend only on parameters", u.path, u.function, u.name)
			}
			return t.defined(u)
		})
		if err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.conditions)) {
		if err := t.checkConditionCycle([]string{name}); err != nil {
			return err
		}
	}
	return nil
}

// checkConditionCycle follows the conditions that the last one of a trail refers to.
func (t *Template) checkConditionCycle(trail []string) error {
	last := trail[len(trail)-1]
	return visitCondition("Conditions."+last, t.conditions[last], func(u use) error {
		if u.function != fnCondition {
			return nil
		}
		next := append(slices.Clip(trail), u.name)
		if slices.Contains(trail, u.name) {
			return fmt.Errorf("Conditions refer to themselves: %s", strings.Join(next, " -> "))
		}
		return t.checkConditionCycle(next)
	})
}

func (t *Template) checkResource(id string) error {
	path, r := "Resources."+id, t.resources[id]
	if r.Type == "" {
		return fmt.Errorf("%s: has no Type", path)
	}
	if _, ok := t.parameters[id]; ok {
		return fmt.Errorf("%s: a parameter has the same name", path)
	}
	policies := []string{"", "Delete", "Retain", "RetainExceptOnCreate", "Snapshot"}
	if !slices.Contains(policies, r.DeletionPolicy) || !slices.Contains(policies, r.UpdateReplacePolicy) {
		return fmt.Errorf("%s: DeletionPolicy %q or UpdateReplacePolicy %q is not a policy", path, r.DeletionPolicy,
			r.UpdateReplacePolicy)
	}
	for _, d := range r.DependsOn {
		if !t.isResource(d) {
			return fmt.Errorf("%s.DependsOn: there is no resource %s", path, d)
		}
	}
	if err := t.checkUseOf(path, r.Condition); err != nil {
		return err
	}
	return visitResource(id, r, t.defined)
}

func (t *Template) checkOutput(name string, o output) error {
	path := "Outputs." + name
	if o.Value == nil {
		return fmt.Errorf("%s: has no Value", path)
	}
	if err := t.checkUseOf(path, o.Condition); err != nil {
		return err
	}
	return visitOutput(name, o, t.defined)
}

// checkUseOf verifies the Condition attribute of a resource or an output.
func (t *Template) checkUseOf(path, condition string) error {
	if condition == "" {
		return nil
	}
	return t.defined(use{path: path, function: fnCondition, name: condition})
}

// defined verifies that what an expression uses exists.
func (t *Template) defined(u use) error {
	ok, what := false, ""
	switch u.function {
	case fnCondition, fnIf:
		_, ok = t.conditions[u.name]
		what = "condition"
	case fnFindInMap:
		_, ok = t.mappings[u.name]
		what = "mapping"
	case fnGetAtt:
		ok, what = t.isResource(u.name), "resource"
	default:
		_, isParameter := t.parameters[u.name]
		t.used[u.name] = true
		ok = isParameter || t.isResource(u.name) || slices.Contains(pseudoParameters, u.name)
		what = "parameter or resource"
	}
	if !ok {
		return fmt.Errorf("%s: %s: there is no %s %q", u.path, u.function, what, u.name)
	}
	return nil
}

func (t *Template) isResource(id string) bool {
	_, ok := t.resources[id]
	return ok
}
