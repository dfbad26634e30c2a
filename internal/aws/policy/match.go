package policy

import (
	"slices"
	"strings"
)

// Match says whether a value is like a pattern with * for any text and ? for any one
// character, which in IAM cross every separator.
func Match(pattern, value string) bool {
	// Where to go on when what follows the last star does not fit.
	star, from := -1, 0
	p, v := 0, 0
	for v < len(value) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, v
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == value[v]):
			p++
			v++
		case star >= 0:
			from++
			p, v = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// action gives the first pattern that an action is like, or "". Case does not matter in actions.
func action(patterns Texts, value string) string {
	value = strings.ToLower(value)
	return first(patterns, func(pattern string) bool { return Match(strings.ToLower(pattern), value) })
}

// resource gives the first pattern that a resource is like, or "".
func resource(patterns Texts, value string) string {
	return first(patterns, func(pattern string) bool { return Match(pattern, value) })
}

func first(patterns Texts, like func(string) bool) string {
	if i := slices.IndexFunc(patterns, like); i >= 0 {
		return patterns[i]
	}
	return ""
}
