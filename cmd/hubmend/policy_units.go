package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/facts"
	"hubmend/internal/engine/policy"
	"hubmend/internal/ops/policies"
	"hubmend/internal/ops/wording"
)

// readUnits adds the organizational units of accounts, if a policy has conditions about them. If they cannot be read,
// it says so once, and decisions that depend on them stay open.
func readUnits(ctx context.Context, cfg aws.Config, repairs []policies.Repair, out io.Writer, of ...policy.Policy) {
	if !slices.ContainsFunc(of, asksForUnits) {
		return
	}
	reader := facts.New(&executions.Accounts{Config: cfg}, time.Now)
	told := false
	for i, r := range repairs {
		units, err := reader.OUs(ctx, r.Subject.Account)
		if err != nil && !told {
			fmt.Fprintf(out, "hubmend: organizational units are not known: %s\n", wording.OneLine(err.Error()))
			told = true
		}
		if awserr.IsDenied(err) {
			return // for the other accounts too
		}
		repairs[i].Facts.OUs = units
	}
}

func asksForUnits(p policy.Policy) bool {
	return slices.ContainsFunc(p.Rules, func(r policy.Rule) bool { return len(r.When.OUs) > 0 })
}
