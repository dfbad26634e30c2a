package eventpattern

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// branch is one way to satisfy a pattern: all its conditions must be met. A pattern without $or has one branch.
type branch []condition

// condition is a requirement for one field: one of the tests, or that the field is missing.
type condition struct {
	path    string
	tests   []test
	missing bool
}

// reserved lists names that no field below $or may have, because they indicate an operator in the place of a field.
var reserved = []string{
	"anything-but", "cidr", "equals-ignore-case", "exactly", "exists", "numeric", "prefix", "suffix", "wildcard",
	"=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case",
	"date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range",
	"ip-address-in-range", "ip-address-not-in-range",
}

// compileObject returns the ways to satisfy an object: every field must be satisfied.
func compileObject(path string, object map[string]any, belowOr bool) ([]branch, error) {
	if len(object) == 0 {
		return nil, fmt.Errorf("%s: an empty object matches nothing", where(path))
	}
	branches := []branch{nil}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		ways, err := compileField(path, name, object[name], belowOr)
		if err != nil {
			return nil, err
		}
		if len(branches)*len(ways) > maxBranches {
			return nil, fmt.Errorf("%s: more than %d combinations of $or alternatives", join(path, name), maxBranches)
		}
		branches = product(branches, ways)
	}
	return branches, nil
}

func compileField(parent, name string, value any, belowOr bool) ([]branch, error) {
	path := join(parent, name)
	if name == "$or" {
		return compileOr(parent, path, value)
	}
	if belowOr && slices.Contains(reserved, name) {
		return nil, fmt.Errorf("%s: %q is an operator and cannot name a field below $or", path, name)
	}
	switch v := value.(type) {
	case map[string]any:
		return compileObject(path, v, belowOr)
	case []any:
		c, err := compileLeaf(path, v)
		return []branch{{c}}, err
	default:
		return nil, fmt.Errorf("%s: must be an array of values or an object, not %s%s", path, kind(value), hint(name))
	}
}

// hint explains that an operator needs an array around it.
func hint(name string) string {
	if slices.Contains(reserved, name) {
		return fmt.Sprintf("; an operator belongs in an array: [{%q: ...}]", name)
	}
	return ""
}

func compileOr(parent, path string, value any) ([]branch, error) {
	alternatives, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("%s: must be an array of objects, not %s", path, kind(value))
	}
	if len(alternatives) < 2 {
		return nil, fmt.Errorf("%s: needs at least two alternatives", path)
	}
	var branches []branch
	for i, a := range alternatives {
		object, ok := a.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s: must be an object, not %s", element(path, i), kind(a))
		}
		ways, err := compileObject(parent, object, true)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", element(path, i), err)
		}
		branches = append(branches, ways...)
	}
	return branches, nil
}

func product(left, right []branch) []branch {
	var out []branch
	for _, l := range left {
		for _, r := range right {
			out = append(out, slices.Concat(l, r))
		}
	}
	return out
}

// arrange sorts the conditions into the service's order, which decides the meaning of "missing" inside an array. It
// refuses a path that occurs twice, because the service would drop one of the two.
func (b branch) arrange() error {
	slices.SortFunc(b, func(x, y condition) int { return cmp.Compare(x.path, y.path) })
	for i := 1; i < len(b); i++ {
		if b[i].path == b[i-1].path {
			return fmt.Errorf("%s: duplicate path; put all its values into one array", b[i].path)
		}
	}
	return nil
}

// where names a path for an error.
func where(path string) string {
	if path == "" {
		return "the pattern"
	}
	return path
}
