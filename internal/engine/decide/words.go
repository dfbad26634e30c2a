package decide

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
)

const (
	noteLimit   = 512 // characters, of Security Hub
	reasonLimit = 260 // what a reason gets at least, and a change at most: it leaves room for the words around it
	// storedLimit limits what a record and a notification repeat of a runbook's words. A record
	// keeps a dozen attempts, in an item of 400 KB.
	storedLimit = 2000
	// historyLimit limits the reason of an attempt in the history, which has an item for each. A loop
	// of a hundred passes may fail in each of them.
	historyLimit = 20_000
)

// RetryHint is what to do about a repair that failed.
const RetryHint = failure.TryAgain

// startNote says nothing of the target itself, so that one call can tell many findings.
func startNote(t target.Target, a Attempt) string {
	return Clip(fmt.Sprintf("Hubmend is repairing this (attempt %d, %s) with runbook %s.", a.Number, a.Asker(),
		naming.Document(t.Runbook)), noteLimit)
}

// answer is the update of findings when an attempt is over.
func answer(t target.Target, a Attempt, refs []Ref) Update {
	if a.State == Succeeded {
		return Update{Findings: refs, Workflow: finding.Resolved,
			Note: Clip(successNote(a)+" "+execution(t, a), noteLimit)}
	}
	return Update{Findings: refs, Workflow: finding.Notified, Note: failureNote(t, a)}
}

func successNote(a Attempt) string {
	change := Clip(a.Change, reasonLimit)
	if a.Compliant() {
		return "Already compliant" + strings.TrimPrefix(change, nothingToChange)
	}
	return "Repaired and verified by Hubmend. " + change
}

func execution(t target.Target, a Attempt) string {
	if a.ExecutionID == "" {
		return "No execution was started."
	}
	return fmt.Sprintf("Execution %s of %s in account %s.", a.ExecutionID, naming.Document(a.Runbook(t)), t.Account)
}

func holdNote(a Attempt) string {
	switch a.WaitsAs() {
	case PhasePaused:
		return "Hubmend is paused by its administrator. Hubmend repairs this when it is active " +
			"again, if the finding still fails then."
	case PhaseBroken:
		return Clip(fmt.Sprintf(
			"Automatic repair of %s is paused until %s, because repairs of several resources failed in a row. "+
				"This is repaired when one repair has succeeded then. The custom action repairs it now.", a.Control,
			Clock(a.NotBefore)), noteLimit)
	case PhaseOverBudget:
		return fmt.Sprintf("A budget of the policy is used up, so Hubmend repairs this after %s. The custom action "+
			"repairs it now.", Clock(a.NotBefore))
	default:
		return Clip(fmt.Sprintf("Hubmend tries again after %s.", Clock(a.NotBefore)), noteLimit)
	}
}

func retryNote(failed, next Attempt) string {
	return because(fmt.Sprintf("Attempt %d failed for a transient reason (%s):", failed.Number,
		failed.Class),
		failed.Reason, fmt.Sprintf("Hubmend tries again after %s.", Clock(next.NotBefore)))
}

func reopenNote(t target.Target, a Attempt) string {
	return Clip(fmt.Sprintf(
		"Hubmend resolved this, but a later Security Hub check failed, so it is open again. %s %s",
		Clip(a.Change, reasonLimit), execution(t, a)), noteLimit)
}

// oldCheckNote returns why a finding is RESOLVED whose check failed after the repair.
func oldCheckNote(t target.Target, a Attempt, s Settings) string {
	lag := max(a.EvidenceLag, s.EvidenceLag)
	done, since := "remediated and verified this", "the remediation"
	if a.Compliant() {
		done, since = "found this compliant", "that"
	}
	return Clip(fmt.Sprintf(
		"Hubmend %s at %s. The data behind this check can be up to %s old, so it may be older than %s. "+
			"Hubmend waits for a check made after %s and reopens the finding if that fails. %s",
		done, Clock(a.EndedAt), span(lag), since, Clock(a.validFrom(s)), execution(t, a)), noteLimit)
}

// Clock writes a moment for people, in UTC.
func Clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// SuspendNote says that the guard has stopped automatic repair of a target, and what to do.
func SuspendNote(s Settings) string {
	return fmt.Sprintf("Hubmend stopped repairing this: %d attempts within %s did not keep it compliant. "+
		"Find out what fails or what reverts the change. The custom action tries once more.", s.MaxAttempts,
		Hours(s.Window))
}

// span writes a time span for people, in the larger of two units that fits.
func span(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%g minutes", d.Minutes())
	}
	return Hours(d)
}

// Hours writes a time span for people.
func Hours(d time.Duration) string { return fmt.Sprintf("%g h", d.Hours()) }

// Note cuts text to what Security Hub takes as a note.
func Note(text string) string { return Clip(text, noteLimit) }

// Clip shortens text to a number of characters and shows that it did.
func Clip(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-len(ellipsis)]) + ellipsis
}

// ellipsis shows where text was left out.
const ellipsis = "..."

// Line makes a line of text that others wrote, so that it cannot pass for words of Hubmend's own:
// whatever is not printable becomes a space, and so does every break. It cuts what is too long.
func Line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	return Clip(strings.Join(strings.Fields(s), " "), limit)
}
