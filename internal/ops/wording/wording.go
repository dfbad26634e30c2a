// Package wording prepares words for a terminal.
package wording

import (
	"fmt"
	"strings"
	"unicode"
)

// OneLine makes untrusted text safe to print: one line without control characters.
func OneLine(s string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(printable), " ")
}

// Counted returns a number with its noun, such as "1 execution" and "2 executions".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
