package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"hubmend/internal/aws/console"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/target"
)

// Names that others chose may be long: the ARN of a bucket's object has up to 1,100 characters, and a
// runbook's reason more. The links of a few findings are enough to begin with.
const (
	longLimit    = 600
	reasonLimit  = 1200
	shortLimit   = 120
	mostFindings = 10
	mostAttempts = 10 // and failures: the settings allow a thousand, and SNS takes 256 KB
)

// Writer writes the body of a message.
type Writer struct {
	// Home is the administrator's Region: where people find the findings, and where global
	// resources are repaired from.
	Home     string
	Settings decide.Settings
	// Control returns what Hubmend knows of a control, and false for one that it does not know.
	Control func(id string) (control.Control, bool)
	Now     func() time.Time
}

// Body is the text of a message. Each thing that others have named is cut to a line.
func (w Writer) Body(n decide.Notification) string {
	if n.Kind == decide.Digested {
		return w.digest(n)
	}
	var b strings.Builder
	what, hint := w.story(n)
	fmt.Fprintf(&b, "%s\n\n", what)
	if n.Kind == decide.ControlPaused {
		w.breaker(&b, n.Breaker)
	} else {
		w.facts(&b, n)
	}
	fmt.Fprintf(&b, "\nWhat to do:\n  %s\n", hint)
	lasting(&b, n)
	if n.Kind == decide.ControlPaused {
		return b.String()
	}
	if _, common := n.CommonCause(); common {
		fmt.Fprintf(&b, "\nFor the next %s, similar messages are collected into one email.\n",
			decide.Hours(w.Settings.DigestEvery))
	}
	w.places(&b, n)
	w.commands(&b, n)
	return b.String()
}

// story returns what happened, and what to do about it.
func (w Writer) story(n decide.Notification) (what, hint string) {
	s := w.Settings
	switch n.Kind {
	case decide.NotRepaired:
		return "Hubmend could not repair a resource.", decide.RetryHint
	case decide.NotUndone:
		became := "A part may be restored"
		if n.Attempt.Untouched() {
			became = "The repair is still in place"
		}
		return "Hubmend failed to undo a repair. " + became + ", and automatic repair continues as before.",
			"Remove the cause and request it again, or restore the resource by hand from the previous value, which " +
				"`hubmend history --before` shows."
	case decide.Exhausted:
		what, hint, _ = strings.Cut(decide.SuspendNote(s), ". ")
		return what + ".", hint
	case decide.Contradicted:
		return "Hubmend repaired and verified a resource, but a later Security Hub check failed. Its findings " +
				"are open again.",
			"Check whether something reverted the change, or the control requires more than the repair does."
	case decide.NotConfirmed:
		return fmt.Sprintf("Hubmend repaired and verified a resource, but no Security Hub check has confirmed it "+
				"within %s.", decide.Hours(s.ConfirmWithin)),
			"Check that the control is enabled and that AWS Config records the resource."
	case decide.AccountNotReady:
		return "Hubmend cannot start repairs in an account, because something is not set up there yet. It keeps " +
				"trying for 24 hours. You get one email for all findings of the account.",
			fmt.Sprintf("Set up what is missing. Repairs then start automatically. Start those that were given up "+
				"with `hubmend remediate --failed --account %s --class not-ready`.", n.Record.Target.Account)
	case decide.ControlPaused:
		if n.Account != "" {
			return fmt.Sprintf("Repairs of %s failed for %s in a row in account %s, so its automatic repair is "+
					"paused in this account until %s. New findings wait until then. Other accounts are not affected.",
					w.control(n.Breaker.Control), resources(len(n.Breaker.Failures)), line(n.Account, shortLimit),
					decide.Clock(n.Breaker.OpenUntil)),
				"Find out what is different in this account. A custom action that succeeds there ends the pause."
		}
		return fmt.Sprintf("Repairs of %s failed for %s in a row, so its automatic repair is paused until %s. New "+
				"findings wait until then.",
				w.control(n.Breaker.Control), resources(len(n.Breaker.Failures)), decide.Clock(n.Breaker.OpenUntil)),
			"Find out what fails. A custom action that succeeds ends the pause."
	case decide.RepairDelayed, decide.RepairProposed, decide.ExemptionEnds, decide.BudgetSpent, decide.PolicyUnreadable:
		return policyStory(n)
	default:
		return "This version of Hubmend cannot describe what happened: " + line(string(n.Kind), shortLimit) + ".",
			"Check the history."
	}
}

func (w Writer) facts(b *strings.Builder, n decide.Notification) {
	t, a := n.Record.Target, n.Attempt
	fact(b, "Control", w.control(a.Control))
	fact(b, "Resource", line(t.Resource, longLimit))
	fact(b, "Account", account(n.Record))
	fact(b, "Region", line(t.Region, shortLimit))
	switch n.Kind {
	case decide.AccountNotReady:
		fact(b, "Reason", line(a.Reason, longLimit))
	case decide.NotRepaired:
		fact(b, "Attempt", fmt.Sprintf("%d (%s)", a.Number, line(a.BriefAsker(shortLimit), longLimit)))
		fact(b, "Reason", line(decide.Brief(a.Reason, reasonLimit), reasonLimit))
	case decide.NotUndone:
		fact(b, "Repair", "execution "+line(a.Undo, shortLimit))
		fact(b, "By", line(a.BriefAsker(shortLimit), longLimit))
		fact(b, "Reason", line(decide.Brief(a.Reason, reasonLimit), reasonLimit))
	case decide.Exhausted:
		attempts(b, n.Record.Attempts)
	case decide.RepairDelayed, decide.RepairProposed, decide.ExemptionEnds, decide.BudgetSpent, decide.PolicyUnreadable:
		w.policyFacts(b, n)
	default:
		fact(b, "Repaired", fmt.Sprintf("%s, attempt %d", decide.Clock(a.EndedAt), a.Number))
		fact(b, "Change", line(a.Change, longLimit))
	}
}

func attempts(b *strings.Builder, all []decide.Attempt) {
	b.WriteString("\nAttempts:\n")
	for _, a := range newest(b, all) {
		begun, kind := a.ClaimedAt, ""
		if begun.IsZero() { // it was given up before
			begun = a.QueuedAt
		}
		if a.Undo != "" {
			kind = "undo "
		}
		fmt.Fprintf(b, "  %d  %s  %s%s  %s\n", a.Number, decide.Clock(begun), kind, a.State,
			line(decide.Brief(cmp.Or(a.Reason, a.Change), longLimit), longLimit))
	}
}

func (w Writer) breaker(b *strings.Builder, br decide.Breaker) {
	b.WriteString("Failed:\n")
	for _, f := range newest(b, br.Failures) {
		fmt.Fprintf(b, "  %s  %s\n    hubmend history %s\n", decide.Clock(f.At), line(f.Resource, longLimit),
			line(f.Key, shortLimit))
	}
}

// places are links into AWS's consoles.
func (w Writer) places(b *strings.Builder, n decide.Notification) {
	t := n.Record.Target
	switch id := n.Attempt.ExecutionID; {
	case id != "":
		region := t.Region
		if region == target.Global {
			region = w.Home
		}
		fmt.Fprintf(b, "\nExecution (log in to account %s):\n  %s\n", t.Account, console.Execution(region, id))
	case n.Parked.Cause == "":
		b.WriteString("\nNo execution was started.\n")
	}
	b.WriteString("\nFindings (log in to the administrator's account):\n")
	for i, r := range n.Findings {
		if i == mostFindings {
			fmt.Fprintf(b, "  and %d more\n", len(n.Findings)-i)
			break
		}
		fmt.Fprintf(b, "  %s\n    %s\n", line(r.ID, longLimit), console.Finding(w.Home, r.ID))
	}
}

// commands names the target by its key, which needs no quotes.
func (w Writer) commands(b *strings.Builder, n decide.Notification) {
	fmt.Fprintf(b, "\nOn a terminal, with credentials of the administrator's account:\n  hubmend history %s\n",
		n.Record.Target.Key())
	for _, command := range policyCommands(n) {
		fmt.Fprintf(b, "  %s\n", command)
	}
	if id := w.undoable(n.Record); id != "" {
		fmt.Fprintf(b, "  hubmend undo %s\n", id)
	}
}

// undoable returns the execution of the latest repair if it can be undone, or "".
func (w Writer) undoable(rec decide.Record) string {
	repair := rec.Undoable()
	control, known := w.Control(repair.Control)
	if !known || !control.Reversible || repair.Forgotten(w.Now()) || decide.UndoProblem(rec, repair.ExecutionID) != "" {
		return ""
	}
	return repair.ExecutionID
}

// control returns a control with its title if it is one of Hubmend's.
func (w Writer) control(id string) string {
	if control, known := w.Control(id); known {
		return control.ID + " " + control.Title
	}
	return line(id, shortLimit)
}

func account(rec decide.Record) string {
	if rec.AccountName == "" {
		return rec.Target.Account
	}
	return fmt.Sprintf("%s (%s)", rec.Target.Account, line(rec.AccountName, shortLimit))
}

// latest returns the last few, and says in the message how many there are before them.
func newest[T any](b *strings.Builder, all []T) []T {
	older := max(0, len(all)-mostAttempts)
	if older > 0 {
		fmt.Fprintf(b, "  %d earlier ones, then\n", older)
	}
	return all[older:]
}

// line makes one line of text that others wrote, without anything that email programs turn into a link. The links of a
// message are Hubmend's own.
func line(s string, limit int) string {
	return decide.Line(strings.ReplaceAll(s, "://", ": //"), limit)
}

func resources(n int) string {
	if n == 1 {
		return "1 resource"
	}
	return fmt.Sprint(n, " resources")
}

// fact writes a line of a message.
func fact(b *strings.Builder, name, value string) { fmt.Fprintf(b, "%-10s%s\n", name+":", value) }
