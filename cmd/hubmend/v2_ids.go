package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/ops/hubv2"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/wording"
)

// mostV2IDs is how many findings are looked up in the new Security Hub: about ten seconds.
const mostV2IDs = 500

// readV2IDs returns the ids that findings have in the new Security Hub. A finding that began to wait before that
// Security Hub knew it has no id in the ledger. It returns nothing where V2 is not enabled. If V2 cannot be read, the
// problem says so in a sentence.
func readV2IDs(ctx context.Context, cfg aws.Config, findings []string) (known map[string]string, problem string) {
	slices.Sort(findings)
	findings = slices.Compact(findings)
	more := len(findings) - mostV2IDs
	known, err := hubv2.IDs(ctx, securityhub.NewFromConfig(cfg), findings[:min(len(findings), mostV2IDs)])
	switch {
	case errors.Is(err, hubv2.ErrNotEnabled), errors.Is(err, hubv2.ErrUnknown) && !awserr.IsTransient(err):
		return known, "" // as far as is known
	case err != nil:
		return known, fmt.Sprintf("The V2 ids of %s are not known: %v.",
			wording.Counted(len(findings), "finding"), awsError(cfg.Region, err))
	case more > 0:
		return known, fmt.Sprintf("The V2 ids of %s are not shown; `hubmend findings --output csv` has those of "+
			"all open findings.", wording.Counted(more, "finding"))
	}
	return known, ""
}

// withV2IDs is a list of findings, with the ids that they have in the new Security Hub.
type withV2IDs struct {
	findings []string
	ids      *map[string]string
}

// ofTargets gives the findings of targets.
func ofTargets(lists ...[]overview.Target) []withV2IDs {
	var all []withV2IDs
	for _, targets := range lists {
		for i := range targets {
			all = append(all, withV2IDs{targets[i].IDs, &targets[i].V2IDs})
		}
	}
	return all
}

// addV2IDs adds the ids that the ledger lacks. It returns a sentence if they cannot be read.
func addV2IDs(ctx context.Context, cfg aws.Config, all []withV2IDs) (problem string) {
	known := map[string]string{} // to one of the lists
	for _, one := range all {
		maps.Copy(known, *one.ids)
	}
	var lacking []string
	for _, one := range all {
		lacking = append(lacking, overview.WithoutV2ID(known, one.findings)...)
	}
	if len(lacking) > 0 {
		var read map[string]string
		read, problem = readV2IDs(ctx, cfg, lacking)
		maps.Copy(known, read)
	}
	for _, one := range all {
		*one.ids = overview.AddV2IDs(*one.ids, one.findings, known)
	}
	return problem
}
