package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/lab"
	"hubmend/internal/ops/wording"
)

// storyLine draws an event of the lab. It wraps unless the width is 0.
func storyLine(e lab.Entry, width int, paint painting) string {
	where := ""
	if e.Account != "" {
		where = e.Account + " " + e.Region
	}
	head := fmt.Sprintf("  %7.3f s  %-12s ", e.At.Seconds(), e.Kind)
	said := fmt.Sprintf("%-24s %s", where, wording.OneLine(e.Text))
	if width > 0 && width < roomForPlace {
		said = strings.TrimSpace(where + "  " + wording.OneLine(e.Text))
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

// roomForPlace is the least width at which account and Region have a column of their own.
const roomForPlace = 120

// outcomeWord matches words that report success or failure.
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

// wrapLine breaks a line between words and indents the lines after the first. A width of 0 means no limit.
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

// paintFirst colours a word in the first of several wrapped lines.
func paintFirst(lines []string, word string, color text.Color, paint painting) []string {
	lines[0] = strings.Replace(lines[0], word, paint(color, word), 1)
	return lines
}

// cutAt returns how many bytes of a text fit: up to a space, or within a word that is too long.
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
