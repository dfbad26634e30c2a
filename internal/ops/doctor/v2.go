package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/aws/awserr"
	hub "hubmend/internal/engine/securityhub"
)

// v2 reports whether the new Security Hub is enabled. Several checks need it, so it is read once.
func (e *examination) v2(ctx context.Context) (bool, error) {
	if e.enabledV2 == nil {
		enabled, err := hub.Enabled(ctx, e.hub)
		if err != nil {
			return false, err
		}
		e.enabledV2 = &enabled
	}
	return *e.enabledV2, nil
}

// securityHubV2 shows whether the new Security Hub is enabled. Hubmend works with it and without it.
func (e *examination) securityHubV2(ctx context.Context) (report, error) {
	enabled, err := e.v2(ctx)
	if enabled {
		return report{found: "the new Security Hub is enabled: findings get their status there too"}, err
	}
	return report{found: "the new Security Hub is not enabled: only Security Hub CSPM is used"}, err
}

// homeRegionV2 checks that the new Security Hub sends the findings of the same Regions here as CSPM does.
func (e *examination) homeRegionV2(ctx context.Context) (report, error) {
	r := report{found: "the new Security Hub is not enabled"}
	if enabled, err := e.v2(ctx); err != nil || !enabled {
		return r, err
	}
	cspm, err := e.aggregator(ctx)
	if err != nil {
		return r, err
	}
	v2, err := e.aggregatorV2(ctx)
	if err != nil {
		return r, err
	}
	switch {
	case v2.home == "" && cspm.home == "":
		r.found = "findings are not aggregated there either"
	case v2.home == "":
		r.problem("aws securityhub create-aggregator-v2 --region "+cspm.home+" --region-linking-mode ALL_REGIONS",
			"Security Hub CSPM aggregates findings in %s, but the new Security Hub does not: findings of other "+
				"Regions do not get their status there", cspm.home)
	case v2.home != e.Config.Region:
		r.problem("aggregate the findings of both in one Region, and deploy hubmend-admin there",
			"the new Security Hub aggregates findings in %s, but this deployment is in %s", v2.home, e.Config.Region)
	case cspm.home == "":
		r.problem("aws securityhub create-finding-aggregator --region "+v2.home+" --region-linking-mode ALL_REGIONS",
			"the new Security Hub aggregates findings in %s, but Security Hub CSPM does not: findings of other "+
				"Regions are not remediated", v2.home)
	default:
		r.found = fmt.Sprintf("the new Security Hub aggregates findings here too (%s)", v2.mode)
	}
	return r, nil
}

// aggregator is where findings are aggregated, and of which Regions. It is zero if they are not.
type aggregator struct{ home, mode string }

func (e *examination) aggregator(ctx context.Context) (aggregator, error) {
	list, err := e.hub.ListFindingAggregators(ctx, &securityhub.ListFindingAggregatorsInput{})
	if err != nil || len(list.FindingAggregators) == 0 {
		return aggregator{}, err
	}
	one, err := e.hub.GetFindingAggregator(ctx,
		&securityhub.GetFindingAggregatorInput{FindingAggregatorArn: list.FindingAggregators[0].FindingAggregatorArn})
	if err != nil {
		return aggregator{}, err
	}
	return aggregator{aws.ToString(one.FindingAggregationRegion), aws.ToString(one.RegionLinkingMode)}, nil
}

func (e *examination) aggregatorV2(ctx context.Context) (aggregator, error) {
	list, err := e.hub.ListAggregatorsV2(ctx, &securityhub.ListAggregatorsV2Input{})
	if err != nil || len(list.AggregatorsV2) == 0 {
		return aggregator{}, err
	}
	one, err := e.hub.GetAggregatorV2(ctx,
		&securityhub.GetAggregatorV2Input{AggregatorV2Arn: list.AggregatorsV2[0].AggregatorV2Arn})
	if err != nil {
		return aggregator{}, err
	}
	return aggregator{aws.ToString(one.AggregationRegion), aws.ToString(one.RegionLinkingMode)}, nil
}

// features are the two services that have a delegated administrator each, with their names.
var features = []struct {
	name types.SecurityHubFeature
	text string
}{
	{types.SecurityHubFeatureSecurityHub, "Security Hub CSPM"},
	{types.SecurityHubFeatureSecurityHubV2, "the new Security Hub"},
}

// administrators checks that this account is the delegated administrator of both services. Only then it may update the
// findings of all accounts.
func (e *examination) administrators(ctx context.Context) (report, error) {
	r := report{found: "there is no organization, so there is no delegated administrator"}
	if e.stacksErr != nil || e.organization() == "" {
		return r, e.stacksErr
	}
	enabled, err := e.v2(ctx)
	if err != nil {
		return r, err
	}
	who, err := e.Whose(ctx)
	if err != nil {
		return r, err
	}
	asked := features
	if !enabled {
		asked = features[:1]
	}
	var found []string
	for _, f := range asked {
		one, err := e.administrator(ctx, f.name)
		if awserr.IsDenied(err) {
			return unanswered(err, f.name), nil
		}
		if err != nil {
			return r, err
		}
		if one != who.Account {
			r.problem("in the management account: aws securityhub enable-organization-admin-account --feature "+
				string(f.name)+" --admin-account-id "+who.Account,
				"the delegated administrator of %s is %s, but this deployment is in %s", f.text, orNone(one),
				who.Account)
		}
		found = append(found, f.text)
	}
	r.found = "this account is the delegated administrator of " + strings.Join(found, " and ")
	return r, nil
}

// unanswered reports that this account may not ask, because of IAM or because it is not the management account.
func unanswered(err error, feature types.SecurityHubFeature) report {
	r := report{unknown: why(err), hint: "in the management account: " +
		"aws securityhub list-organization-admin-accounts --feature " + string(feature)}
	if awserr.Code(err) == notSubscribed {
		r.unknown = "only the organization's management account can list the delegated administrators"
	}
	return r
}

func orNone(account string) string {
	if account == "" {
		return "not set"
	}
	return account
}

func (e *examination) administrator(ctx context.Context, feature types.SecurityHubFeature) (string, error) {
	out, err := e.hub.ListOrganizationAdminAccounts(ctx,
		&securityhub.ListOrganizationAdminAccountsInput{Feature: feature})
	if err != nil {
		return "", err
	}
	for _, a := range out.AdminAccounts {
		if a.Status == types.AdminStatusEnabled {
			return aws.ToString(a.AccountId), nil
		}
	}
	return "", nil
}
