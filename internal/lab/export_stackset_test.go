package lab

import (
	"context"

	"hubmend/internal/lab/cfn"
)

// UpdateRollout updates the roll-out with a template, or deletes it when there is none.
func (l *Lab) UpdateRollout(ctx context.Context, template []byte) error {
	s := l.stacks.findStack(place{l.world.admin, l.world.home}, RolloutStack)
	if template == nil {
		return s.delete(ctx)
	}
	t, err := cfn.Parse(template)
	if err != nil {
		return err
	}
	return s.update(ctx, t, s.current().parameters)
}
