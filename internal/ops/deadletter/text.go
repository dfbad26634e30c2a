package deadletter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// printable puts text into one line that does nothing to a terminal: white space becomes a
// space, and what has no picture a question mark.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, text)
}

// clip shortens text to a number of characters.
func clip(text string, most int) string {
	n := 0
	for i := range text {
		if n++; n > most {
			return text[:i] + "..."
		}
	}
	return text
}

// maxDepth is how deep JSON may be for Pretty to indent it. No event is a tenth as deep, and
// what the indents take grows with the square of it.
const maxDepth = 100

// Pretty formats a message's body: indented if it is JSON, otherwise unchanged. Very deep JSON stays on
// one line. Unprintable characters are escaped as in JSON, so that JSON keeps its meaning.
func Pretty(body string) string {
	var compact, indented bytes.Buffer
	if json.Compact(&compact, []byte(body)) == nil {
		body = compact.String()
		if depth(body) <= maxDepth && json.Indent(&indented, compact.Bytes(), "", "  ") == nil {
			body = indented.String()
		}
	}
	var b strings.Builder
	for _, r := range body {
		switch {
		case r == '\n' || r == '\t' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// depth is how deep the objects and arrays of JSON are, up to where it is none.
func depth(body string) int {
	now, most := 0, 0
	tokens := json.NewDecoder(strings.NewReader(body))
	for {
		token, err := tokens.Token()
		if err != nil {
			return most
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			now++
			most = max(most, now)
		case json.Delim('}'), json.Delim(']'):
			now--
		}
	}
}
