package main

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/ops/overview"
)

// holdBack adds to open resources how the policy or an undo holds them back. Where nothing is deployed, nothing is
// held back.
func holdBack(ctx context.Context, cfg aws.Config, all []openResource) error {
	index := map[string]int{} // by the id of a finding
	for i, r := range all {
		for _, id := range r.Findings {
			index[id] = i
		}
	}
	for e, err := range readLedger(cfg).All(ctx) {
		var missing *types.ResourceNotFoundException
		switch {
		case errors.As(err, &missing):
			return nil
		case err != nil:
			return ledgerError(cfg.Region, err)
		case e.Record == nil:
			continue
		}
		for _, p := range e.Record.Parked {
			if i, is := index[p.Request.Ref.ID]; is && p.ReturnedAt.IsZero() {
				t := overview.ParkedTarget(*e.Record, p)
				all[i].State, all[i].Rule, all[i].Until = t.State, t.Rule, t.Until
			}
		}
		if !e.Record.Held() {
			continue
		}
		for i := range all { // findings of several controls can be about the same target
			if all[i].State == "" && all[i].target.Key() == e.Record.Target.Key() {
				all[i].State = overview.Held
			}
		}
	}
	return nil
}
