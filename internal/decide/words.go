package decide

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"hubmend/internal/finding"
	"hubmend/internal/naming"
	"hubmend/internal/target"
)

// Security Hub takes 512 characters of note, SNS 100 of subject.
const (
	noteLimit    = 512
	subjectLimit = 100
	reasonLimit  = 260 // leaves room for the words around it
	// storedLimit bounds what the ledger and a notification repeat of a runbook's words.
	storedLimit = 2000
)

const retryHint = "Repair it by hand, or remove the cause and use the custom action to try again."

func startNote(t target.Target, a Attempt) string {
	return Clip(fmt.Sprintf("Hubmend is repairing this (attempt %d, %s): runbook %s in account %s.",
		a.Number, a.Trigger, naming.Document(t.Runbook), t.Account), noteLimit)
}

// answer is what findings are told when an attempt is over.
func answer(t target.Target, a Attempt, refs []Ref) Update {
	if a.State == Succeeded {
		return Update{Findings: refs, Workflow: finding.Resolved, Note: Clip(
			fmt.Sprintf("Repaired and verified by Hubmend. %s %s", Clip(a.Change, reasonLimit), execution(t, a)), noteLimit)}
	}
	return Update{Findings: refs, Workflow: finding.Notified, Note: Clip(
		fmt.Sprintf("Hubmend could not repair this: %s %s %s", Clip(a.Reason, reasonLimit), retryHint, execution(t, a)), noteLimit)}
}

func execution(t target.Target, a Attempt) string {
	if a.ExecutionID == "" {
		return "No execution was started."
	}
	return fmt.Sprintf("Execution %s of %s in account %s.", a.ExecutionID, naming.Document(t.Runbook), t.Account)
}

func suspendNote(s Settings) string {
	return fmt.Sprintf("Hubmend has stopped repairing this: %d attempts within %s did not keep it repaired. "+
		"Find out what fails or what changes it back; the custom action tries once more.", s.MaxAttempts, hours(s.Window))
}

func suspendNotification(rec Record, r Request, refs []Ref, s Settings) Notification {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nControl:  %s\nResource: %s\nAccount:  %s\nRegion:   %s\n\nAttempts:\n",
		suspendNote(s), r.Control, rec.Target.Resource, rec.Target.Account, rec.Target.Region)
	for _, a := range rec.Attempts {
		fmt.Fprintf(&b, "  %d  %s  %s  %s %s\n", a.Number, a.ClaimedAt.Format(time.RFC3339), a.State, a.ExecutionID, cmp.Or(a.Reason, a.Change))
	}
	writeFindings(&b, refs)
	return Notification{Subject: subject("suspended", r.Control, rec.Target), Body: b.String()}
}

func failureNotification(t target.Target, a Attempt) Notification {
	var b strings.Builder
	fmt.Fprintf(&b, "Hubmend could not repair a resource.\n\nControl:  %s\nResource: %s\nAccount:  %s\nRegion:   %s\nAttempt:  %d (%s)\nReason:   %s\n\n%s\n%s\n",
		a.Control, t.Resource, t.Account, t.Region, a.Number, a.Trigger, a.Reason, retryHint, execution(t, a))
	writeFindings(&b, a.Findings)
	return Notification{Subject: subject("failed", a.Control, t), Body: b.String()}
}

func writeFindings(b *strings.Builder, refs []Ref) {
	b.WriteString("\nFindings:\n")
	for _, r := range refs {
		fmt.Fprintf(b, "  %s\n", r.ID)
	}
}

// subject keeps to what SNS allows: printable ASCII without line breaks.
func subject(event, control string, t target.Target) string {
	name := t.Resource[strings.LastIndexAny(t.Resource, "/:")+1:]
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, fmt.Sprintf("Hubmend: repair %s: %s %s in %s", event, control, name, t.Account))
	return Clip(text, subjectLimit)
}

func hours(d time.Duration) string { return fmt.Sprintf("%g h", d.Hours()) }

// Note cuts text to what Security Hub takes as a note.
func Note(text string) string { return Clip(text, noteLimit) }

// Clip shortens text to a number of characters and shows that it did.
func Clip(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-3]) + "..."
}
