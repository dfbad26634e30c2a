// Package parked describes for people what the policy holds back. Status, history, reports and the progress of requests
// all use its words.
package parked

import (
	"fmt"
	"strings"

	"hubmend/internal/engine/decide"
)

// Undecided reports whether an attempt is queued because the policy, or a fact that it depends on, cannot be read. The
// ledger records that as Busy, but counts the starts that Systems Manager did not accept.
func Undecided(a decide.Attempt) bool {
	return a.State == decide.Queued && a.Cause == decide.Busy && a.Refusals == 0 && !a.MayRun
}

// UndecidedWhy describes why an attempt is Undecided.
const UndecidedWhy = "The policy, or a fact that it depends on, cannot be read. Hubmend tries again every few " +
	"minutes; `hubmend policy show` reads the policy."

// Why describes why a finding is parked, in sentences.
func Why(p decide.Parked) string {
	switch p.Cause {
	case decide.Exempted:
		return fmt.Sprintf("Rule %q of the policy exempts it %s.%s", p.Rule, end(p), texts(p))
	case decide.Delayed:
		return fmt.Sprintf("Rule %q of the policy delays it until %s.%s", p.Rule, decide.Clock(p.Until), texts(p))
	case decide.Asked:
		return Asks(p.Rule, p.Reason)
	}
	return "The policy does not allow or forbid it: " + p.Reason
}

// Asks describes why a person has to approve a repair. Without a rule, it is the catalog that asks.
func Asks(rule, reason string) string {
	said := "A person has to approve each repair of this control."
	if rule != "" {
		said = fmt.Sprintf("Rule %q of the policy requires approval.", rule)
	}
	return said + sentence("Reason", reason)
}

func end(p decide.Parked) string {
	if p.RuleEnds.IsZero() {
		return "without an end"
	}
	return "until " + decide.Clock(p.RuleEnds)
}

// texts are what a rule says for people.
func texts(p decide.Parked) string {
	return sentence("Reason", p.Reason) + sentence("Owner", p.Owner) + sentence("Ticket", p.Ticket)
}

func sentence(label, text string) string {
	if text = strings.TrimRight(text, "."); text == "" {
		return ""
	}
	return " " + label + ": " + text + "."
}
