package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/spf13/cobra"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/finding"
	"hubmend/internal/ops/hubv2"
)

// readV2 returns what the new Security Hub has of the failed findings of controls, by their ids in Security Hub CSPM.
// It has nothing where V2 is not enabled. If V2 cannot be read, the problem says so in a sentence.
func readV2(ctx context.Context, cfg aws.Config, controls []string, within *types.AwsSecurityFindingFilters) (
	known map[string]finding.V2, problem string) {
	known = map[string]finding.V2{}
	for some := range slices.Chunk(controls, mostValues) {
		filters := []types.CompositeFilter{hubv2.Field(types.OcsfStringFieldComplianceControl, some...),
			hubv2.Field(types.OcsfStringFieldComplianceStatus, "Fail")}
		for _, f := range within.AwsAccountId {
			filters = append(filters, hubv2.Field(types.OcsfStringFieldCloudAccountUid, aws.ToString(f.Value)))
		}
		for _, f := range within.Region {
			filters = append(filters, hubv2.Field(types.OcsfStringFieldCloudRegion, aws.ToString(f.Value)))
		}
		all, more, err := hubv2.List(ctx, securityhub.NewFromConfig(cfg), mostOpenPages, func(int) {}, filters...)
		switch {
		case errors.Is(err, hubv2.ErrNotEnabled), errors.Is(err, hubv2.ErrUnknown) && !awserr.IsTransient(err):
			return known, "" // IAM has one action for reading findings, which Security Hub CSPM has just allowed
		case err != nil:
			return known, fmt.Sprintf("The status and the id of findings in the new Security Hub are not known: %v.",
				awsError(cfg.Region, err))
		case more:
			problem = fmt.Sprintf("The new Security Hub has more than %d failed findings of these controls. The "+
				"status and the id that the others have there are not known.", mostOpenPages*100)
		}
		addKnown(known, all)
	}
	return known, problem
}

// addKnown adds what OCSF findings say of themselves, by their ids in Security Hub CSPM.
func addKnown(known map[string]finding.V2, all []json.RawMessage) {
	for _, raw := range all {
		if f, err := finding.ParseOCSF(raw); err == nil {
			known[f.ID] = f.V2
		}
	}
}

// addV2 adds to findings what the new Security Hub has of them.
func (in *input) addV2(cmd *cobra.Command, cfg aws.Config, controls []string) {
	known, problem := readV2(cmd.Context(), cfg, controls, &types.AwsSecurityFindingFilters{})
	if problem != "" {
		in.note("%s", problem)
	}
	for i := range in.findings {
		if v2, is := known[in.findings[i].ID]; is {
			in.findings[i].SetV2(v2)
		}
	}
}
