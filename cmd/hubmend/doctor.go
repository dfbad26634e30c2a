package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/doctor"
)

// examined is what doctor tells, in JSON.
type examined struct {
	doctor.Identity
	Healthy bool            `json:"healthy"` // there is no problem; something may be unknown
	Results []doctor.Result `json:"results"`
}

func doctorCommand() *cobra.Command {
	var templates string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Examine a deployment, and say what mends it",
		Long: `Examines a deployment: stacks and StackSets, functions, queues, rules, custom actions, runbooks,
the ledger, the switch, alarms, who is told, and Security Hub itself. Each problem comes with what
mends it. It changes nothing.

It uses the credentials and the Region of your AWS configuration, which must be those of the
administrator's account and home Region. What they may not ask is unknown, with the permission
that is missing, and no problem. Templates are compared with those that make synth writes.

Exit codes: 0 there is no problem; 1 there is one; 2 there is no deployment, or nobody to ask.`,
		Example: "  hubmend doctor\n  hubmend doctor --json\n  hubmend doctor --templates cdk.out",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := awsConfig(cmd.Context())
			if err != nil {
				return err
			}
			d := doctor.Deployment{Config: cfg, Catalog: catalog.Embedded(), Templates: templates}
			who, err := d.Whose(cmd.Context())
			if err != nil {
				return awsError(cfg.Region, err)
			}
			out := cmd.OutOrStdout()
			e := examined{Identity: who, Results: []doctor.Result{}}
			count := map[doctor.Status]int{}
			err = d.Examine(cmd.Context(), func(r doctor.Result) {
				if len(e.Results) == 0 && !asJSON {
					fmt.Fprintf(out, "%s, %s, as %s\n\n", who.Account, who.Region, oneLine(who.ARN))
				}
				e.Results = append(e.Results, r)
				count[r.Status]++
				if !asJSON {
					printResult(out, r)
				}
			})
			switch {
			case errors.Is(err, doctor.ErrNotDeployed):
				return fmt.Errorf("%w in account %s and %s: deploy it first, or choose the administrator's account and home Region", err, who.Account, who.Region)
			case err != nil:
				return awsError(cfg.Region, err)
			}
			if e.Healthy = count[doctor.Problem] == 0; asJSON {
				err = json.NewEncoder(out).Encode(e)
			} else {
				fmt.Fprintf(out, "\nok: %d, unknown: %d, problems: %d\n", count[doctor.OK], count[doctor.Unknown], count[doctor.Problem])
			}
			if err == nil && !e.Healthy {
				return errFailed
			}
			return err
		},
	}
	cmd.Flags().StringVar(&templates, "templates", "cdk.out", "the folder that cdk synth wrote, to compare with")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

var resultColors = map[doctor.Status]text.Color{doctor.OK: text.FgGreen, doctor.Problem: text.FgRed, doctor.Unknown: text.FgYellow}

func printResult(out io.Writer, r doctor.Result) {
	status := painter(out)(resultColors[r.Status], fmt.Sprintf("%-8s", r.Status))
	fmt.Fprintf(out, "%s %-18s %s\n", status, r.Check, r.Found)
	if r.Repair != "" {
		fmt.Fprintf(out, "%27s -> %s\n", "", r.Repair)
	}
}
