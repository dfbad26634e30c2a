package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/lab"
)

// storyLine draws what happened in a lab. On a terminal, whose width is not 0, it wraps.
func storyLine(e lab.Entry, width int, paint painting) string {
	where := ""
	if e.Account != "" {
		where = e.Account + " " + e.Region
	}
	head := fmt.Sprintf("  %7.3f s  %-12s ", e.At.Seconds(), e.Kind)
	said := fmt.Sprintf("%-24s %s", where, oneLine(e.Text))
	if width > 0 && width < roomForPlace {
		said = strings.TrimSpace(where + "  " + oneLine(e.Text))
	}
	lines := wrapLine(head+said, len(head), width)
	if width >= roomForPlace {
		lines = wrapLine(head+said, len(head)+25, width)
	}
	for i, line := range lines {
		if e.Kind == lab.KindProblem || e.Kind == lab.KindDenied {
			lines[i] = paint(text.FgRed, line)
		} else {
			lines[i] = paintWords(line, paint)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// roomForPlace is from which width on account and Region have a column of their own.
const roomForPlace = 120

// outcomeWord is a word that says how something came out.
var outcomeWord = regexp.MustCompile(`\b(RESOLVED|PASSED|Success|FAILED|Failed|TimedOut|FAIL)\b`)

func paintWords(line string, paint painting) string {
	return outcomeWord.ReplaceAllStringFunc(line, func(word string) string {
		switch word {
		case "RESOLVED", "PASSED", "Success":
			return paint(text.FgGreen, word)
		}
		return paint(text.FgRed, word)
	})
}

// wrapLine breaks a line between words. The lines after the first are indented. With a width of 0
// it stays one line.
func wrapLine(line string, indent, width int) []string {
	if width == 0 || text.StringWidth(line) <= width {
		return []string{line}
	}
	indent = min(indent, width/2)
	var lines []string
	room := width
	for rest := line; rest != ""; room = width - indent {
		cut := cutAt(rest, room)
		part := strings.TrimRight(rest[:cut], " ")
		if len(lines) > 0 {
			part = strings.Repeat(" ", indent) + part
		}
		lines, rest = append(lines, part), strings.TrimLeft(rest[cut:], " ")
	}
	return lines
}

// paintFirst colours a word of the first of some lines, after they were wrapped.
func paintFirst(lines []string, word string, color text.Color, paint painting) []string {
	lines[0] = strings.Replace(lines[0], word, paint(color, word), 1)
	return lines
}

// cutAt gives how many bytes of a text fit into so many characters: up to a space, or within a word that is longer.
func cutAt(s string, room int) int {
	runes := []rune(s)
	if len(runes) <= room {
		return len(s)
	}
	fits := string(runes[:room+1])
	if space := strings.LastIndexByte(fits, ' '); space > 0 && strings.TrimSpace(fits[:space]) != "" {
		return space
	}
	return len(string(runes[:room]))
}
