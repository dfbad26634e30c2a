package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/doctor"
)

// examined is what doctor tells, in JSON.
type examined struct {
	doctor.Identity
	Healthy bool            `json:"healthy"` // there is no problem; something may be unknown, but not all
	Results []doctor.Result `json:"results"`
}

func doctorCommand() *cobra.Command {
	var x examination
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Examine a deployment, and say what mends it",
		Long: `Examines a deployment: stacks and StackSets, functions, queues, rules, custom actions, runbooks,
the ledger, the switch, alarms, who is told, and Security Hub itself. Each problem comes with what
mends it. It changes nothing.

It uses the credentials and the Region of your AWS configuration, which must be those of the
administrator's account and home Region. What they may not ask is unknown, with the permission
that is missing, and no problem. Templates are compared with those that make synth writes.

Exit codes: 0 there is no problem; 1 there is one; 2 there is no deployment, nobody to ask, or all
is unknown.`,
		Example: "  hubmend doctor\n  hubmend doctor --json\n  hubmend doctor --templates cdk.out",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return x.run(cmd) },
	}
	cmd.Flags().StringVar(&x.templates, "templates", "cdk.out", "`FOLDER` that cdk synth wrote, to compare with")
	cmd.Flags().BoolVar(&x.asJSON, "json", false, "print JSON")
	return cmd
}

// examination is one run of the command.
type examination struct {
	templates string
	asJSON    bool
}

func (x examination) run(cmd *cobra.Command) error {
	cfg, err := awsConfig(cmd.Context())
	if err != nil {
		return err
	}
	d := doctor.Deployment{Config: cfg, Catalog: catalog.Embedded(), Templates: x.templates}
	who, err := d.Whose(cmd.Context())
	if err != nil {
		return awsError(cfg.Region, err)
	}
	out := cmd.OutOrStdout()
	e := examined{Identity: who, Results: []doctor.Result{}}
	err = d.Examine(cmd.Context(), func(r doctor.Result) {
		if len(e.Results) == 0 && !x.asJSON {
			fmt.Fprintf(out, "%s, %s, as %s\n\n", who.Account, who.Region, oneLine(who.ARN))
		}
		e.Results = append(e.Results, r)
		if !x.asJSON {
			printResult(out, r)
		}
	})
	switch {
	case errors.Is(err, doctor.ErrNotDeployed):
		return fmt.Errorf("%w in account %s and %s: deploy it first, or choose the administrator's account and "+
			"home Region", err, who.Account, who.Region)
	case err != nil:
		return awsError(cfg.Region, err)
	}
	return x.conclude(out, e)
}

// conclude prints what all results come to, and gives it as an error unless all is well.
func (x examination) conclude(out io.Writer, e examined) error {
	count := map[doctor.Status]int{}
	for _, r := range e.Results {
		count[r.Status]++
	}
	known := count[doctor.OK]+count[doctor.Problem] > 0
	e.Healthy = known && count[doctor.Problem] == 0
	if x.asJSON {
		if err := json.NewEncoder(out).Encode(e); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "\nok: %d, unknown: %d, problems: %d\n", count[doctor.OK], count[doctor.Unknown],
			count[doctor.Problem])
	}
	switch {
	case !known:
		return errors.New("these AWS credentials may ask for nothing, so nothing is known of the deployment")
	case !e.Healthy:
		return errFailed
	}
	return nil
}

var resultColors = map[doctor.Status]text.Color{doctor.OK: text.FgGreen, doctor.Problem: text.FgRed,
	doctor.Unknown: text.FgYellow}

func printResult(out io.Writer, r doctor.Result) {
	status := painter(out)(resultColors[r.Status], fmt.Sprintf("%-8s", r.Status))
	fmt.Fprintf(out, "%s %-18s %s\n", status, r.Check, r.Found)
	if r.Repair != "" {
		fmt.Fprintf(out, "%27s -> %s\n", "", r.Repair)
	}
}
