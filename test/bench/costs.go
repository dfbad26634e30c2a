package main

import (
	"context"

	"hubmend/internal/ops/cost"
)

// costs estimates what the templates and the catalog cost, as docs/costs.md has it.
func costs(context.Context) ([]measurement, error) {
	inventory, err := cost.Read(assembly, cost.Embedded())
	if err != nil {
		return nil, err
	}
	report, err := cost.Make(inventory, cost.Typical)
	if err != nil {
		return nil, err
	}
	all := []measurement{{What: "fixed per month, without the free tier", Value: report.Estimate.FixedUSD, Unit: "USD"}}
	for _, a := range report.Aims {
		all = append(all, measurement{What: a.What, Value: a.USD, Unit: "USD", AtMost: a.AtMost})
	}
	return all, nil
}
