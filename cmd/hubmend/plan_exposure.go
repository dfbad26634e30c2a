package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"hubmend/internal/engine/policy"
	"hubmend/internal/ops/plan"
)

// fromV2 reads the finding from the new Security Hub.
func (q question) fromV2(ctx context.Context, o *operator) (json.RawMessage, error) {
	document, a, err := o.readV2(ctx, q.region, q.finding)
	if err != nil {
		return nil, err
	}
	_, e, err := eitherOf(q.finding, document)
	if err == nil && e != nil {
		err = fmt.Errorf("%s is an exposure; use `hubmend plan %[1]s --region %s`", q.finding, a.cfg.Region)
	}
	return document, err
}

// readV2 reads a document from the new Security Hub.
func (o *operator) readV2(ctx context.Context, region, id string) (json.RawMessage, asking, error) {
	a, err := o.asking(ctx, region)
	if err != nil {
		return nil, a, err
	}
	document, err := findV2(ctx, a, id)
	return document, a, err
}

// asking gives access to a Region for reading findings.
func (o *operator) asking(ctx context.Context, region string) (asking, error) {
	cfg, person, err := o.open(ctx, region)
	return asking{cfg: cfg, person: person}, err
}

// plannedExposure is the outcome in JSON.
type plannedExposure struct {
	exposed
	Plans []plan.Plan `json:"plans"`
}

// planExposure lists the findings behind an exposure, and plans those that Hubmend can remediate.
func (q question) planExposure(cmd *cobra.Command, o *operator, asJSON bool) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	document, a, err := o.readV2(ctx, q.region, q.exposure)
	if err != nil {
		return err
	}
	f, e, err := eitherOf(q.exposure, document)
	if err != nil {
		return err
	}
	if e == nil {
		return fmt.Errorf("%s is not an exposure but a finding of %s; use `hubmend plan --finding %[1]s --region %s`",
			q.exposure, f.ControlID, a.cfg.Region)
	}
	// The policy is in the administrator's account, and a plan reads with credentials of the resource's account.
	x, err := newExposed(ctx, *e, policy.Policy{},
		func(region string) (asking, error) { return o.asking(ctx, region) })
	if err != nil {
		return err
	}
	if !asJSON {
		x.show(out)
	}
	plans, err := q.plansOf(ctx, o, x)
	if err != nil {
		return err
	}
	failed := len(plans) == 0
	for _, p := range plans {
		failed = failed || p.Verdict == plan.Refusal
		if !asJSON {
			fmt.Fprintln(out)
			printPlan(out, p)
		}
	}
	if asJSON {
		err = json.NewEncoder(out).Encode(plannedExposure{x, plans})
	} else if len(plans) == 0 {
		fmt.Fprintln(out, "\nHubmend can remediate none of them.")
	}
	if err == nil && failed {
		err = errFailed
	}
	return err
}

func (q question) plansOf(ctx context.Context, o *operator, x exposed) ([]plan.Plan, error) {
	plans := []plan.Plan{}
	for _, row := range x.Related {
		if !row.State.Starts() {
			continue
		}
		made, err := q.make(ctx, o, x.document(row.Finding))
		if err != nil {
			return nil, err
		}
		plans = append(plans, made)
	}
	return plans, nil
}
