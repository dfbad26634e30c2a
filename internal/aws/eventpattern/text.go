package eventpattern

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// onText returns an operator that compares strings. fold is the comparison without regard to case, for operators that
// can contain "equals-ignore-case", and nil for others.
func onText(compare, fold func(value, operand string) bool) func(any) (test, error) {
	return func(operand any) (test, error) {
		compare := compare
		if nested, ok := operand.(map[string]any); ok && fold != nil {
			inner, value, err := only(nested)
			if err != nil {
				return nil, err
			}
			if inner != "equals-ignore-case" {
				return nil, fmt.Errorf("cannot hold %q; it can hold \"equals-ignore-case\"", inner)
			}
			operand, compare = value, fold
		}
		want, ok := operand.(string)
		if !ok {
			return nil, fmt.Errorf("must be a string, not %s", kind(operand))
		}
		return func(v any) bool {
			s, ok := v.(string)
			return ok && compare(s, want)
		}, nil
	}
}

// hasPrefixFold counts characters and not bytes, because a letter's other case may have more bytes.
func hasPrefixFold(value, prefix string) bool {
	end := 0
	for range utf8.RuneCountInString(prefix) {
		_, size := utf8.DecodeRuneInString(value[end:])
		end += size
	}
	return strings.EqualFold(value[:end], prefix)
}

func hasSuffixFold(value, suffix string) bool {
	begin := len(value)
	for range utf8.RuneCountInString(suffix) {
		_, size := utf8.DecodeLastRuneInString(value[:begin])
		begin -= size
	}
	return strings.EqualFold(value[begin:], suffix)
}

// compileWildcard parses a text in which * stands for any characters, \* for an asterisk and \\ for a backslash.
func compileWildcard(operand any) (test, error) {
	text, ok := operand.(string)
	if !ok {
		return nil, fmt.Errorf("must be a string, not %s", kind(operand))
	}
	parts, err := wildcardParts(text)
	if err != nil {
		return nil, err
	}
	return func(v any) bool {
		s, ok := v.(string)
		return ok && matchParts(s, parts)
	}, nil
}

// wildcardParts returns the texts between the wildcards of a pattern.
func wildcardParts(text string) ([]string, error) {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '*' && strings.HasPrefix(text[i:], "**"):
			return nil, fmt.Errorf("%q has two wildcards in a row", text)
		case c == '*':
			parts = append(parts, part.String())
			part.Reset()
		case c == '\\':
			i++
			if i == len(text) || text[i] != '*' && text[i] != '\\' {
				return nil, fmt.Errorf(`%q: a backslash escapes only * and \`, text)
			}
			part.WriteByte(text[i])
		default:
			part.WriteByte(c)
		}
	}
	return append(parts, part.String()), nil
}

func matchParts(s string, parts []string) bool {
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return s == first
	}
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	rest := s[len(first) : len(s)-len(last)]
	// The leftmost place for each part leaves the most room for the parts after it.
	return !slices.ContainsFunc(parts[1:len(parts)-1], func(part string) bool {
		_, after, found := strings.Cut(rest, part)
		rest = after
		return !found
	})
}
