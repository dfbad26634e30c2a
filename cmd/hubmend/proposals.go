package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"hubmend/internal/aws/console"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/overview"
)

func proposalsCommand() *cobra.Command {
	var control, account string
	var f format
	cmd := &cobra.Command{
		Use:   "proposals",
		Short: "List remediations that need approval",
		Long: `Lists the remediations that a rule of the policy, or Hubmend's catalog, wants a person to approve. Each
has a plan: what the remediation would change, from a run of the runbook that changed nothing. It
changes nothing.

It uses your AWS configuration. Choose the administrator's account and the home Region.`,
		Example: fmt.Sprintf("  hubmend proposals\n  hubmend proposals --control %s --account 222222222222 --json",
			exampleID()),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := awsConfig(cmd.Context())
			if err != nil {
				return err
			}
			records, err := proposedRecords(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			all, now := []proposed{}, time.Now()
			for _, rec := range records {
				if p := proposedOf(rec, cfg.Region, now); rec.Proposal.State != "" &&
					(control == "" || control == p.Control) && (account == "" || account == p.Account) {
					all = append(all, p)
				}
			}
			l := proposalListing(all)
			return f.print(cmd.OutOrStdout(), all, l, func(out io.Writer) { showProposals(out, all, l) })
		},
	}
	addControlFlag(cmd, &control, "list only this control")
	addAccountFlag(cmd, &account, "list only this account")
	f.register(cmd)
	return cmd
}

// proposed is a proposal in JSON.
type proposed struct {
	ID        string    `json:"id"`
	State     string    `json:"state"` // planning, planning failed, open or expired
	Control   string    `json:"control"`
	Title     string    `json:"title,omitempty"`
	Account   string    `json:"account"`
	Region    string    `json:"region"`
	Resource  string    `json:"resource"`
	Key       string    `json:"key"`
	Rule      string    `json:"rule,omitempty"` // of the policy; empty when Hubmend's catalog requires approval
	Reason    string    `json:"reason,omitempty"`
	Approvers []string  `json:"approvers,omitempty"` // patterns of ARNs; none: everybody who may send requests
	AskedAt   time.Time `json:"askedAt"`
	AskedBy   string    `json:"askedBy,omitempty"` // empty when it is automatic
	ExpiresAt time.Time `json:"expiresAt"`
	Plan      string    `json:"plan,omitempty"`
	Problem   string    `json:"problem,omitempty"` // why it could not be planned
	PlannedAt time.Time `json:"plannedAt,omitzero"`
	Execution string    `json:"execution,omitempty"` // that made the plan
	Console   string    `json:"console,omitempty"`
	Risk      string    `json:"risk,omitempty"`
	// RiskReason is what the remediation could break, and Irreversible why it cannot be undone.
	RiskReason   string   `json:"riskReason,omitempty"`
	Irreversible string   `json:"irreversible,omitempty"`
	Findings     []string `json:"findings"` // ids

	round  int
	target target.Target
}

// proposedOf describes the proposal of a record. Global resources are remediated in the home Region.
func proposedOf(rec decide.Record, home string, now time.Time) proposed {
	x, t := rec.Proposal, rec.Target
	p := proposed{
		ID: rec.ProposalID(), State: proposalState(x, now), Control: x.Control, Account: t.Account, Region: t.Region,
		Resource: t.Resource, Key: t.Key(), Rule: x.Rule, Reason: x.Reason, Approvers: x.Approvers, AskedAt: x.AskedAt,
		AskedBy: x.AskedBy, ExpiresAt: x.ExpiresAt, Plan: x.Plan, Problem: x.Problem, PlannedAt: x.PlannedAt,
		Execution: x.ExecutionID, Findings: ids(rec.Asked()), round: x.Round, target: t,
	}
	if control, known := catalog.Embedded().ByID(x.Control); known {
		p.Title, p.Risk, p.RiskReason = control.Title, control.Risk, control.RiskReason
		p.Irreversible = control.Irreversible
	}
	if x.ExecutionID != "" {
		region := t.Region
		if region == target.Global {
			region = home
		}
		p.Console = console.Execution(region, x.ExecutionID)
	}
	return p
}

// The states of proposals, for people.
const (
	proposalOpen     = "open"
	proposalPlanning = "planning"
	proposalFailed   = "planning failed"
	proposalExpired  = "expired"
)

func proposalState(x decide.Proposal, now time.Time) string {
	switch {
	case !now.Before(x.ExpiresAt):
		return proposalExpired
	case x.State == decide.Open:
		return proposalOpen
	case x.Problem != "":
		return proposalFailed
	}
	return proposalPlanning
}

// proposedRecords reads the records for which something is or was proposed, the oldest proposal first.
func proposedRecords(ctx context.Context, cfg aws.Config) ([]decide.Record, error) {
	var all []decide.Record
	for e, err := range readLedger(cfg).All(ctx) {
		if err != nil {
			return nil, ledgerError(cfg.Region, err)
		}
		if e.Record != nil && e.Record.Proposal.Round > 0 {
			all = append(all, *e.Record)
		}
	}
	slices.SortFunc(all, func(x, y decide.Record) int {
		return cmp.Or(x.Proposal.AskedAt.Compare(y.Proposal.AskedAt), cmp.Compare(x.Target.String(), y.Target.String()))
	})
	return all, nil
}

func proposalListing(all []proposed) listing {
	l := listing{columns: []column{{name: "ID"}, {name: "State"}, {name: "Control"}, {name: "Account"},
		{name: "Region"}, {name: "Resource", show: overview.Short}, {name: "Asked (UTC)", show: minutes},
		{name: "Expires (UTC)", show: minutes}, {name: "Plan"}, {name: "Rule", csvOnly: true},
		{name: "Asked by", csvOnly: true}, {name: "Key", csvOnly: true}}}
	for _, p := range all {
		l.add(p.ID, p.State, p.Control, p.Account, p.Region, p.Resource, fullTime(p.AskedAt), fullTime(p.ExpiresAt),
			strings.TrimSpace(cmp.Or(p.Plan, p.Problem)), p.Rule, p.AskedBy, p.Key)
	}
	return l
}

func showProposals(out io.Writer, all []proposed, l listing) {
	if len(all) == 0 {
		paragraphs(out, "No remediation needs approval.")
		return
	}
	fmt.Fprintln(out, l.render(out))
	paragraphs(out, "", "`hubmend approve ID` shows a plan in full, and asks. `hubmend reject ID` rejects it.")
}
