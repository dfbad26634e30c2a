package executions

import "context"

// Do does an operation in a Region.
func (r *Regions) Do(ctx context.Context, region string, operation func(context.Context) error) error {
	return r.do(ctx, region, operation)
}
