package lab

import (
	"context"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cfn"
)

// UpdateRollout updates the roll-out with a template, or deletes it when there is none.
func (l *Lab) UpdateRollout(ctx context.Context, template []byte) error {
	s := l.stacks.Find(apicall.Place{Account: l.world.Admin, Region: l.world.Home}, RolloutStack)
	if template == nil {
		return s.Delete(ctx)
	}
	t, err := cfn.Parse(template)
	if err != nil {
		return err
	}
	return s.Update(ctx, t, s.Current().Parameters)
}
