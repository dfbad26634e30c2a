package decide

import (
	"fmt"
	"strings"
)

// parkedText says why a finding is parked.
func (d *decider) parkedText(p Parked) string {
	switch p.Cause {
	case Exempted:
		return exemptText(p)
	case Delayed:
		return fmt.Sprintf("%s delays this repair until %s.%s To have it repaired now, use the custom action or "+
			"`hubmend "+
			"remediate`. To keep it as it is, add a rule that exempts it.", ruleName(p), Clock(p.Until), ruleWords(p))
	case Asked:
		return proposalText(d.Record)
	}
	return "Hubmend does not start this repair automatically, because its policy cannot be applied: " +
		p.Reason +
		" It tries again every few minutes."
}

func exemptText(p Parked) string {
	end := "without an end"
	if !p.RuleEnds.IsZero() {
		end = "until " + Clock(p.RuleEnds)
	}
	return fmt.Sprintf("Hubmend does not repair this: %s exempts it %s.%s To repair it nevertheless, use `hubmend "+
		"remediate` with --despite-policy.", ruleName(p), end, ruleWords(p))
}

func ruleName(p Parked) string { return fmt.Sprintf("rule %q of the policy", p.Rule) }

// ruleWords are what a rule says for people.
func ruleWords(p Parked) string {
	var b strings.Builder
	for _, part := range []struct{ label, text string }{
		{"Reason", p.Reason}, {"Owner", p.Owner}, {"Ticket", p.Ticket},
	} {
		if part.text != "" {
			fmt.Fprintf(&b, " %s: %s.", part.label, strings.TrimRight(part.text, "."))
		}
	}
	return b.String()
}

// returnedNote is the note of a finding that may ask again.
func returnedNote(p Parked) string {
	return Clip(fmt.Sprintf("The wait for %s is over, so this finding is NEW again. Hubmend repairs it if its control "+
		"group is ENABLED.", map[ParkCause]string{Exempted: "the end of an exemption", Asked: "an approval",
		Delayed: "its delay", Unreadable: "the policy"}[p.Cause]), noteLimit)
}

const askAgainNote = "Another repair of this resource was proposed and answered. This finding is NEW again, so that " +
	"Hubmend can propose its own repair."

// proposalNote is the note of findings whose repair a person has to approve.
func proposalNote(rec Record) string { return Clip(proposalText(rec), noteLimit) }

func proposalText(rec Record) string {
	x, id := rec.Proposal, rec.ProposalID()
	ask := fmt.Sprintf("Rule %q of the policy asks a person before this is repaired.", Line(x.Rule, ruleLimit))
	if x.Rule == "" {
		ask = strings.TrimSpace("A person has to approve this repair. " + x.Reason)
	}
	if x.State != Open {
		return ask + " Hubmend reads the resource now and then proposes a plan here."
	}
	return fmt.Sprintf("%s Plan: %s Approve: `hubmend approve %s`%s. Reject: `hubmend reject %s`. It expires at %s.",
		ask,
		strings.TrimSpace(x.Plan), id, orCustomAction(x), id, Clock(x.ExpiresAt))
}

func orCustomAction(x Proposal) string {
	if len(x.Approvers) > 0 {
		return ""
	}
	return " or the custom action"
}

func planRefusedNote(reason string) string {
	return because("A person was to approve this repair, but the runbook would fail:", reason, "Nothing was changed.")
}

func planCompliantNote(change string) string {
	return Clip("A person was to approve this repair, but there is nothing to change"+
		strings.TrimPrefix(change, nothingToChange)+" The next check of Security Hub should pass.", noteLimit)
}

func expiredNote(x Proposal) string {
	return Clip(fmt.Sprintf(
		"Nobody approved the proposed repair until %s, so it was not made. To have it repaired, use "+
			"the custom action or `hubmend remediate`, or set this finding to NEW to have it proposed again.",
		Clock(x.ExpiresAt)), noteLimit)
}

func rejectedNote(answer Answer) string {
	why := ""
	if answer.Reason != "" {
		why = " Reason: " + strings.TrimRight(Line(answer.Reason, ruleLimit), ".") + "."
	}
	return Clip(fmt.Sprintf(
		"The proposed repair was rejected by %s.%s Nothing was changed. To have it proposed again, set "+
			"this finding to NEW.", Line(answer.By, askerLimit), why), noteLimit)
}

func changedNote(a Attempt) string {
	return because("The resource has changed since the approved repair was planned, so nothing was changed:", a.Reason,
		"Hubmend plans it again and proposes the new plan here.")
}
