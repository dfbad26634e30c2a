package doctor

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/aws/awserr"
)

// notSubscribed is the error code of Security Hub when it is not enabled in the account and Region.
const notSubscribed = "InvalidAccessException"

// securityHub checks whether Security Hub is enabled, and reports the form of its findings. Hubmend supports both.
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
	r.found = "enabled; consolidated control findings are off: one finding per standard, which Hubmend combines"
	if out.ControlFindingGenerator == types.ControlFindingGeneratorSecurityControl {
		r.found = "enabled; consolidated control findings are on"
	}
	return r, nil
}

// homeRegion checks which Regions send their findings here. Only the home Region receives them.
func (e *examination) homeRegion(ctx context.Context) (report, error) {
	r := report{found: fmt.Sprintf(
		"findings are not aggregated: Hubmend remediates only those of %s; to aggregate them, run "+
			"`aws securityhub create-finding-aggregator`", e.Config.Region)}
	one, err := e.aggregator(ctx)
	if err != nil || one.home == "" {
		return r, err
	}
	if one.home != e.Config.Region {
		r.problem("deploy hubmend-admin in "+one.home+" and delete it here",
			"findings are aggregated in %s, but this deployment is in %s", one.home, e.Config.Region)
	}
	r.found = fmt.Sprintf("findings are aggregated here (%s)", one.mode)
	return r, nil
}
