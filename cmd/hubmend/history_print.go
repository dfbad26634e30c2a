package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/ops/deadletter"
	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/wording"
)

// findingsShown is how many findings of an attempt a terminal shows; JSON has all of them.
const findingsShown = 5

var outcomeColors = map[outcomes.Outcome]text.Color{
	outcomes.Repaired: text.FgGreen, outcomes.Compliant: text.FgGreen, outcomes.Failed: text.FgRed,
	outcomes.Skipped: text.FgMagenta, outcomes.Undone: text.FgMagenta, outcomes.Undo: text.FgGreen,
	outcomes.UndoFailed: text.FgRed,
}

func printPast(out io.Writer, p past, before bool) {
	fmt.Fprintf(out, "%s\n", wording.OneLine(p.Resource))
	fact(out, "account", p.Account+", "+p.Region)
	fact(out, "runbook", p.Runbook)
	fact(out, "key", p.Key)
	if !p.SuspendedAt.IsZero() {
		fact(out, "suspended", moment(p.SuspendedAt)+" UTC: automatic remediation has reached its limit of attempts")
	}
	if !p.HeldAt.IsZero() {
		fact(out, "held", moment(p.HeldAt)+" UTC by "+wording.OneLine(p.HeldBy+finding.SentBy(p.HeldSender, p.HeldBy))+
			": automatic remediation is off until you request one")
	}
	if p.UndoRefused != "" {
		fact(out, "not undone", wording.OneLine(p.UndoRefused))
	}
	for _, w := range p.HeldBack {
		said := w.Control + ": " + w.Why
		if w.Proposal != "" {
			said += " It expires at " + moment(w.Until) + " UTC."
		}
		fact(out, wordOfState[w.State], wording.OneLine(said))
		for i, id := range slices.Sorted(maps.Values(w.V2IDs)) {
			if i == findingsShown {
				fact(out, "", fmt.Sprintf("and %d more", len(w.V2IDs)-i))
				break
			}
			fact(out, "", "V2: "+wording.OneLine(id))
		}
	}
	if len(p.Attempts) == 0 {
		fmt.Fprintln(out, "\nNo attempts in this period.")
		return
	}
	if n := len(p.Unconfirmed); n > 0 && p.Attempts[len(p.Attempts)-1].State == string(decide.Succeeded) {
		fact(out, "unconfirmed",
			fmt.Sprintf("Waiting for Security Hub to re-check (%s)", wording.Counted(n, "finding")))
	}
	paint := painter(out)
	for _, a := range p.Attempts {
		printTried(out, a, before, paint)
	}
}

// wordOfState names a state that the policy holds a target in.
var wordOfState = map[overview.State]string{overview.Exempt: "exempt", overview.Delayed: "delayed",
	overview.PendingApproval: "approval", overview.Undecided: "undecided"}

func printTried(out io.Writer, a tried, before bool, paint func(text.Color, string) string) {
	what, how := "", cmp.Or(string(a.Outcome), a.State)
	if a.Undo != "" {
		what, how = ", undo", a.State
	}
	took := ""
	if !a.EndedAt.IsZero() {
		took = ", " + span(a.EndedAt.Sub(a.AskedAt).Round(time.Second))
	}
	fmt.Fprintf(out, "\n%s UTC  attempt %d%s: %s%s\n", moment(a.AskedAt), a.Number, what,
		paint(outcomeColors[a.Outcome], how), took)
	by := cmp.Or(a.By, a.Trigger) + finding.SentBy(a.Sender, a.By)
	if a.Proposal != "" {
		fact(out, "requester", wording.OneLine(cmp.Or(a.AskedBy, string(finding.Automatic))))
		fact(out, "approved by", wording.OneLine(by)+" (proposal "+a.Proposal+")")
	} else {
		fact(out, "requester", wording.OneLine(by))
	}
	if a.Despite != "" {
		fact(out, "despite", "the policy: "+wording.OneLine(a.Despite))
	}
	fact(out, "control", wording.OneLine(a.Control))
	if a.Undo != "" {
		fact(out, "undoes", "execution "+a.Undo)
	}
	fact(out, "document", a.Document)
	fact(out, "execution", cmp.Or(a.Console, "not started"))
	fact(out, "change", wording.OneLine(a.Change))
	fact(out, "reverted", wording.OneLine(a.RevertedBy))
	if a.Reason != "" {
		fact(out, "reason", wording.OneLine(a.Reason)+" ("+a.Class+")")
	}
	fact(out, "API calls", wording.OneLine(strings.ReplaceAll(whole(a.Calls), "\n", ", ")))
	for i, id := range a.Findings {
		if i == findingsShown {
			fact(out, "", fmt.Sprintf("and %d more", len(a.Findings)-i))
			break
		}
		fact(out, map[bool]string{true: "findings"}[i == 0], wording.OneLine(id))
		if v2 := a.V2IDs[id]; v2 != "" {
			fact(out, "", "V2: "+wording.OneLine(v2))
		}
	}
	printKept(out, "before", a.Before, before)
	printKept(out, "after", a.After, before)
}

// printKept writes what a runbook recorded, or how long it is.
func printKept(out io.Writer, name string, kept json.RawMessage, all bool) {
	said := whole(kept)
	switch {
	case len(kept) == 0:
	case strings.TrimSpace(said) == "":
		fact(out, name, "nothing")
	case all:
		fmt.Fprintf(out, "  %s\n    %s\n", name, strings.ReplaceAll(said, "\n", "\n    "))
	default:
		fact(out, name, fmt.Sprintf("%s; --before prints all", wording.Counted(len(kept), "character")))
	}
}

// whole formats what a runbook recorded: a list of texts that are mostly JSON themselves.
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

// factIndent is the column of the values.
const factIndent = 14

// fact writes a line with a name and a value, unless the value is empty. A URL or an ARN stays whole, so that it can
// be copied.
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
	for _, name := range []string{"Attempt", "State", "Outcome", "Requested", "Started", "Ended", "Control",
		"Account", "Region", "Resource", "Trigger", "By", "Sender", "Document", "Execution", "Undo", "Change",
		"Class", "Reason", "Proposal", "Asked by", "Despite policy", "V2 ids"} {
		l.columns = append(l.columns, column{name: name})
	}
	for _, a := range p.Attempts {
		l.add(strconv.Itoa(a.Number), a.State, string(a.Outcome), fullTime(a.AskedAt), fullTime(a.StartedAt),
			fullTime(a.EndedAt), a.Control, p.Account, p.Region, p.Resource, a.Trigger, a.By, a.Sender,
			a.Document, a.Execution, a.Undo, a.Change,
			a.Class, a.Reason, a.Proposal, a.AskedBy, a.Despite, overview.V2IDs(a.V2IDs))
	}
	return l
}
