package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/policy/inforce"
	"hubmend/internal/ops/wording"
)

// existing is whether findings that are open when groups are ENABLED are remediated too.
type existing struct{ choice, owner, reason string }

// The choices.
const (
	existingRepair = "repair"
	existingLeave  = "leave"
)

func (e *existing) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&e.choice, "existing", existingRepair,
		"repair or leave findings that are open now; leave adds an exemption to the policy in force")
	cmd.Flags().StringVar(&e.owner, "owner", "", "email address or team of that exemption")
	cmd.Flags().StringVar(&e.reason, "reason", "", "reason of that exemption")
}

func (e existing) check() error {
	switch {
	case e.choice != existingRepair && e.choice != existingLeave:
		return fmt.Errorf("--existing %s: use repair or leave", wording.OneLine(e.choice))
	case e.choice == existingLeave && (e.owner == "" || e.reason == ""):
		return errors.New("--existing leave requires --owner and --reason, which findings show")
	case e.choice == existingRepair && (e.owner != "" || e.reason != ""):
		return errors.New("--owner and --reason go together with --existing leave")
	}
	return nil
}

// rule returns the exemption as a policy file has it, and as the functions do.
func (e existing) rule(groups []catalog.Group, now time.Time) (text string, rule policy.Rule, err error) {
	var ids, controls []string
	for _, g := range groups {
		ids, controls = append(ids, g.ID), append(controls, g.Controls...)
	}
	slices.SortFunc(controls, catalog.Compare)
	before := now.UTC().Format(time.RFC3339)
	text = fmt.Sprintf(`  - name: %s
    decision: exempt
    when:
      controls: [%s]
      firstObserved: {before: %s}
    reason: %s
    owner: %s
    forever: It is about findings that were open before.
`, strconv.Quote("open before "+strings.Join(ids, ", ")+" was ENABLED at "+before),
		strings.Join(slices.Compact(controls), ", "), strconv.Quote(before), strconv.Quote(e.reason),
		strconv.Quote(e.owner))
	f, problems := policyfile.Parse([]byte("version: 1\nrules:\n"+text), catalog.Embedded(), now)
	for _, p := range problems {
		if !p.Warning {
			return "", policy.Rule{}, fmt.Errorf("the exemption is not valid: %s", wording.OneLine(p.Text))
		}
	}
	rule = f.Policy.Rules[0]
	rule.Line = 0 // it is in no file
	return text, rule, nil
}

// leave puts the exemption in force, before the policy's other rules, and waits until functions follow it.
func (e existing) leave(cmd *cobra.Command, groups []catalog.Group, quiet bool) error {
	cfg, err := awsConfig(cmd.Context())
	if err != nil {
		return err
	}
	now, err := readInForce(cmd.Context(), cfg)
	if err == nil && now.problem != nil {
		err = policyError(cfg.Region, now.problem)
	}
	if err != nil {
		return err
	}
	text, rule, err := e.rule(groups, time.Now())
	if err != nil {
		return err
	}
	next := now.Policy
	next.Format, next.Rules = policy.Format, append([]policy.Rule{rule}, next.Rules...)
	v, err := putInForce(cmd.Context(), cfg, now, policy.Version{Policy: next, Source: "hubmend playbook enable"})
	if err != nil {
		return err
	}
	if !quiet {
		paragraphs(cmd.OutOrStdout(), fmt.Sprintf("Version %d of the policy is in force. Add this rule to your policy "+
			"file, or the next version removes it:", v.Number))
		fmt.Fprint(cmd.OutOrStdout(), text)
		paragraphs(cmd.OutOrStdout(), "Waiting a minute, until all functions follow it.")
	}
	select {
	case <-cmd.Context().Done():
		return errors.New("interrupted; the policy is in force, and no group was ENABLED")
	case <-time.After(inforce.CacheFor):
	}
	return nil
}
