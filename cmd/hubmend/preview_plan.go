package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/plan"
	"hubmend/internal/ops/preview"
	"hubmend/internal/ops/wording"
)

// makePlans plans the repairs that would start, those in the account of the AWS credentials.
func (p previewing) makePlans(cmd *cobra.Command, r *preview.Report) error {
	o := &operator{root: p.root, environment: os.Environ()}
	defer o.close()
	_, who, err := o.open(cmd.Context(), "")
	if err != nil {
		return err
	}
	repairs := r.Repairs()
	here := slices.DeleteFunc(slices.Clone(repairs), func(row preview.Row) bool { return row.Account != who.Account })
	if n := len(repairs) - len(here); n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s in other accounts are not planned. A plan reads with your AWS "+
			"credentials, which are of account %s.", wording.Counted(n, "repair"), who.Account))
	}
	if p.sample > 0 {
		here = preview.Sample(here, p.sample)
	}
	for i, row := range here {
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: plan %d of %d: %s %s\n", i+1, len(here), row.Control,
			wording.OneLine(row.Resource))
		planned, err := planRow(cmd, o, row)
		if err != nil {
			return err
		}
		r.Plans = append(r.Plans, planned)
	}
	return nil
}

// planRow plans one repair. A plan that cannot be made is one that says why.
func planRow(cmd *cobra.Command, o *operator, row preview.Row) (preview.Planned, error) {
	planned := preview.Planned{Target: row.Target, Control: row.Control, Account: row.Account, Resource: row.Resource}
	repair, err := plan.ForFinding(catalog.Embedded(), row.Raw())
	if err != nil {
		return planned, err
	}
	api, err := o.in(cmd.Context(), repair.Region, row.Account)
	if err != nil {
		return planned, err
	}
	programs, err := o.programs(cmd.Context(), api)
	if err != nil {
		return planned, err
	}
	made, err := plan.Planner{Catalog: catalog.Embedded(), API: api, Scripts: programs,
		ExecutionID: uuid.NewString()}.Make(cmd.Context(), repair)
	if cmd.Context().Err() != nil {
		return planned, errInterrupted
	}
	if err != nil {
		planned.Verdict, planned.Reason = "failed", wording.OneLine(err.Error())
		return planned, nil
	}
	planned.Verdict, planned.Reason, planned.Lost = string(made.Verdict), made.Reason, made.Lost
	for _, c := range made.Calls {
		planned.Calls = append(planned.Calls, c.API)
	}
	for _, u := range made.Uses {
		planned.Uses += len(u.Found)
	}
	return planned, nil
}
