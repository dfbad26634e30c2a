package notify

import (
	"cmp"
	"fmt"
	"strings"

	"hubmend/internal/engine/decide"
)

// policyStory returns what happened to a repair by the policy, and what to do about it.
func policyStory(n decide.Notification) (what, hint string) {
	rule := fmt.Sprintf("rule %q of the policy", line(n.Parked.Rule, shortLimit))
	switch n.Kind {
	case decide.RepairDelayed:
		return fmt.Sprintf("Hubmend will repair a resource after %s, because %s delays it.",
				decide.Clock(n.Parked.Until),
				rule),
			"Nothing, if it may be repaired then. `hubmend plan` shows what the repair would change. To keep the " +
				"resource as " +
				"it is, add a rule to the policy that exempts it, and use `hubmend policy apply`."
	case decide.RepairProposed:
		why := rule + " asks for it"
		if n.Parked.Rule == "" {
			why = "the control asks for it"
		}
		return fmt.Sprintf("A person has to approve the repair of a resource, because %s.", why),
			fmt.Sprintf("Read the plan, and approve or reject it before %s. Without an answer nothing is repaired.",
				decide.Clock(n.Record.Proposal.ExpiresAt))
	case decide.ExemptionEnds:
		return fmt.Sprintf("Hubmend will repair a resource again after %s, because %s ends then. Until then the "+
				"rule exempts "+
				"it.", decide.Clock(n.Parked.RuleEnds), rule),
			"Remove what the exemption is for, or extend the rule with `hubmend policy apply`."
	case decide.BudgetSpent:
		return fmt.Sprintf("A budget of the policy is used up, so a repair waits until %s. Others do too.",
				decide.Clock(n.Attempt.NotBefore)),
			"Nothing, if that is what the budget is for. `hubmend policy show` has the budgets. The custom action " +
				"repairs it " +
				"now."
	default:
		return "Hubmend starts no repair automatically, because the policy, or a fact that it depends on, " +
				"cannot be read.",
			"Remove the cause. Hubmend tries again every few minutes."
	}
}

// policyFacts are what the rule and the proposal say.
func (w Writer) policyFacts(b *strings.Builder, n decide.Notification) {
	p, x := n.Parked, n.Record.Proposal
	control, _ := w.Control(n.Attempt.Control)
	for _, one := range []struct{ name, value string }{
		{"Reason", cmp.Or(p.Reason, x.Reason)}, {"Owner", p.Owner}, {"Ticket", p.Ticket},
		{"Repair", control.Repair}, {"Risk", strings.Trim(control.Risk+". "+control.RiskReason, ". ")},
	} {
		if one.value != "" {
			fact(b, one.name, line(one.value, longLimit))
		}
	}
	if n.Kind != decide.RepairProposed {
		return
	}
	fact(b, "Plan", line(cmp.Or(x.Plan, "it could not be made: "+x.Problem), longLimit))
	if len(x.Approvers) > 0 {
		fact(b, "Approver", line(strings.Join(x.Approvers, ", "), longLimit))
	}
	if x.AskedBy != "" {
		fact(b, "Asked by", line(x.AskedBy, longLimit))
	}
}

// policyCommands are what people need for the notification.
func policyCommands(n decide.Notification) []string {
	switch n.Kind {
	case decide.RepairProposed:
		id := n.Record.ProposalID()
		return []string{"hubmend approve " + id, "hubmend reject " + id}
	case decide.RepairDelayed, decide.ExemptionEnds:
		if len(n.Findings) > 0 {
			return []string{"hubmend plan --finding " + line(n.Findings[0].ID, longLimit)}
		}
	case decide.BudgetSpent, decide.PolicyUnreadable:
		return []string{"hubmend policy show"}
	}
	return nil
}

// upper begins a sentence.
func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
