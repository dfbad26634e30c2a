package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/plan"
)

func planCommand() *cobra.Command {
	var q question
	var root string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what a repair would change, and change nothing",
		Long: `Runs the runbook of a finding as far as it only reads, and shows which calls would change
something, what would be before and after, what uses the resource, the risk, the way back, what
the runbook's role may do, and the cost. Calls that change something are refused by what runs
the runbook, so a plan changes nothing.

The reads are made with the credentials of your AWS configuration, which must be those of the
resource's account; no role is assumed. Nothing of Hubmend has to be deployed there. The Region
is that of the resource. A finding is a file, or its id, which is then read from Security Hub.

It needs Python 3.10 or later with boto3, and no checkout of Hubmend. It takes the interpreter that
HUBMEND_PYTHON names, or else the first of .venv/bin/python and python3 that has boto3.

Exit codes: 0 there is a plan, or nothing to change; 1 the runbook would refuse the resource or
fail, and the output says why; 2 the plan could not be made.`,
		Example: fmt.Sprintf(`  hubmend plan --finding finding.json
  hubmend plan --finding arn:aws:securityhub:us-east-1:222222222222:security-control/%[1]s/finding/0b0a29a4-3a54-4d7f-9a29-1ba5b8a4a7a3
  hubmend plan --control %[1]s --resource arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0
  hubmend plan --control %[1]s --resource arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0 --json > plan.json`, exampleID()),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := q.check(); err != nil {
				return err
			}
			o := &operator{root: root, environment: os.Environ()}
			defer o.close()
			raw, err := q.answer(cmd.Context(), o)
			if err != nil {
				return err
			}
			repair, err := plan.ForFinding(catalog.Embedded(), raw)
			if err != nil {
				return q.refused(err)
			}
			api, err := o.in(cmd.Context(), repair.Region, repair.Target.Account)
			if err != nil {
				return err
			}
			programs, err := o.programs(cmd.Context(), api)
			if err != nil {
				return err
			}
			planner := plan.Planner{Catalog: catalog.Embedded(), API: api, Scripts: programs,
				ExecutionID: uuid.NewString()}
			made, err := planner.Make(cmd.Context(), repair)
			if err != nil {
				return errors.New(oneLine(err.Error()))
			}
			if q.finding == "" {
				made.Finding = "" // the one that was made up
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(made)
			} else {
				printPlan(cmd.OutOrStdout(), made)
			}
			if err == nil && made.Verdict == plan.Refusal {
				return errFailed
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&q.finding, "finding", "", "file with a finding (- is standard input), or the id of one")
	addControlFlag(cmd, &q.control, "control to remediate, instead of a finding")
	flags.StringVar(&q.resource, "resource", "", "ARN or id of the resource, with --control")
	addRegionFlag(cmd, &q.region,
		"Region of a resource whose ARN or id has none (default: that of your AWS configuration)")
	flags.StringVar(&root, "root", ".", "folder of a Hubmend checkout, whose Python is then used")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// check refuses what cannot be a question, before anything is started.
func (q question) check() error {
	switch {
	case (q.finding == "") == (q.control == ""):
		return errors.New("give either --finding, or --control with --resource")
	case q.control != "" && q.resource == "":
		return errors.New("--control needs the --resource that the repair is planned for")
	case q.finding != "" && (q.resource != "" || q.region != ""):
		return errors.New("a --finding names its resource and Region; leave out --resource and --region")
	case q.region != "" && !slices.Contains([]string{"", q.region}, part(q.resource, 3)):
		return fmt.Errorf("%s names its Region, %s; leave out --region", oneLine(q.resource),
			oneLine(part(q.resource, 3)))
	}
	return nil
}
