package main

import (
	"fmt"
	"strings"
)

// unknown is the error for a name that nothing has. It suggests the names that are close, or says where to look.
func unknown(kind, name string, known []string, look string) error {
	if close := nearest(name, known); len(close) > 0 {
		return fmt.Errorf("unknown %s %s; did you mean %s?", kind, oneLine(name), either(close))
	}
	return fmt.Errorf("unknown %s %s; %s", kind, oneLine(name), look)
}

// mostTypos is how many slips a name may have before a suggestion would be a guess.
const mostTypos = 2

// nearest gives the names that differ from a name by the fewest slips of the keyboard, whatever their case.
func nearest(name string, known []string) []string {
	fewest, found := mostTypos, []string(nil)
	for _, k := range known {
		switch n := typos(strings.ToLower(name), strings.ToLower(k)); {
		case n > fewest || n >= len(k)/2+1:
		case n < fewest:
			fewest, found = n, []string{k}
		default:
			found = append(found, k)
		}
	}
	if len(found) > 3 {
		return nil
	}
	return found
}

// typos counts what turns one text into another: letters that are missing, extra or wrong, and neighbours that are
// swapped (optimal string alignment distance).
func typos(a, b string) int {
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
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
	}
	return strings.Join(words, "")
}
