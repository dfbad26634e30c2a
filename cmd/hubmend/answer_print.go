package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"hubmend/internal/ops/parked"
	"hubmend/internal/ops/wording"
)

// printProposal shows what a person needs to know before the answer.
func printProposal(out io.Writer, p proposed) {
	fmt.Fprintf(out, "Proposal %s\n", p.ID)
	fact(out, "control", strings.TrimSpace(p.Control+" "+p.Title))
	fact(out, "account", p.Account+", "+p.Region)
	fact(out, "resource", wording.OneLine(p.Resource))
	fact(out, "why", wording.OneLine(parked.Asks(p.Rule, p.Reason)))
	fact(out, "requester", moment(p.AskedAt)+" UTC, "+wording.OneLine(cmp.Or(p.AskedBy, "automatic")))
	fact(out, "approvers", wording.OneLine(strings.Join(p.Approvers, ", ")))
	fact(out, "plan", wording.OneLine(cmp.Or(p.Plan, "none yet")))
	if !p.PlannedAt.IsZero() {
		fact(out, "planned", moment(p.PlannedAt)+" UTC")
	}
	fact(out, "execution", p.Console)
	if p.Risk != "" {
		fact(out, "risk", p.Risk+". "+p.RiskReason)
		fact(out, "undo", cmp.Or(p.Irreversible, "`hubmend undo` restores the previous value for 30 days."))
	}
	fact(out, "findings", wording.Counted(len(p.Findings), "finding"))
	fact(out, "expires", moment(p.ExpiresAt)+" UTC")
	fmt.Fprintln(out)
}
