package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/doctor"
	"hubmend/internal/ops/wording"
)

// examined is the output of doctor in JSON.
type examined struct {
	doctor.Identity
	Healthy bool            `json:"healthy"` // there are no problems, and not everything is unknown
	Results []doctor.Result `json:"results"`
}

func doctorCommand() *cobra.Command {
	var x examination
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check a deployment, and show how to fix each problem",
		Long: `Checks a deployment: stacks and StackSets, functions, queues, rules, custom actions, runbooks, the
ledger, the switch, alarms, notifications and Security Hub. It shows how to fix each problem. It
changes nothing.

It uses your AWS configuration. Choose the administrator's account and the home Region. If a
permission is missing, the check reports unknown and names it. Deployed templates are compared with
those that make synth writes.

Exit codes: 0 no problems; 1 at least one problem; 2 no deployment, no answer from AWS, or
everything is unknown.`,
		Example: "  hubmend doctor\n  hubmend doctor --json\n  hubmend doctor --templates cdk.out",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return x.run(cmd) },
	}
	cmd.Flags().StringVar(&x.templates, "templates", "cdk.out", "`FOLDER` of cdk synth to compare the deployment with")
	x.format.register(cmd)
	return cmd
}

// examination is one run of the command.
type examination struct {
	templates string
	format    format
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
		if len(e.Results) == 0 && x.format == formatTable {
			fmt.Fprintf(out, "%s, %s, as %s\n\n", who.Account, who.Region, wording.OneLine(who.ARN))
		}
		if x.format == formatTable {
			printResult(out, r, sameFix(e.Results, r)) // at once, because all checks together take a while
		}
		e.Results = append(e.Results, r)
	})
	switch {
	case errors.Is(err, doctor.ErrNotDeployed):
		return fmt.Errorf("%w in account %s and %s: deploy it, or choose the administrator's account and the home "+
			"Region", err, who.Account, who.Region)
	case err != nil:
		return awsError(cfg.Region, err)
	}
	return x.conclude(out, e)
}

// conclude prints a summary of the results. It returns an error unless the deployment is healthy.
func (x examination) conclude(out io.Writer, e examined) error {
	count := map[doctor.Status]int{}
	for _, r := range e.Results {
		count[r.Status]++
	}
	known := count[doctor.OK]+count[doctor.Problem] > 0
	e.Healthy = known && count[doctor.Problem] == 0
	err := x.format.print(out, e, resultListing(e.Results), func(out io.Writer) {
		fmt.Fprintf(out, "\n%d ok, %d unknown, %s\n", count[doctor.OK], count[doctor.Unknown],
			wording.Counted(count[doctor.Problem], "problem"))
	})
	if err != nil {
		return err
	}
	switch {
	case !known:
		return errors.New("these AWS credentials have none of the permissions that doctor needs")
	case !e.Healthy:
		return errFailed
	}
	return nil
}

var resultColors = map[doctor.Status]text.Color{doctor.OK: text.FgGreen, doctor.Problem: text.FgRed,
	doctor.Unknown: text.FgMagenta}

// sameFix reports whether the result before another has the same fix.
func sameFix(before []doctor.Result, r doctor.Result) bool {
	return len(before) > 0 && r.Fix != "" && before[len(before)-1].Fix == r.Fix
}

// printResult writes what a check found, with the fix below it. A command stays in one line, so that it can be copied.
func printResult(out io.Writer, r doctor.Result, sameFix bool) {
	const indent = 33
	width, status := terminalWidth(out), string(r.Status)
	found := wrapLine(fmt.Sprintf("%-8s %-23s %s", status, r.Check, wording.OneLine(r.Found)), indent, width)
	lines := paintFirst(found, status, resultColors[r.Status], painter(out))
	fix := wording.OneLine(r.Fix)
	switch {
	case fix == "":
	case sameFix:
		lines = append(lines, strings.Repeat(" ", indent)+"-> "+sameAsAbove)
	case isCommand(fix):
		lines = append(lines, "  -> "+fix)
	default:
		lines = append(lines, wrapLine(strings.Repeat(" ", indent)+"-> "+fix, indent+3, width)...)
	}
	fmt.Fprintln(out, strings.Join(lines, "\n"))
}

func isCommand(fix string) bool {
	program, _, _ := strings.Cut(fix, " ")
	return program == "aws" || program == "hubmend"
}

func resultListing(results []doctor.Result) listing {
	l := listing{columns: []column{{name: "Check"}, {name: "Status"}, {name: "Found"}, {name: "Fix"}}}
	for _, r := range results {
		l.add(r.Check, string(r.Status), r.Found, r.Fix)
	}
	return l
}
