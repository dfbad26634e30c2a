package doctor

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/aws/awserr"
)

// notSubscribed is what Security Hub says in an account and Region that has not enabled it.
const notSubscribed = "InvalidAccessException"

// securityHub says whether it is enabled, and in which form findings come. Hubmend takes both.
func (e *examination) securityHub(ctx context.Context) (report, error) {
	r := report{}
	out, err := e.hub.DescribeHub(ctx, &securityhub.DescribeHubInput{})
	if code := awserr.Code(err); code == notSubscribed || code == "ResourceNotFoundException" {
		r.problem("aws securityhub enable-security-hub", "Security Hub is not enabled in this account and %s",
			e.Config.Region)
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.found = "enabled; consolidated control findings are off: one finding for each standard, which Hubmend joins"
	if out.ControlFindingGenerator == types.ControlFindingGeneratorSecurityControl {
		r.found = "enabled; consolidated control findings are on: one finding for all standards"
	}
	return r, nil
}

// homeRegion says of which Regions the findings come here. They come to the home Region only.
func (e *examination) homeRegion(ctx context.Context) (report, error) {
	r := report{found: fmt.Sprintf(
		"findings are not aggregated: only those of %s are repaired; `aws securityhub create-finding-aggregator` "+
			"collects them", e.Config.Region)}
	list, err := e.hub.ListFindingAggregators(ctx, &securityhub.ListFindingAggregatorsInput{})
	if err != nil || len(list.FindingAggregators) == 0 {
		return r, err
	}
	one, err := e.hub.GetFindingAggregator(ctx,
		&securityhub.GetFindingAggregatorInput{FindingAggregatorArn: list.FindingAggregators[0].FindingAggregatorArn})
	if err != nil {
		return r, err
	}
	home, mode := aws.ToString(one.FindingAggregationRegion), aws.ToString(one.RegionLinkingMode)
	if home != e.Config.Region {
		r.problem("deploy hubmend-admin in "+home+", and delete it here",
			"findings are collected in %s, and this deployment is in %s", home, e.Config.Region)
	}
	r.found = fmt.Sprintf("findings are collected here (%s)", mode)
	return r, nil
}
