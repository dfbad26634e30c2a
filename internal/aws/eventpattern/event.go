package eventpattern

import "slices"

// field is a scalar of an event.
type field struct {
	value any
	in    membership
}

// membership is the set of array elements that contain a value or a partial match, at most one for each array.
type membership []position

// position is an element of one array of the event.
type position struct{ array, index int }

// flattener collects the scalars of an event by path. Arrays are not part of the path: their elements are values of the
// field that holds the array.
type flattener struct {
	wanted map[string]bool
	fields map[string][]field
	arrays int
}

func (f *flattener) object(path string, object map[string]any, in membership) {
	for name, v := range object {
		if at := join(path, name); f.wanted[at] {
			f.value(at, v, in)
		}
	}
}

func (f *flattener) value(path string, value any, in membership) {
	switch v := value.(type) {
	case map[string]any:
		f.object(path, v, in)
	case []any:
		f.array(path, v, in)
	default:
		f.fields[path] = append(f.fields[path], field{value, in})
	}
}

func (f *flattener) array(path string, array []any, in membership) {
	id := f.arrays
	f.arrays++
	for i, v := range array {
		switch v.(type) {
		case map[string]any, []any:
			f.value(path, v, append(slices.Clip(in), position{id, i}))
		default:
			// Scalars have no siblings to be consistent with.
			f.value(path, v, in)
		}
	}
}

// matches reports whether fields satisfy every condition without mixing elements of an array. It tracks all ways to
// meet the conditions so far.
func (b branch) matches(fields map[string][]field) bool {
	ways := []membership{nil}
	for _, c := range b {
		if ways = c.advance(ways, fields[c.path]); len(ways) == 0 {
			return false
		}
	}
	return true
}

func (c condition) advance(ways []membership, fields []field) []membership {
	var next []membership
	add := func(m membership) {
		if !slices.ContainsFunc(next, func(n membership) bool { return slices.Equal(n, m) }) {
			next = append(next, m)
		}
	}
	for _, way := range ways {
		missing := true
		for _, f := range fields {
			joined, ok := way.join(f.in)
			if !ok {
				continue
			}
			missing = false
			if c.accepts(f.value) {
				add(joined)
			}
		}
		if missing && c.missing {
			add(way)
		}
	}
	return next
}

func (c condition) accepts(value any) bool {
	return slices.ContainsFunc(c.tests, func(t test) bool { return t(value) })
}

// join adds the elements that contain another value. It returns false if that value is in a different element of a
// known array.
func (m membership) join(other membership) (joined membership, ok bool) {
	joined = slices.Clip(m)
	for _, p := range other {
		i := slices.IndexFunc(m, func(q position) bool { return q.array == p.array })
		switch {
		case i < 0:
			joined = append(joined, p)
		case m[i].index != p.index:
			return nil, false
		}
	}
	return joined, true
}
