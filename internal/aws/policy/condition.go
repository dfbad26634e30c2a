package policy

import (
	"fmt"
	"slices"
	"strings"
)

// ifExists is the suffix of operators that are true for a missing key.
const ifExists = "IfExists"

// comparisons are the condition operators. As in IAM, only negated operators are true for a missing key.
var comparisons = map[string]func(wanted Texts, have string, present bool) bool{
	"StringEquals":    equals,
	"StringNotEquals": func(w Texts, have string, present bool) bool { return !equals(w, have, present) },
	"StringLike":      like,
	"StringNotLike":   func(w Texts, have string, present bool) bool { return !like(w, have, present) },
	// For ARNs, Equals matches patterns too.
	"ArnEquals":    like,
	"ArnLike":      like,
	"ArnNotEquals": func(w Texts, have string, present bool) bool { return !like(w, have, present) },
	"ArnNotLike":   func(w Texts, have string, present bool) bool { return !like(w, have, present) },
	"Bool": func(w Texts, have string, present bool) bool {
		return present && slices.ContainsFunc(w, func(one string) bool { return strings.EqualFold(one, have) })
	},
	"Null": func(w Texts, _ string, present bool) bool { return slices.Contains(w, fmt.Sprint(!present)) },
}

func equals(wanted Texts, have string, present bool) bool {
	return present && slices.Contains(wanted, have)
}

func like(wanted Texts, have string, present bool) bool {
	return present && slices.ContainsFunc(wanted, func(pattern string) bool { return Match(pattern, have) })
}

// hold reports whether a request meets all conditions.
func (c Conditions) hold(r Request) (bool, error) {
	for operator, keys := range c {
		base, optional := strings.CutSuffix(operator, ifExists)
		for key, wanted := range keys {
			have, present, err := r.value(key)
			if err != nil {
				return false, err
			}
			if optional && !present {
				continue
			}
			if !comparisons[base](wanted, have, present) {
				return false, nil
			}
		}
	}
	return true, nil
}

// value returns the request's value of a condition key. Key names are not case-sensitive.
func (r Request) value(key string) (have string, present bool, err error) {
	if have, present = r.Context[key]; present {
		return have, true, nil
	}
	for name, value := range r.Context {
		if strings.EqualFold(name, key) {
			return value, true, nil
		}
	}
	same := func(name string) bool { return strings.EqualFold(name, key) }
	if r.Known != nil && !slices.ContainsFunc(r.Known, same) {
		return "", false, fmt.Errorf("condition key %s is not known for %s", key, r.Action)
	}
	return "", false, nil
}
