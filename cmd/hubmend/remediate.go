package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"hubmend/internal/request"
)

func remediateCommand() *cobra.Command {
	var r remediating
	cmd := &cobra.Command{
		Use:   "remediate FINDING_ID... | --control CONTROL --resource ARN",
		Short: "Repair what findings of Security Hub are about, and wait for the end",
		Long: `Does what the custom action in the Security Hub console does, and then follows the repair to its
end: the same checks, the same limits, the same record in the ledger, which notes who asked. It
starts once whatever the loop guard and the breaker say, and ends the hold after an undo.

Say which findings, up to 20, by their ids, or a control and a resource of which Security Hub has
findings. It uses the credentials and the Region of your AWS configuration, which must be those
of the administrator's account and home Region.

Exit codes: 0 everything is repaired and verified; 1 something is not; 2 nothing was begun.`,
		Example: fmt.Sprintf(`  hubmend remediate --control %s --resource arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0
  hubmend remediate arn:aws:securityhub:us-east-1:222222222222:security-control/%s/finding/5fea7756-0ea4-451a-a703-a558b933e274 --json`, exampleControl().ID, exampleControl().ID),
		Args: func(_ *cobra.Command, ids []string) error { return r.check(ids) },
		RunE: func(cmd *cobra.Command, ids []string) error { return r.run(cmd, ids) },
	}
	cmd.Flags().StringVar(&r.control, "control", "", "the control whose findings about --resource are meant")
	cmd.Flags().StringVar(&r.resource, "resource", "", "ARN of the resource whose findings of --control are meant")
	r.flags(cmd)
	return cmd
}

// remediating is one run of the command.
type remediating struct {
	following
	control, resource string
}

// mostFindings is how many findings a person may pick for a custom action in the console.
const mostFindings = 20

func (r remediating) check(ids []string) error {
	byName := r.control != "" || r.resource != ""
	switch {
	case byName == (len(ids) > 0):
		return errors.New("say which findings: either their ids, or --control and --resource")
	case byName && (r.control == "" || r.resource == ""):
		return errors.New("--control and --resource belong together")
	case len(ids) > mostFindings:
		return fmt.Errorf("%d findings are too many at once; name up to %d", len(ids), mostFindings)
	}
	for _, id := range ids {
		if !strings.HasPrefix(id, "arn:") || len(id) > 512 {
			return fmt.Errorf("%q is not the id of a finding, which begins with arn:; `aws securityhub get-findings` shows ids", clip(oneLine(id)))
		}
	}
	return nil
}

func (r remediating) run(cmd *cobra.Command, ids []string) error {
	ctx := cmd.Context()
	if err := r.known(); err != nil {
		return err
	}
	a, err := ask(ctx)
	if err != nil {
		return err
	}
	wanted, err := r.find(ctx, a, ids)
	if err != nil {
		return err
	}
	for i := range wanted {
		if err := wanted[i].open(ctx, a); err != nil {
			return err
		}
	}
	for _, w := range wanted {
		if err := a.queue.Send(ctx, w.body); err != nil {
			return awsError(a.cfg.Region, err)
		}
	}
	return r.finish(cmd, a, wanted)
}

// remediated is what came of one finding, in JSON.
type remediated struct {
	Finding   string `json:"finding"`
	Control   string `json:"control"`
	Resource  string `json:"resource"`
	Key       string `json:"key"`
	By        string `json:"by"`
	State     string `json:"state"` // succeeded, failed, refused or sent; else as the ledger has it
	Attempt   int    `json:"attempt,omitempty"`
	Execution string `json:"execution,omitempty"`
	Change    string `json:"change,omitempty"`
	Reason    string `json:"reason,omitempty"`
}

// finish follows what was sent, one after the other, and tells what came of it.
func (r remediating) finish(cmd *cobra.Command, a asking, wanted []wish) error {
	out := cmd.OutOrStdout()
	if r.asJSON {
		out = io.Discard
	}
	results, failed := []remediated{}, false
	for i, w := range wanted {
		result := remediated{Finding: w.ref.ID, Control: w.control, Resource: w.target.Resource, Key: w.target.Key(), By: a.person.ARN, State: "sent"}
		if !r.noWait {
			what := fmt.Sprintf("[%d/%d] %s %s", i+1, len(wanted), w.control, oneLine(w.target.Resource))
			p := r.follow(cmd, a, what, func(ctx context.Context) (request.Progress, error) { return w.look(ctx, a) })
			result.tell(p)
			failed = failed || !p.Succeeded()
			if p.Over() && !p.Succeeded() {
				fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: %s was not repaired: %s\n", oneLine(w.target.Resource), clip(oneLine(p.String())))
			}
		}
		results = append(results, result)
	}
	if r.noWait {
		fmt.Fprintf(out, "Sent. `hubmend history %s` tells how it goes.\n", wanted[0].target.Key())
	}
	if r.asJSON {
		if err := json.NewEncoder(cmd.OutOrStdout()).Encode(results); err != nil {
			return err
		}
	}
	if failed {
		return errFailed
	}
	return nil
}

func (r *remediated) tell(p request.Progress) {
	if p.Refusal != "" {
		r.State, r.Reason = "refused", p.Refusal
	}
	if a := p.Attempt; a != nil {
		r.State, r.Attempt, r.Execution, r.Change, r.Reason = string(a.State), a.Number, a.ExecutionID, a.Change, a.Reason
	}
}
