package policy

import (
	"fmt"
	"slices"
	"strings"
)

// ifExists at the end of an operator makes it hold for a key that is not there.
const ifExists = "IfExists"

// comparisons are the condition operators. A key that the request does not have fails
// every one but the negated, as in IAM.
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

// hold says whether all conditions hold in a request.
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

// value gives what the request has for a condition key. Case does not matter in its name.
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
		return "", false, fmt.Errorf("nobody says what the condition key %s is for %s", key, r.Action)
	}
	return "", false, nil
}
