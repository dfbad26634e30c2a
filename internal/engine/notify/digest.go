package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
)

// mostCollected is how much of a digest is listed. The commands at its end show the rest.
const mostCollected = 50

// digest is the text of a message about what has the same cause as an earlier one.
func (w Writer) digest(n decide.Notification) string {
	var b strings.Builder
	c := n.Common
	what, hint := digestStory(n)
	fmt.Fprintf(&b, "%s\n\n", what)
	if c.Control != "" {
		fact(&b, "Control", w.control(c.Control))
	}
	if c.Class != "" {
		fact(&b, "Cause", fmt.Sprintf("%s: %s", c.Class, failure.FateOf(c.Class).Means))
	}
	b.WriteString("\nAccounts, Regions and resources:\n")
	for i, one := range inOrder(n.Collected) {
		if i == mostCollected {
			fmt.Fprintf(&b, "  and %d more\n", len(n.Collected)-i)
			break
		}
		collected(&b, c, one)
	}
	fmt.Fprintf(&b, "\nWhat to do:\n  %s\n\nOn a terminal, with credentials of the administrator's account:\n", hint)
	for _, command := range digestCommands(c) {
		fmt.Fprintf(&b, "  %s\n", command)
	}
	return b.String()
}

// digestStory returns what happened, and what to do about it.
func digestStory(n decide.Notification) (what, hint string) {
	const shared = "Look for what the accounts have in common: a service control policy, the trust policy of a role, " +
		"a Region with an outage."
	accounts := decide.Counted(decide.Accounts(n.Collected), "account")
	resources := decide.Counted(len(n.Collected), "more resource")
	explained := "An earlier email explains the first failure."
	switch n.Common.Kind {
	case decide.NotRepaired:
		return fmt.Sprintf("Hubmend could not repair %s in %s. The control and the kind of failure are the same "+
			"for all. %s", resources, accounts, explained), shared + " Then request the repairs again."
	case decide.Exhausted:
		return fmt.Sprintf("Hubmend stopped repairing %s in %s. An earlier email explains the first.", resources,
			accounts), "Find out what fails or what reverts the changes. " + shared
	case decide.Contradicted:
		return fmt.Sprintf("Hubmend repaired and verified %s in %s, but later Security Hub checks failed. "+
				"Their findings are open again. %s", resources, accounts, explained),
			"Check whether something reverted the changes, or the control requires more than the repair does."
	case decide.NotConfirmed:
		return fmt.Sprintf("Hubmend repaired and verified %s in %s, but no Security Hub check has confirmed it. "+
				"An earlier email explains the first.", resources, accounts),
			"Check that the control is enabled and that AWS Config records the resources."
	case decide.RepairDelayed:
		return fmt.Sprintf("Rule %q of the policy delays the repair of %s in %s.", line(n.Common.Rule, shortLimit),
			resources, accounts), "To keep any of them as it is, add a rule to the policy that exempts it."
	case decide.RepairProposed:
		return fmt.Sprintf("Hubmend proposes to repair %s in %s, and a person has to approve each.", resources,
				accounts),
			"Approve or reject them. Without an answer nothing is repaired."
	case decide.ExemptionEnds:
		return fmt.Sprintf("Rule %q of the policy exempts %s in %s and ends within two weeks.",
				line(n.Common.Rule, shortLimit), resources, accounts),
			"Remove what the exemption is for, or extend the rule with `hubmend policy apply`."
	case decide.BudgetSpent:
		return fmt.Sprintf("A budget of the policy is used up, and %s in %s wait for the next hour or day.", resources,
			accounts), "Nothing, if that is what the budget is for. `hubmend policy show` has the budgets."
	case decide.PolicyUnreadable:
		return fmt.Sprintf("The policy, or a fact that it depends on, cannot be read. %s in %s wait, and "+
			"nothing starts "+
			"automatically.", upper(resources), accounts), "Remove the cause that the reasons below name."
	default:
		return fmt.Sprintf("Hubmend cannot start repairs in %s, because something is not set up there yet (%s). %s",
				accounts, n.Common.Scope, explained),
			"Set up what is missing. " + shared +
				" Repairs then start automatically for 24 hours. Request those that were given up."
	}
}

// digestCommands show all that the digest is about, and request it again.
func digestCommands(c decide.CommonCause) []string {
	all := []string{"hubmend status"}
	if c.Control != "" {
		all[0] += " --control " + line(c.Control, shortLimit)
	}
	switch {
	case c.Kind == decide.NotRepaired:
		all = append(all, fmt.Sprintf("hubmend remediate --failed --control %s --class %s", line(c.Control, shortLimit),
			c.Class.Flag()))
	case c.Kind == decide.AccountNotReady:
		all = append(all, "hubmend remediate --failed --class "+failure.NotReady.Flag())
	}
	return all
}

// collected writes one thing of a digest. Of an account that is not ready the resource is only an example.
func collected(b *strings.Builder, c decide.CommonCause, one decide.Collected) {
	account := one.Account
	if one.AccountName != "" {
		account += " (" + line(one.AccountName, shortLimit) + ")"
	}
	fmt.Fprintf(b, "  %s  %s  %s", decide.Clock(one.At), account, line(one.Region, shortLimit))
	if c.Kind != decide.AccountNotReady {
		b.WriteString("  " + line(one.Resource, longLimit))
	}
	b.WriteString("\n")
	if one.Reason != "" {
		fmt.Fprintf(b, "    %s\n", line(one.Reason, longLimit))
	}
	fmt.Fprintf(b, "    hubmend history %s\n", line(one.Key, shortLimit))
}

// inOrder sorts by account, Region and resource.
func inOrder(all []decide.Collected) []decide.Collected {
	return slices.SortedFunc(slices.Values(all), func(a, b decide.Collected) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region),
			cmp.Compare(a.Resource, b.Resource))
	})
}
