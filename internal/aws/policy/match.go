package policy

import (
	"slices"
	"strings"
)

// Match reports whether a value matches a pattern in which * stands for any text and ? for any one character. As in
// IAM, both also match separators.
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

// action returns the first pattern that matches an action, or "". Actions are not case-sensitive.
func action(patterns Texts, value string) string {
	value = strings.ToLower(value)
	return first(patterns, func(pattern string) bool { return Match(strings.ToLower(pattern), value) })
}

// resource returns the first pattern that matches a resource, or "".
func resource(patterns Texts, value string) string {
	return first(patterns, func(pattern string) bool { return Match(pattern, value) })
}

func first(patterns Texts, like func(string) bool) string {
	if i := slices.IndexFunc(patterns, like); i >= 0 {
		return patterns[i]
	}
	return ""
}
