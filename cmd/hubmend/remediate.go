package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hubmend/internal/ops/parked"
	"hubmend/internal/ops/request"
	"hubmend/internal/ops/wording"
)

func remediateCommand() *cobra.Command {
	var r remediating
	cmd := &cobra.Command{
		Use:   "remediate FINDING_ID... | EXPOSURE_ID | --control CONTROL --resource RESOURCE | --failed",
		Short: "Remediate findings now, and wait for the outcome",
		Long: `Requests remediation as the custom action in the Security Hub console does, and follows it to the
end. The same checks and limits apply, and the ledger records who requested it. It starts once even
if the loop guard or the circuit breaker would hold it, and it ends the hold after an undo. A finding
that a rule of the policy exempts is remediated only with --despite-policy.

Name up to 20 findings by their ids in either Security Hub, or a control and a resource that Security
Hub has findings of.
RESOURCE is an ARN or the resource's own id, such as sg-0123456789abcdef0. The command uses the
credentials and the Region of your AWS configuration, which must be those of the administrator's
account and home Region.

EXPOSURE_ID is the id of an exposure finding of the new Security Hub. The command lists the findings
behind it and what Hubmend can do about each, asks, and remediates those that it can.

With --failed, it requests again, in bulk, what failed or is pending because an account was not
ready. Fix the cause first. It shows what it will request, asks, and does not wait for the end.

Exit codes: 0 everything was remediated and verified; 1 something was not; 2 nothing was started,
or you did not wait for the end.`,
		Example: fmt.Sprintf(
			`  hubmend remediate --control %s --resource sg-0123456789abcdef0
  hubmend remediate arn:aws:securityhub:us-east-1:222222222222:security-control/%s/finding/5fea7756-0ea4-451a-a703-a558b933e274 --json
  hubmend remediate --control %s --resource sg-0123456789abcdef0 --despite-policy OPS-123
  hubmend remediate 9d1b8a9e6f5c4d3b2a1908f7e6d5c4b3a2918070f6e5d4c3b2a190807f6e5d4c
  hubmend remediate --failed --account 222222222222 --class not-ready`, exampleID(), exampleID(), exampleID()),
		Args: func(_ *cobra.Command, ids []string) error { return r.checkArgs(ids) },
		RunE: func(cmd *cobra.Command, ids []string) error { return r.run(cmd, ids) },
	}
	addControlFlag(cmd, &r.control, "remediate the findings of this control, about --resource or with --failed")
	cmd.Flags().StringVar(&r.resource, "resource", "",
		"ARN or id of the resource whose findings of --control are meant")
	cmd.Flags().Var(&r.despite, "despite-policy",
		"remediate although the policy exempts it, and record why, in up to 200 characters")
	r.againFlags(cmd)
	r.flags(cmd)
	return cmd
}

// remediating is one run of the command.
type remediating struct {
	following
	again
	control, resource string
	despite           reasonFlag
}

// mostFindings is how many findings the console takes for a custom action.
const mostFindings = 20

func (r remediating) checkArgs(ids []string) error {
	if err := r.checkFailed(ids); err != nil || r.failed {
		return err
	}
	byName := r.control != "" || r.resource != ""
	switch {
	case byName == (len(ids) > 0):
		return errors.New("name findings by their ids, or use --control and --resource")
	case byName && (r.control == "" || r.resource == ""):
		return errors.New("use --control and --resource together")
	case len(ids) > mostFindings:
		return fmt.Errorf("%d findings are too many; name up to %d", len(ids), mostFindings)
	}
	for _, id := range ids {
		if !isID(id) {
			return fmt.Errorf("%q is not the id of a finding, which begins with arn: or, in the new Security Hub, has "+
				"64 hexadecimal digits; `hubmend findings --json` lists ids", clip(wording.OneLine(id)))
		}
	}
	return nil
}

func (r remediating) run(cmd *cobra.Command, ids []string) error {
	if err := r.check(); err != nil {
		return err
	}
	if r.failed {
		return r.runFailed(cmd)
	}
	a, err := ask(cmd.Context())
	if err != nil {
		return err
	}
	return r.remediate(cmd, a, ids)
}

// remediate requests findings, or the findings behind an exposure.
func (r remediating) remediate(cmd *cobra.Command, a asking, ids []string) error {
	ctx := cmd.Context()
	ids, exposed, err := cspmIDs(ctx, a, ids)
	if err != nil {
		return err
	}
	if exposed != nil {
		return r.runExposure(cmd, a, *exposed)
	}
	wanted, err := r.find(ctx, a, ids)
	if missing := (notInHub{}); errors.As(err, &missing) {
		exposed, err = exposureOf(ctx, a, missing)
	}
	switch {
	case err != nil:
		return err
	case exposed != nil && len(ids) > 1:
		return notAlone(exposed.ID)
	case exposed != nil:
		return r.runExposure(cmd, a, *exposed)
	}
	return r.request(cmd, a, wanted, func(all []remediated) any { return all })
}

// request sends the requests and follows them. asJSON makes the JSON of their outcomes.
func (r remediating) request(cmd *cobra.Command, a asking, wanted []findingRequest,
	asJSON func([]remediated) any) error {
	ctx := cmd.Context()
	if n := len(wanted); n > mostFindings {
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: remediating the first %d of %d findings\n", mostFindings, n)
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
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: sent %d of %s; then: %v\n", sent,
			wording.Counted(len(wanted), "finding"),
			awsProblem(a.cfg.Region, problem))
	}
	if err := r.finish(cmd, a, wanted[:sent], asJSON); err != nil || problem == nil {
		return err
	}
	return errFailed
}

// send sends one request after the other, and gives how many were sent before a problem.
func send(ctx context.Context, a asking, wanted []findingRequest) (int, error) {
	for i, w := range wanted {
		if err := a.queue.Send(ctx, w.body); err != nil {
			return i, err
		}
	}
	return len(wanted), nil
}

// remediated is the outcome of one finding, in JSON.
type remediated struct {
	Finding   string `json:"finding"`
	Control   string `json:"control"`
	Resource  string `json:"resource"`
	Key       string `json:"key"`
	By        string `json:"by"`
	State     string `json:"state"` // succeeded, failed, refused, exempt, proposed or sent; else as the ledger has it
	Attempt   int    `json:"attempt,omitempty"`
	Execution string `json:"execution,omitempty"`
	Change    string `json:"change,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Rule      string `json:"rule,omitempty"`     // of the policy, that exempts the finding
	Proposal  string `json:"proposal,omitempty"` // that needs approval
}

// finish follows the requests one after the other until it is interrupted, and reports the outcomes.
func (r remediating) finish(cmd *cobra.Command, a asking, wanted []findingRequest,
	asJSON func([]remediated) any) error {
	ctx, cancel := r.deadline(cmd)
	defer cancel()
	results, end := []remediated{}, error(nil)
	for i, w := range wanted {
		result := remediated{Finding: w.ref.ID, Control: w.control, Resource: w.target.Resource, Key: w.target.Key(),
			By: a.person.ARN, State: "sent"}
		if !r.noWait && (i == 0 || cmd.Context().Err() == nil) {
			what := fmt.Sprintf("[%d/%d] %s %s", i+1, len(wanted), w.control, wording.OneLine(w.target.Resource))
			if err := r.await(ctx, cmd, a, what, w, &result); err != nil {
				end = err
			}
		}
		results = append(results, result)
	}
	switch {
	case r.asJSON:
		return errors.Join(json.NewEncoder(cmd.OutOrStdout()).Encode(asJSON(results)), end)
	case r.noWait:
		fmt.Fprintf(cmd.OutOrStdout(), "Sent. %s shows the progress.\n", historyOf(keys(wanted)...))
	}
	return end
}

// await follows one request, and gives an error unless the resource was remediated.
func (r remediating) await(ctx context.Context, cmd *cobra.Command, a asking, what string, w findingRequest,
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
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: %s was not remediated: %s\n", wording.OneLine(w.target.Resource),
			clip(wording.OneLine(p.String())))
	}
	return errFailed
}

func (r *remediated) tell(p request.Progress) {
	if p.Refusal != "" {
		r.State, r.Reason = "refused", p.Refusal
	}
	if p.Exemption != nil {
		r.State, r.Rule, r.Reason = "exempt", p.Exemption.Rule, parked.Why(*p.Exemption)
	}
	if p.Proposal != nil {
		r.State, r.Proposal, r.Reason = "proposed", p.Proposal.ID, p.Proposal.String()
	}
	if a := p.Attempt; a != nil {
		r.State, r.Attempt, r.Execution, r.Change, r.Reason = string(
			a.State), a.Number, a.ExecutionID, a.Change, a.Reason
	}
}
