package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/spf13/cobra"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/naming"
	hub "hubmend/internal/engine/securityhub"
	"hubmend/internal/ops/overview"
)

// standing is the output of status in JSON.
type standing struct {
	Region string `json:"region"`
	Switch string `json:"switch"` // active, paused, or unknown
	V2     bool   `json:"v2"`     // the new Security Hub is enabled
	overview.Overview
}

const switchUnknown = "unknown"

func statusCommand() *cobra.Command {
	var control, account string
	var f format
	since := period(7 * 24 * time.Hour)
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what needs attention, what is in progress, and the outcomes per control",
		Long: `Shows the resources that need attention (failed, suspended, held after an undo, pending approval, or
with a policy that cannot be read), those in progress, delayed or over a budget, those that the policy
exempts, and those that wait for Security Hub to re-check. Then it shows the outcomes per control,
paused controls, and whether Hubmend is active. It changes nothing and exits with 0 whatever it
finds.

It uses your AWS configuration. Choose the administrator's account and the home Region.`,
		Example: fmt.Sprintf(
			"  hubmend status\n  hubmend status --control %s --since 36h\n  hubmend status --account "+
				"222222222222 --json", exampleControl().ID),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := overview.Options{Control: control, Account: account}
			cfg, err := awsConfig(cmd.Context())
			if err != nil {
				return err
			}
			o.Now = time.Now().UTC().Truncate(time.Second)
			o.Since = o.Now.Add(-time.Duration(since))
			s, problems, err := standingOf(cmd.Context(), cfg, o)
			if err != nil {
				return err
			}
			if s.V2 && f != formatTable { // the table has no ids
				waiting := ofTargets(s.Targets, s.Exempt, s.Unconfirmed)
				if problem := addV2IDs(cmd.Context(), cfg, waiting); problem != "" {
					problems = append(problems, problem)
				}
			}
			for _, p := range problems {
				fmt.Fprintln(cmd.ErrOrStderr(), "hubmend:", p)
			}
			return f.print(cmd.OutOrStdout(), s, targetListing(slices.Concat(s.Targets, s.Exempt, s.Unconfirmed)),
				func(out io.Writer) { printStanding(out, s, since) })
		},
	}
	addControlFlag(cmd, &control, "show only this control")
	addAccountFlag(cmd, &account, "show only this account")
	cmd.Flags().Var(&since, "since", "leave out attempts that ended longer ago, such as 90m, 36h or 7d")
	f.register(cmd)
	return cmd
}

// standingOf reads the ledger, the switch, and whether the new Security Hub is enabled.
// Only a ledger that cannot be read is an error; the rest is a problem.
func standingOf(ctx context.Context, cfg aws.Config, o overview.Options) (s standing, problems []string, err error) {
	s = standing{Region: cfg.Region}
	if o.Settings, err = guardSettings(ctx, cfg); err != nil {
		problems = append(problems,
			fmt.Sprintf("cannot read the parameters of hubmend-admin, using the default of %d attempts within %g h: %v",
				o.Settings.MaxAttempts, o.Settings.Window.Hours(), awsError(cfg.Region, err)))
	}
	b, newer := overview.New(o), 0
	for e, err := range readLedger(cfg).All(ctx) {
		if err != nil {
			return standing{}, nil, ledgerError(cfg.Region, err)
		}
		b.Add(e)
		if e.Newer {
			newer++
		}
	}
	problems = append(problems, newerNote(newer)...)
	s.Overview = b.Overview()
	var problem string
	if s.Switch, problem = readSwitch(ctx, cfg); problem != "" {
		problems = append(problems, problem)
	}
	if s.V2, err = hub.Enabled(ctx, securityhub.NewFromConfig(cfg)); err != nil {
		problems = append(problems, fmt.Sprintf("cannot find out whether the new Security Hub is enabled: %v",
			awsError(cfg.Region, err)))
	}
	return s, problems, nil
}

// readSwitch reads the administrator's switch. Of one that cannot be read it says why.
func readSwitch(ctx context.Context, cfg aws.Config) (state, problem string) {
	out, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(naming.Switch)})
	var missing *ssmtypes.ParameterNotFound
	switch {
	case errors.As(err, &missing):
		return switchUnknown, fmt.Sprintf("parameter %s not found in %s; run `hubmend doctor` to see what is missing",
			naming.Switch, cfg.Region)
	case err != nil:
		return switchUnknown, fmt.Sprintf("cannot read the parameter %s: %v", naming.Switch, awsError(cfg.Region, err))
	case aws.ToString(out.Parameter.Value) == naming.SwitchActive:
		return naming.SwitchActive, ""
	}
	return naming.SwitchPaused, "" // like the functions, treat any other value as paused
}

// guardSettings reads the settings of the loop guard from the admin stack's parameters. It returns the
// defaults with an error, and when there is no stack.
func guardSettings(ctx context.Context, cfg aws.Config) (decide.Settings, error) {
	s := decide.Defaults
	out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx,
		&cloudformation.DescribeStacksInput{StackName: aws.String(naming.Stack(naming.AdminStack))})
	if awserr.Code(err) == "ValidationError" { // the stack does not exist
		return s, nil
	}
	if err != nil {
		return s, err
	}
	for _, stack := range out.Stacks {
		for _, p := range stack.Parameters {
			n, err := strconv.Atoi(aws.ToString(p.ParameterValue))
			switch name := aws.ToString(p.ParameterKey); {
			case err != nil:
			case name == "MaxAttempts":
				s.MaxAttempts = n
			case name == "WindowHours":
				s.Window = time.Duration(n) * time.Hour
			}
		}
	}
	return s, nil
}
