package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/ops/deadletter"
)

// findingsShown is how many findings of an attempt a terminal gets; JSON has all of them.
const findingsShown = 5

var attemptColors = map[string]text.Color{string(decide.Succeeded): text.FgGreen, string(decide.Failed): text.FgRed}

func printPast(out io.Writer, p past, before bool) {
	fmt.Fprintf(out, "%s\n", oneLine(p.Resource))
	fact(out, "account", p.Account+", "+p.Region)
	fact(out, "runbook", p.Runbook)
	fact(out, "key", p.Key)
	if !p.SuspendedAt.IsZero() {
		fact(out, "suspended", moment(p.SuspendedAt)+" UTC: automatic repair has used up its attempts")
	}
	if !p.HeldAt.IsZero() {
		fact(out, "held", moment(p.HeldAt)+" UTC by "+oneLine(p.HeldBy+finding.SentBy(p.HeldSender, p.HeldBy))+
			": nothing starts by itself until a person asks for a repair")
	}
	if p.UndoRefused != "" {
		fact(out, "not undone", oneLine(p.UndoRefused))
	}
	if n := len(p.Unconfirmed); n > 0 && p.Attempts[len(p.Attempts)-1].State == string(decide.Succeeded) {
		fact(out, "unconfirmed",
			fmt.Sprintf("no check of Security Hub since the repair has said PASSED yet (findings: %d)", n))
	}
	paint := painter(out)
	for _, a := range p.Attempts {
		printTried(out, a, before, paint)
	}
}

func printTried(out io.Writer, a tried, before bool, paint func(text.Color, string) string) {
	what := "repair"
	if a.Undo != "" {
		what = "undo"
	}
	took := ""
	if !a.EndedAt.IsZero() {
		took = ", " + span(a.EndedAt.Sub(a.AskedAt).Round(time.Second))
	}
	fmt.Fprintf(out, "\n%s UTC  attempt %d, %s: %s%s\n", moment(a.AskedAt), a.Number, what,
		paint(attemptColors[a.State], a.State), took)
	fact(out, "asked by", oneLine(cmp.Or(a.By, a.Trigger)+finding.SentBy(a.Sender, a.By)))
	fact(out, "control", oneLine(a.Control))
	if a.Undo != "" {
		fact(out, "takes back", "execution "+a.Undo)
	}
	fact(out, "document", a.Document)
	fact(out, "execution", cmp.Or(a.Console, "none was started"))
	fact(out, "change", oneLine(a.Change))
	if a.Reason != "" {
		fact(out, "because", oneLine(a.Reason)+" ("+a.Class+")")
	}
	fact(out, "calls", oneLine(strings.ReplaceAll(whole(a.Calls), "\n", ", ")))
	for i, id := range a.Findings {
		if i == findingsShown {
			fact(out, "", fmt.Sprintf("and %d more", len(a.Findings)-i))
			break
		}
		fact(out, map[bool]string{true: "findings"}[i == 0], oneLine(id))
	}
	printKept(out, "before", a.Before, before)
	printKept(out, "after", a.After, before)
}

// printKept writes what a runbook kept, or how much that is.
func printKept(out io.Writer, name string, kept json.RawMessage, all bool) {
	said := whole(kept)
	switch {
	case len(kept) == 0:
	case strings.TrimSpace(said) == "":
		fact(out, name, "nothing")
	case all:
		fmt.Fprintf(out, "  %s\n    %s\n", name, strings.ReplaceAll(said, "\n", "\n    "))
	default:
		fact(out, name, fmt.Sprintf("%d characters; --before prints them", len(kept)))
	}
}

// whole writes what a runbook kept: a list of texts, which are mostly JSON themselves.
func whole(kept json.RawMessage) string {
	var texts []string
	if json.Unmarshal(kept, &texts) != nil {
		texts = []string{string(kept)}
	}
	for i := range texts {
		texts[i] = deadletter.Pretty(texts[i])
	}
	return strings.Join(texts, "\n")
}

// factIndent is where the value of a fact begins.
const factIndent = 14

// fact writes a line of a list of facts, but none about nothing. A URL or an ARN stays whole, so that it can be copied.
func fact(out io.Writer, name, value string) {
	if value == "" {
		return
	}
	lines := []string{fmt.Sprintf("  %-11s %s", name, value)}
	if strings.Contains(value, " ") {
		lines = wrapLine(lines[0], factIndent, terminalWidth(out))
	}
	fmt.Fprintln(out, strings.Join(lines, "\n"))
}

// attemptListing lists the attempts on a resource for CSV.
func attemptListing(p past) listing {
	l := listing{}
	for _, name := range []string{"Attempt", "State", "Requested", "Started", "Ended", "Control", "Account", "Region",
		"Resource", "Trigger", "By", "Sender", "Document", "Execution", "Undo", "Change", "Class", "Reason"} {
		l.columns = append(l.columns, column{name: name})
	}
	for _, a := range p.Attempts {
		l.add(strconv.Itoa(a.Number), a.State, fullTime(a.AskedAt), fullTime(a.StartedAt), fullTime(a.EndedAt), a.Control,
			p.Account, p.Region, p.Resource, a.Trigger, a.By, a.Sender, a.Document, a.Execution, a.Undo, a.Change,
			a.Class, a.Reason)
	}
	return l
}
