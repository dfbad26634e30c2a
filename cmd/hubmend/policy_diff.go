package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/engine/policy"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/policies"
	"hubmend/internal/ops/wording"
)

func policyDiffCommand() *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:   "diff FILE",
		Short: "Compare a policy file with the policy in force",
		Long: fmt.Sprintf(`Shows which rules change, and about which open findings a policy file decides differently from the policy
in force. It reads up to %d open findings of Security Hub, with the tags that Security Hub recorded, and the
ledger. It changes nothing and starts nothing.`, mostOpenPages*100),
		Example: "  hubmend policy diff policy.yaml\n  hubmend policy diff policy.yaml --output csv > changes.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := policyOf(args[0], cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			cfg, err := awsConfig(cmd.Context())
			if err != nil {
				return err
			}
			now, err := readInForce(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			d, err := compare(cmd, cfg, now, file.Policy)
			if err != nil {
				return err
			}
			return f.print(cmd.OutOrStdout(), d, d.listing(), func(out io.Writer) {
				paragraphs(out, about(now.Version))
				showRuleChanges(out, now, file.Policy)
				d.show(out, true)
			})
		},
	}
	f.register(cmd)
	return cmd
}

func policyApplyCommand() *cobra.Command {
	var a applying
	cmd := &cobra.Command{
		Use:   "apply FILE",
		Short: "Put a policy file in force",
		Long: `Checks a policy file, shows what it changes, and asks before it applies the file as a new version. It is
refused if the policy in force changes meanwhile. With --yes, it neither asks nor reads findings.

The file is not stored, only its rules. Keep it in a repository.`,
		Example: "  hubmend policy apply policy.yaml\n  hubmend policy apply policy.yaml --yes --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.checkJSON(a.asJSON); err != nil {
				return err
			}
			file, err := policyOf(args[0], cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			cfg, err := awsConfig(cmd.Context())
			if err != nil {
				return err
			}
			now, err := readInForce(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			if now.Number > 0 && now.Hash == file.Policy.Hash() && now.problem == nil {
				return a.unchanged(cmd, now)
			}
			if !a.asJSON {
				paragraphs(cmd.OutOrStdout(), about(now.Version))
				showRuleChanges(cmd.OutOrStdout(), now, file.Policy)
			}
			if !a.yes {
				d, err := compare(cmd, cfg, now, file.Policy)
				if err != nil {
					return err
				}
				d.show(cmd.OutOrStdout(), false)
			}
			return a.apply(cmd, cfg, now, policy.Version{Policy: file.Policy, Source: filepath.Base(args[0])})
		},
	}
	a.register(cmd)
	return cmd
}

// difference is what a policy changes, in JSON.
type difference struct {
	InForce int                   `json:"inForce"` // the number of the version
	Rules   []policies.RuleChange `json:"rules"`
	Open    int                   `json:"open"` // findings that were read
	More    bool                  `json:"more"` // there are more than were read
	Changes []decisionChange      `json:"changes"`
}

// decisionChange is a finding about which the policies decide differently.
type decisionChange struct {
	Control  string `json:"control"`
	Account  string `json:"account"`
	Region   string `json:"region"`
	Resource string `json:"resource"`
	Finding  string `json:"finding"`
	Before   string `json:"before"` // a decision, or what it depends on
	After    string `json:"after"`
	Rule     string `json:"rule,omitempty"` // that decides afterwards
}

// compare reads the open findings and finds out which get another decision.
func compare(cmd *cobra.Command, cfg aws.Config, now inForce, next policy.Policy) (difference, error) {
	d := difference{InForce: now.Number, Rules: ruleChanges(now, next), Changes: []decisionChange{}}
	if now.problem != nil { // there is nothing to compare with
		return d, nil
	}
	repairs, more, err := openRepairs(cmd.Context(), cfg, readProgress(cmd.ErrOrStderr()))
	if err != nil {
		return difference{}, err
	}
	readUnits(cmd.Context(), cfg, repairs, cmd.ErrOrStderr(), now.Policy, next)
	d.Open, d.More = len(repairs), more
	for _, c := range policies.Diff(now.Policy, next, repairs, time.Now()) {
		s := c.Repair.Subject
		d.Changes = append(d.Changes, decisionChange{s.Control.ID, s.Account, s.Region, s.Resource, c.Repair.Finding,
			brief(c.Before), brief(c.After), c.After.Rule.Name})
	}
	return d, nil
}

// brief is a decision without its rule.
func brief(v policy.Verdict) string {
	if v.Needs != "" {
		return policies.Says(v)
	}
	return string(v.Decision)
}

// openRepairs reads the open findings that ask for a remediation, and since when they wait.
func openRepairs(ctx context.Context, cfg aws.Config, tell func(int)) ([]policies.Repair, bool, error) {
	documents, more, err := openDocuments(ctx, cfg, controlIDs(), &types.AwsSecurityFindingFilters{}, tell)
	if err != nil {
		return nil, false, err
	}
	controls := policyfile.Controls(catalog.Embedded())
	var all []policies.Repair
	for _, raw := range documents {
		if r, err := policies.Read(catalog.Embedded(), controls, raw, time.Now()); err == nil {
			all = append(all, r)
		}
	}
	known := policies.Known{}
	for e, err := range readLedger(cfg).All(ctx) {
		if err != nil {
			return nil, false, ledgerError(cfg.Region, err)
		}
		if e.Record != nil {
			known.Add(*e.Record, controls)
		}
	}
	return known.Join(all), more, nil
}

func ruleChanges(now inForce, next policy.Policy) []policies.RuleChange {
	return policies.RuleChanges(now.Policy, next)
}

// showRuleChanges writes which rules change.
func showRuleChanges(out io.Writer, now inForce, next policy.Policy) {
	if now.problem != nil {
		paragraphs(out, fmt.Sprintf("It cannot be read, so nothing starts automatically: %s.",
			wording.OneLine(now.problem.Error())))
	}
	changes := ruleChanges(now, next)
	if len(changes) == 0 {
		paragraphs(out, "No rule changes.")
	}
	for _, c := range changes {
		line := ""
		if c.Line > 0 {
			line = fmt.Sprintf(" (line %d)", c.Line)
		}
		fmt.Fprintf(out, "  %-8s %s%s\n", c.Change, wording.OneLine(c.Rule), line)
	}
}

// show writes how many findings get another decision, and optionally which.
func (d difference) show(out io.Writer, rows bool) {
	counts := map[string]int{}
	for _, c := range d.Changes {
		counts[c.Before+" -> "+c.After]++
	}
	more := ""
	if d.More {
		more = ", the first of more"
	}
	paragraphs(out, fmt.Sprintf("Another decision for %d of %s%s%s", len(d.Changes),
		wording.Counted(d.Open, "open finding"), more, strings.Repeat(":", min(1, len(d.Changes)))))
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(out, "  %5d  %s\n", counts[kind], kind)
	}
	if rows && len(d.Changes) > 0 {
		fmt.Fprintln(out, d.listing().render(out))
	}
}

func (d difference) listing() listing {
	l := listing{columns: []column{{name: "Control"}, {name: "Account"}, {name: "Region"},
		{name: "Resource", show: overview.Short}, {name: "Before"}, {name: "After"}, {name: "Rule"},
		{name: "Finding", csvOnly: true}}}
	for _, c := range d.Changes {
		l.add(c.Control, c.Account, c.Region, c.Resource, c.Before, c.After, c.Rule, c.Finding)
	}
	return l
}
