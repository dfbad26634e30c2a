package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/killswitch"
	"hubmend/internal/engine/naming"
	"hubmend/internal/ops/request"
	"hubmend/internal/ops/wording"
)

func pauseCommand() *cobra.Command {
	return switchCommand(&cobra.Command{
		Use:   "pause",
		Short: "Stop all remediation, until you resume it",
		Long: fmt.Sprintf(`Sets the switch, the parameter %s, to %s. It takes effect within
%.0f seconds: no remediation starts, automatic or requested, and no undo. Remediations that are
running finish. Findings that arrive are kept; after "hubmend resume", those that still need it are remediated.

It uses the credentials and the Region of your AWS configuration, which must be those of the
administrator's account and home Region.`, naming.Switch, naming.SwitchPaused, killswitch.CacheFor.Seconds()),
		Example: "  hubmend pause\n  hubmend pause --json",
	}, naming.SwitchPaused)
}

func resumeCommand() *cobra.Command {
	return switchCommand(&cobra.Command{
		Use:   "resume",
		Short: "Resume remediation after a pause",
		Long: fmt.Sprintf(`Sets the switch, the parameter %s, to %s. Within %.0f minutes, Hubmend remediates the
findings that arrived meanwhile and still need it.

It uses the credentials and the Region of your AWS configuration, which must be those of the
administrator's account and home Region.`, naming.Switch, naming.SwitchActive, decide.SweepEvery.Minutes()),
		Example: "  hubmend resume\n  hubmend resume --json",
	}, naming.SwitchActive)
}

// switched is the outcome in JSON.
type switched struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	Before  string `json:"before"` // as the parameter had it; anything but "active" pauses
	Switch  string `json:"switch"`
	Changed bool   `json:"changed"`
}

// switchCommand completes a command that sets the switch.
func switchCommand(cmd *cobra.Command, to string) *cobra.Command {
	var asJSON bool
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s, err := setSwitch(cmd.Context(), to)
		if err != nil {
			return err
		}
		if asJSON {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(s)
		}
		paragraphs(cmd.OutOrStdout(), s.tell()...)
		return nil
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// setSwitch sets the switch of the deployment. A value that is there already is not written again, so that the
// parameter's history shows when it changed.
func setSwitch(ctx context.Context, to string) (switched, error) {
	cfg, err := awsConfig(ctx)
	if err != nil {
		return switched{}, err
	}
	who, err := request.Caller(ctx, sts.NewFromConfig(cfg))
	if err != nil {
		return switched{}, awsError(cfg.Region, err)
	}
	client := ssm.NewFromConfig(cfg)
	out, err := client.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(naming.Switch)})
	var missing *types.ParameterNotFound
	switch {
	case errors.As(err, &missing):
		return switched{}, notDeployed(ctx, cfg, errors.New("parameter "+naming.Switch+" not found"), who.Account)
	case err != nil:
		return switched{}, awsError(cfg.Region, err)
	}
	s := switched{Account: who.Account, Region: cfg.Region, Before: aws.ToString(out.Parameter.Value), Switch: to}
	if s.Changed = s.Before != to; !s.Changed {
		return s, nil
	}
	_, err = client.PutParameter(ctx,
		&ssm.PutParameterInput{Name: aws.String(naming.Switch), Value: &to, Overwrite: aws.Bool(true)})
	if err != nil {
		return switched{}, awsError(cfg.Region, err)
	}
	return s, nil
}

// tell gives what happened and what it means.
func (s switched) tell() []string {
	state, meaning := "paused", fmt.Sprintf("It takes effect within %.0f seconds: no remediation starts, and no undo. "+
		"Remediations that are running finish. Findings that arrive are kept; `hubmend resume` remediates those "+
		"that still need it.", killswitch.CacheFor.Seconds())
	if s.Switch == naming.SwitchActive {
		state, meaning = "active", fmt.Sprintf(
			"Within %.0f minutes, Hubmend remediates the findings that arrived "+
				"meanwhile and still need it. `hubmend status` shows the progress.", decide.SweepEvery.Minutes())
	}
	where := fmt.Sprintf("Hubmend in account %s, %s is ", s.Account, s.Region)
	if !s.Changed {
		return []string{where + state + " already; nothing was changed."}
	}
	return []string{where + "now " + state + "; it was " + s.before() + ".", meaning}
}

// before writes the state before. A misspelled value pauses too.
func (s switched) before() string {
	if s.Before == naming.SwitchActive || s.Before == naming.SwitchPaused {
		return s.Before
	}
	return fmt.Sprintf("paused (the value was %q)", wording.OneLine(s.Before))
}
