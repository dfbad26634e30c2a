// Package nearmatch suggests what a person meant by a name that does not exist.
package nearmatch

import (
	"fmt"
	"strings"
	"unicode"
)

// Unknown is the error for a name that does not exist. It suggests the known names that are close, and otherwise says
// where to look.
func Unknown(kind, name string, known []string, look string) error {
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, name)
	if close := Find(name, known); len(close) > 0 {
		return fmt.Errorf("unknown %s %s; did you mean %s?", kind, name, either(close))
	}
	return fmt.Errorf("unknown %s %s; %s", kind, name, look)
}

// A name with more slips, or as close to more names, would make a suggestion a guess.
const (
	mostSlips       = 2
	mostSuggestions = 3
)

// Find gives the known names that differ from a name by the fewest slips of the keyboard, whatever their case.
func Find(name string, known []string) []string {
	fewest, found := mostSlips, []string(nil)
	for _, k := range known {
		switch n := slips(strings.ToLower(name), strings.ToLower(k)); {
		case n > fewest || n > len(k)/2:
		case n < fewest:
			fewest, found = n, []string{k}
		default:
			found = append(found, k)
		}
	}
	if len(found) > mostSuggestions {
		return nil
	}
	return found
}

// slips counts what turns one text into another: letters that are missing, extra or wrong, and neighbours that are
// swapped (the optimal string alignment distance).
func slips(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}

// either joins alternatives: a, b or c.
func either(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
