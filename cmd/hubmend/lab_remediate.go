package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"hubmend/internal/lab"
	"hubmend/internal/lab/scenario"
)

// remediateIn runs `hubmend remediate --yes --no-wait ID` for a scenario.
func remediateIn(s *scenario.Scenario) func(context.Context, *lab.Lab, string) error {
	return func(ctx context.Context, l *lab.Lab, id string) error {
		a, err := askWith(ctx, operatorConfig(l, s))
		if err != nil {
			return err
		}
		var problems strings.Builder
		cmd := remediateCommand()
		cmd.SetContext(ctx)
		cmd.SetOut(io.Discard)
		cmd.SetErr(&problems)
		r := remediating{following: following{noWait: true}, again: again{confirmation: confirmation{yes: true}}}
		if err := r.remediate(cmd, a, []string{id}); err != nil {
			return err
		}
		if problems.Len() > 0 {
			return errors.New(problems.String())
		}
		return nil
	}
}
