package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hubmend/internal/ops/exposure"
	"hubmend/internal/ops/plan"
	"hubmend/internal/ops/wording"
)

// byID reads the finding or the exposure that an id names. Security Hub CSPM has the control findings whose ids are
// ARNs, and only the new Security Hub has exposures.
func (o *operator) byID(ctx context.Context, region, id string) (json.RawMessage, *exposure.Exposure, error) {
	a, err := o.asking(ctx, region)
	if err != nil {
		return nil, nil, err
	}
	if isV2ID(id) {
		document, err := findV2(ctx, a, id)
		if err != nil {
			return nil, nil, err
		}
		_, e, err := eitherOf(id, document)
		return document, e, err
	}
	document, err := o.fromHub(ctx, a.cfg.Region, id)
	if missing := (notInHub{}); errors.As(err, &missing) {
		e, err := exposureOf(ctx, a, missing)
		return nil, e, err
	}
	return document, nil, err
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

// planExposure lists the findings behind an exposure, and plans those in its Region that Hubmend can remediate.
func (q question) planExposure(cmd *cobra.Command, o *operator, e exposure.Exposure, asJSON bool) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	// The policy is in the administrator's account, and a plan reads with credentials of the resource's account.
	x, err := newExposed(ctx, e, exposure.Judge{Region: e.Region},
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
		fmt.Fprintf(out, "\nHubmend can remediate none of them in %s.\n",
			wording.OneLine(cmp.Or(e.Region, "any Region")))
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
