package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hubmend/internal/ops/request"
)

func remediateCommand() *cobra.Command {
	var r remediating
	cmd := &cobra.Command{
		Use:   "remediate FINDING_ID... | --control CONTROL --resource ARN | --failed",
		Short: "Repair what findings of Security Hub are about, and wait for the end",
		Long: `Does what the custom action in the Security Hub console does, and then follows the repair to its
end: the same checks, the same limits, the same record in the ledger, which notes who asked. It
starts once whatever the loop guard and the breaker say, and ends the hold after an undo.

Say which findings, up to 20, by their ids, or a control and a resource of which Security Hub has
findings. It uses the credentials and the Region of your AWS configuration, which must be those
of the administrator's account and home Region.

With --failed it requests again, in bulk, what failed or waits because an account was not ready: set up
what was missing first. It counts what it will request, asks, and does not wait for the end.

Exit codes: 0 everything is repaired and verified; 1 something is not; 2 nothing was begun,
or you did not wait for the end.`,
		Example: fmt.Sprintf(
			`  hubmend remediate --control %s --resource arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0
  hubmend remediate arn:aws:securityhub:us-east-1:222222222222:security-control/%s/finding/5fea7756-0ea4-451a-a703-a558b933e274 --json
  hubmend remediate --failed --account 222222222222 --class not-ready`, exampleControl().ID, exampleControl().ID),
		Args: func(_ *cobra.Command, ids []string) error { return r.checkArgs(ids) },
		RunE: func(cmd *cobra.Command, ids []string) error { return r.run(cmd, ids) },
	}
	addControlFlag(cmd, &r.control, "remediate the findings of this control, about --resource or with --failed")
	cmd.Flags().StringVar(&r.resource, "resource", "", "ARN or id of the resource whose findings of --control are meant")
	r.againFlags(cmd)
	r.flags(cmd)
	return cmd
}

// remediating is one run of the command.
type remediating struct {
	following
	again
	control, resource string
}

// mostFindings is how many findings a person may pick for a custom action in the console.
const mostFindings = 20

func (r remediating) checkArgs(ids []string) error {
	if err := r.checkFailed(ids); err != nil || r.failed {
		return err
	}
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
			return fmt.Errorf("%q is not the id of a finding, which begins with arn:; `aws securityhub "+
				"get-findings` shows ids", clip(oneLine(id)))
		}
	}
	return nil
}

func (r remediating) run(cmd *cobra.Command, ids []string) error {
	ctx := cmd.Context()
	if err := r.check(); err != nil {
		return err
	}
	if r.failed {
		return r.runFailed(cmd)
	}
	a, err := ask(ctx)
	if err != nil {
		return err
	}
	wanted, err := r.find(ctx, a, ids)
	if err != nil {
		return err
	}
	if n := len(wanted); n > mostFindings {
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: the first %d of %d findings are taken\n", mostFindings, n)
		wanted = wanted[:mostFindings]
	}
	for i := range wanted {
		if err := wanted[i].open(ctx, a); err != nil {
			return err
		}
	}
	sent, problem := send(ctx, a, wanted)
	if sent == 0 {
		return awsError(a.cfg.Region, problem)
	}
	if problem != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: sent %d of %s; then: %v\n", sent, counted(len(wanted), "finding"),
			awsProblem(a.cfg.Region, problem))
	}
	if err := r.finish(cmd, a, wanted[:sent]); err != nil || problem == nil {
		return err
	}
	return errFailed
}

// send sends one wish after the other, and says how many were sent before a problem.
func send(ctx context.Context, a asking, wanted []wish) (int, error) {
	for i, w := range wanted {
		if err := a.queue.Send(ctx, w.body); err != nil {
			return i, err
		}
	}
	return len(wanted), nil
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

// finish follows what was sent, one after the other until somebody interrupts it, and tells what came of it.
func (r remediating) finish(cmd *cobra.Command, a asking, wanted []wish) error {
	ctx, cancel := r.deadline(cmd)
	defer cancel()
	results, end := []remediated{}, error(nil)
	for i, w := range wanted {
		result := remediated{Finding: w.ref.ID, Control: w.control, Resource: w.target.Resource, Key: w.target.Key(),
			By: a.person.ARN, State: "sent"}
		if !r.noWait && (i == 0 || cmd.Context().Err() == nil) {
			what := fmt.Sprintf("[%d/%d] %s %s", i+1, len(wanted), w.control, oneLine(w.target.Resource))
			if err := r.await(ctx, cmd, a, what, w, &result); err != nil {
				end = err
			}
		}
		results = append(results, result)
	}
	switch {
	case r.asJSON:
		return errors.Join(json.NewEncoder(cmd.OutOrStdout()).Encode(results), end)
	case r.noWait:
		fmt.Fprintf(cmd.OutOrStdout(), "Sent. %s tells how it goes.\n", historyOf(keys(wanted)...))
	}
	return end
}

// await follows one wish, and gives an error unless the resource is repaired.
func (r remediating) await(ctx context.Context, cmd *cobra.Command, a asking, what string, w wish,
	result *remediated) error {
	p, err := r.follow(ctx, cmd, a, what, w.target.Key(),
		func(ctx context.Context) (request.Progress, error) { return w.look(ctx, a) })
	result.tell(p)
	switch {
	case err != nil:
		return err
	case p.Succeeded():
		return nil
	case p.Over():
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: %s was not repaired: %s\n", oneLine(w.target.Resource),
			clip(oneLine(p.String())))
	}
	return errFailed
}

func (r *remediated) tell(p request.Progress) {
	if p.Refusal != "" {
		r.State, r.Reason = "refused", p.Refusal
	}
	if a := p.Attempt; a != nil {
		r.State, r.Attempt, r.Execution, r.Change, r.Reason = string(
			a.State), a.Number, a.ExecutionID, a.Change, a.Reason
	}
}
