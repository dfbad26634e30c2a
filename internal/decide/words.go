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
	// storedLimit bounds what a record and a notification repeat of a runbook's words. The
	// history has them whole.
	storedLimit = 600
)

const retryHint = "Repair it by hand, or remove the cause and use the custom action to try again."

// startNote says nothing of the target itself, so that one call can tell many findings.
func startNote(t target.Target, a Attempt) string {
	return Clip(fmt.Sprintf("Hubmend is repairing this (attempt %d, %s) with runbook %s.", a.Number, a.asker(), naming.Document(t.Runbook)), noteLimit)
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
	return fmt.Sprintf("Execution %s of %s in account %s.", a.ExecutionID, naming.Document(a.Runbook(t)), t.Account)
}

func holdNote(a Attempt) string {
	switch a.Cause {
	case Paused:
		return "Hubmend is paused by its administrator. This will be repaired when it is active again, if it is still needed then."
	case Broken:
		return Clip(fmt.Sprintf("Automatic repair of %s is paused until %s, because it failed for several resources one after the other. "+
			"This will be tried then; the custom action tries at once.", a.Control, clock(a.NotBefore)), noteLimit)
	default:
		return Clip(fmt.Sprintf("Hubmend tries to repair this again after %s.", clock(a.NotBefore)), noteLimit)
	}
}

func retryNote(failed, next Attempt) string {
	return Clip(fmt.Sprintf("Attempt %d did not work, for a reason that should pass (%s): %s Hubmend tries again after %s.",
		failed.Number, failed.Class, Clip(failed.Reason, reasonLimit), clock(next.NotBefore)), noteLimit)
}

func reopenNote(t target.Target, a Attempt) string {
	return Clip(fmt.Sprintf("Hubmend had resolved this, but a later check of Security Hub failed, so it is open again. %s %s",
		Clip(a.Change, reasonLimit), execution(t, a)), noteLimit)
}

// clock writes a moment for people, in UTC.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func suspendNote(s Settings) string {
	return fmt.Sprintf("Hubmend has stopped repairing this: %d attempts within %s did not keep it repaired. "+
		"Find out what fails or what changes it back; the custom action tries once more.", s.MaxAttempts, hours(s.Window))
}

func suspendNotification(rec Record, r Request, refs []Ref, s Settings) Notification {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nControl:  %s\nResource: %s\nAccount:  %s\nRegion:   %s\n\nAttempts:\n",
		suspendNote(s), r.Control, rec.Target.Resource, rec.Target.Account, rec.Target.Region)
	for _, a := range rec.Attempts {
		fmt.Fprintf(&b, "  %d  %s  %s  %s %s\n", a.Number, clock(a.ClaimedAt), a.State, a.ExecutionID, cmp.Or(a.Reason, a.Change))
	}
	writeFindings(&b, refs)
	return Notification{Subject: subject("suspended", r.Control, rec.Target), Body: b.String()}
}

func contradictedNotification(t target.Target, a Attempt, refs []Ref) Notification {
	var b strings.Builder
	fmt.Fprintf(&b, "Hubmend had repaired and verified a resource, but a later check of Security Hub failed. Its findings are open again.\n\n"+
		"Control:  %s\nResource: %s\nAccount:  %s\nRegion:   %s\nRepaired: %s, attempt %d\nChange:   %s\n\n%s\n",
		a.Control, t.Resource, t.Account, t.Region, clock(a.EndedAt), a.Number, a.Change, execution(t, a))
	writeFindings(&b, refs)
	return Notification{Subject: subject("contradicted", a.Control, t), Body: b.String()}
}

func unconfirmedNotification(t target.Target, a Attempt, refs []Ref, s Settings) Notification {
	var b strings.Builder
	fmt.Fprintf(&b, "Hubmend repaired and verified a resource, but no check of Security Hub has confirmed it within %s. See whether the control is enabled.\n\n"+
		"Control:  %s\nResource: %s\nAccount:  %s\nRegion:   %s\nRepaired: %s\nChange:   %s\n",
		hours(s.ConfirmWithin), a.Control, t.Resource, t.Account, t.Region, clock(a.EndedAt), a.Change)
	writeFindings(&b, refs)
	return Notification{Subject: subject("not confirmed", a.Control, t), Body: b.String()}
}

func breakerNotification(br Breaker, s Settings) Notification {
	var b strings.Builder
	fmt.Fprintf(&b, "Repairs of %s failed for %d resources one after the other, so its automatic repair is paused until %s. "+
		"Findings that arrive meanwhile wait. Find out what fails; a custom action that succeeds ends the pause.\n\nResources:\n",
		br.Control, len(br.Failures), clock(br.OpenUntil))
	for _, f := range br.Failures {
		fmt.Fprintf(&b, "  %s  %s\n", clock(f.At), f.Resource)
	}
	return Notification{Subject: ascii(fmt.Sprintf("Hubmend: automatic repair of %s is paused for %s", br.Control, hours(s.BreakerWindow))), Body: b.String()}
}

func failureNotification(t target.Target, a Attempt) Notification {
	var b strings.Builder
	fmt.Fprintf(&b, "Hubmend could not repair a resource.\n\nControl:  %s\nResource: %s\nAccount:  %s\nRegion:   %s\nAttempt:  %d (%s)\nReason:   %s\n\n%s\n%s\n",
		a.Control, t.Resource, t.Account, t.Region, a.Number, a.asker(), a.Reason, retryHint, execution(t, a))
	writeFindings(&b, a.Findings)
	return Notification{Subject: subject("failed", a.Control, t), Body: b.String()}
}

func writeFindings(b *strings.Builder, refs []Ref) {
	b.WriteString("\nFindings:\n")
	for _, r := range refs {
		fmt.Fprintf(b, "  %s\n", r.ID)
	}
}

func subject(event, control string, t target.Target) string {
	name := t.Resource[strings.LastIndexAny(t.Resource, "/:")+1:]
	return ascii(fmt.Sprintf("Hubmend: repair %s: %s %s in %s", event, control, name, t.Account))
}

// ascii keeps a subject to what SNS allows: a line of printable ASCII.
func ascii(text string) string {
	return Clip(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text), subjectLimit)
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
