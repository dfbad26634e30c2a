package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/plan"
	"hubmend/internal/ops/wording"
)

func planCommand() *cobra.Command {
	var q question
	var root string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan [FINDING_ID | EXPOSURE_ID]",
		Short: "Show what a remediation would change, without changing anything",
		Long: `Runs the read-only part of a finding's runbook, and shows the calls that would change something, the
previous and the new values, what uses the resource, the risk, how to undo it, what the runbook's
role can do, and the cost. Calls that would change something are not made.

It reads with the credentials of your AWS configuration, which must be those of the resource's
account. It assumes no role, and Hubmend need not be deployed there. The Region is that of the
resource. FILE is a finding, a list, or an event, as JSON or YAML, in UTF-8 or UTF-16, also
compressed with gzip; - reads standard input. FINDING_ID is the id of a finding in either Security
Hub, also as --finding.

EXPOSURE_ID is the id of an exposure finding of the new Security Hub. The command lists the findings
behind it and what Hubmend can do about each, and plans those in its Region that it can remediate.
For findings in other Regions, it shows the commands.

RESOURCE is an ARN or the resource's own id, such as sg-0123456789abcdef0, which is then taken to be
in the account and Region of your AWS configuration.

It needs Python 3.10 or later with boto3, and no checkout of Hubmend. It uses the interpreter that
HUBMEND_PYTHON names, or else the first that has boto3 of that of a checkout or of "hubmend lab
setup", and python3.

Exit codes: 0 there is a plan, or nothing to change; 1 the runbook would refuse the resource or
fail, it must be remediated manually, or Hubmend can remediate nothing behind the exposure, and the
output explains why; 2 the plan could not be made.`,
		Example: fmt.Sprintf(`  hubmend plan --finding finding.json
  hubmend plan --finding arn:aws:securityhub:us-east-1:222222222222:security-control/%[1]s/finding/0b0a29a4-3a54-4d7f-9a29-1ba5b8a4a7a3
  hubmend plan --control %[1]s --resource sg-0123456789abcdef0 --region us-east-1
  hubmend plan 9d1b8a9e6f5c4d3b2a1908f7e6d5c4b3a2918070f6e5d4c3b2a190807f6e5d4c --region us-east-1
  aws securityhub get-findings --max-items 1 | hubmend plan --finding -
  hubmend plan --control %[1]s --resource arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0 --json > plan.json`, exampleID()),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				q.id = args[0]
			}
			if err := q.check(); err != nil {
				return err
			}
			o := &operator{root: root, environment: os.Environ()}
			defer o.close()
			raw, exposed, err := q.answer(cmd.Context(), o)
			if err != nil {
				return err
			}
			if exposed != nil {
				return q.planExposure(cmd, o, *exposed, asJSON)
			}
			made, err := q.make(cmd.Context(), o, raw)
			if err != nil {
				return err
			}
			return q.show(cmd.OutOrStdout(), made, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&q.finding, "finding", "", "`FILE` with a finding (- is standard input), or the id of one")
	cmd.Flags().Var(controlFlag{id: &q.control, orGuide: true}, "control", "control to remediate, instead of a finding")
	flags.StringVar(&q.resource, "resource", "", "`RESOURCE` to remediate, with --control")
	addRegionFlag(cmd, &q.region,
		"Region of an id of the new Security Hub, or of a resource whose ARN or id has none (default: that of your "+
			"AWS configuration)")
	flags.StringVar(&root, "root", ".", "folder of a Hubmend checkout, whose Python is then used")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// make makes the plan for a finding.
func (q question) make(ctx context.Context, o *operator, raw json.RawMessage) (plan.Plan, error) {
	if guide, ok := plan.ForPerson(catalog.Embedded(), raw); ok {
		return guide, nil
	}
	repair, err := plan.ForFinding(catalog.Embedded(), raw)
	if err != nil {
		return plan.Plan{}, q.refused(err)
	}
	api, err := o.in(ctx, repair.Region, repair.Target.Account)
	if err != nil {
		return plan.Plan{}, err
	}
	programs, err := o.programs(ctx, api)
	if err != nil {
		return plan.Plan{}, err
	}
	made, err := plan.Planner{Catalog: catalog.Embedded(), API: api, Scripts: programs,
		ExecutionID: uuid.NewString()}.Make(ctx, repair)
	if err != nil {
		return plan.Plan{}, errors.New(wording.OneLine(err.Error()))
	}
	return made, nil
}

// show prints a plan. One that changes nothing, although the resource needs it, is errFailed.
func (q question) show(out io.Writer, p plan.Plan, asJSON bool) error {
	if q.control != "" {
		p.Finding = "" // it was made for the plan
	}
	if asJSON {
		if err := json.NewEncoder(out).Encode(p); err != nil {
			return err
		}
	} else {
		printPlan(out, p)
	}
	if p.Verdict == plan.Refusal || p.Verdict == plan.Person {
		return errFailed
	}
	return nil
}

// check refuses flags that do not go together, before anything is started.
func (q question) check() error {
	id := cmp.Or(q.id, q.finding)
	switch {
	case part(id, 0) == "arn" && (part(id, 2) != "securityhub" || part(id, 3) == ""):
		return fmt.Errorf("%s is not the id of a finding or an exposure, which begins with "+
			"arn:aws:securityhub:REGION:ACCOUNT:", wording.OneLine(id))
	case q.id != "" && (q.finding != "" || q.control != "" || q.resource != ""):
		return errors.New("an id does not go together with --finding, --control and --resource")
	case q.id != "" && !isID(q.id):
		return fmt.Errorf("%q is not the id of a finding or an exposure; use --finding for a file",
			clip(wording.OneLine(q.id)))
	case q.id != "":
		return nil
	case (q.finding == "") == (q.control == ""):
		return errors.New("use either --finding, or --control with --resource")
	case q.control != "" && q.resource == "":
		return errors.New("use --control and --resource together")
	case q.finding != "" && (q.resource != "" || q.region != "" && !isV2ID(q.finding)):
		return errors.New("a finding names its resource and Region; leave out --resource and --region")
	case q.region != "" && !slices.Contains([]string{"", q.region}, part(q.resource, 3)):
		return fmt.Errorf("%s names its Region, %s; leave out --region", wording.OneLine(q.resource),
			wording.OneLine(part(q.resource, 3)))
	}
	return nil
}
