package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"hubmend/internal/engine/messages"
	"hubmend/internal/ops/request"
	"hubmend/internal/ops/wording"
)

func approveCommand() *cobra.Command {
	a := answering{approve: true}
	cmd := &cobra.Command{
		Use:   "approve ID...",
		Short: "Approve proposed remediations, and wait for the outcome",
		Long: `Shows the plan of each proposal, asks, approves it, and follows the remediation to the end. The
remediation is bound to the plan: if the resource has changed since it was planned, the runbook
changes nothing, and Hubmend proposes a new plan.

ID is a proposal that ` + "`hubmend proposals`" + ` lists, or a resource or finding that has one. The command uses
the credentials and the Region of your AWS configuration, which must be those of the administrator's
account and home Region. The policy may limit who approves, and require a second person.

Exit codes: 0 everything was remediated and verified; 1 something was not; 2 nothing was approved,
or you did not wait for the end.`,
		Example: `  hubmend approve 1f2e3d4c5b-1
  hubmend approve sg-0123456789abcdef0 --no-wait
  hubmend approve 1f2e3d4c5b-1 6a7b8c9d0e-2 --yes --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: a.run,
	}
	a.confirmation.flag(cmd)
	a.flags(cmd)
	return cmd
}

func rejectCommand() *cobra.Command {
	var a answering
	cmd := &cobra.Command{
		Use:   "reject ID...",
		Short: "Reject proposed remediations",
		Long: `Ends proposals without a change. The notes of their findings say who rejected them and why. To have a
remediation proposed again, set its finding to NEW. To keep the resource as it is for good, add a
rule to the policy that exempts it.

ID is a proposal that ` + "`hubmend proposals`" + ` lists, or a resource or finding that has one.

Exit codes: 0 everything was rejected; 1 something was not; 2 nothing was rejected, or you did not
wait for the end.`,
		Example: `  hubmend reject 1f2e3d4c5b-1 --reason "Not before the release"
  hubmend reject 1f2e3d4c5b-1 6a7b8c9d0e-2 --yes --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: a.run,
	}
	cmd.Flags().Var(&a.reason, "reason", "why, for the notes of the findings, in up to 200 characters")
	a.confirmation.flag(cmd)
	a.flags(cmd)
	return cmd
}

// answering is one run of either command.
type answering struct {
	following
	confirmation
	approve bool
	reason  reasonFlag
}

func (r *answering) run(cmd *cobra.Command, names []string) error {
	ctx := cmd.Context()
	if err := cmp.Or(r.check(), r.checkJSON(r.asJSON)); err != nil {
		return err
	}
	a, err := ask(ctx)
	if err != nil {
		return err
	}
	all, err := r.find(ctx, a, names)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if r.asJSON {
		out = io.Discard
	}
	for _, p := range all {
		printProposal(out, p)
	}
	if err := r.ask(cmd, r.question(len(all)), r.asJSON); err != nil {
		return err
	}
	sent, problem := r.send(ctx, a, all)
	if len(sent) == 0 {
		return awsError(a.cfg.Region, problem)
	}
	if problem != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: sent %d of %s; then: %v\n", len(sent),
			wording.Counted(len(all), "answer"), awsProblem(a.cfg.Region, problem))
	}
	if err := r.finish(cmd, a, all[:len(sent)], sent); err != nil || problem == nil {
		return err
	}
	return errFailed
}

func (r *answering) question(n int) string {
	verb, what := "Reject", "this plan"
	if r.approve {
		verb = "Approve"
	}
	if n > 1 {
		what = fmt.Sprintf("these %d plans", n)
	}
	return verb + " " + what + "?"
}

// find reads the proposals with the names, each once, and refuses what dispatch would refuse.
func (r *answering) find(ctx context.Context, a asking, names []string) ([]proposed, error) {
	records, err := proposedRecords(ctx, a.cfg)
	if err != nil {
		return nil, err
	}
	var all []proposed
	seen := map[string]bool{}
	for _, name := range names {
		rec, err := proposalNamed(records, name)
		if err != nil {
			return nil, err
		}
		p := proposedOf(rec, a.cfg.Region, time.Now())
		switch {
		case p.State == proposalExpired:
			return nil, fmt.Errorf("proposal %s expired at %s UTC; to have it proposed again, set its finding to NEW",
				p.ID, moment(p.ExpiresAt))
		case r.approve && p.State == proposalFailed:
			return nil, fmt.Errorf("proposal %s has no plan yet; Hubmend plans it again within 30 minutes, because: %s",
				p.ID, wording.OneLine(p.Problem))
		case r.approve && p.State == proposalPlanning:
			return nil, fmt.Errorf("proposal %s is being planned, which takes a few minutes; `hubmend proposals` "+
				"shows the plan", p.ID)
		case !seen[p.ID]:
			seen[p.ID] = true
			all = append(all, p)
		}
	}
	return all, nil
}

// send sends one answer after the other, and gives those that were sent before a problem.
func (r *answering) send(ctx context.Context, a asking, all []proposed) ([]messages.Answer, error) {
	var sent []messages.Answer
	for _, p := range all {
		answer := messages.Answer{ID: uuid.NewString(), Key: p.Key, Round: p.round, Approve: r.approve,
			By: a.person.ARN, Reason: string(r.reason), At: time.Now().UTC()}
		if err := a.queue.Send(ctx, answer.Body()); err != nil {
			return sent, err
		}
		sent = append(sent, answer)
	}
	return sent, nil
}

// proposalAnswer is the outcome of an answer, in JSON.
type proposalAnswer struct {
	Proposal string `json:"proposal"`
	Key      string `json:"key"`
	Account  string `json:"account"`
	Region   string `json:"region"`
	Resource string `json:"resource"`
	Control  string `json:"control"`
	Request  string `json:"request"`
	By       string `json:"by"`
	// sent, rejected, refused, succeeded or failed; else as the ledger has the attempt
	State      string `json:"state"`
	Attempt    int    `json:"attempt,omitempty"`
	Execution  string `json:"execution,omitempty"`
	Change     string `json:"change,omitempty"`
	Reason     string `json:"reason,omitempty"`
	ReplacedBy string `json:"replacedBy,omitempty"` // the proposal that is open now
}

// finish follows the answers one after the other until it is interrupted, and reports the outcomes.
func (r *answering) finish(cmd *cobra.Command, a asking, all []proposed, sent []messages.Answer) error {
	ctx, cancel := r.deadline(cmd)
	defer cancel()
	results, keys, end := []proposalAnswer{}, []string{}, error(nil)
	for i, p := range all {
		result := proposalAnswer{Proposal: p.ID, Key: p.Key, Account: p.Account, Region: p.Region, Resource: p.Resource,
			Control: p.Control, Request: sent[i].ID, By: a.person.ARN, State: "sent"}
		if !r.noWait && (i == 0 || cmd.Context().Err() == nil) {
			what := fmt.Sprintf("[%d/%d] %s %s", i+1, len(all), p.Control, wording.OneLine(p.Resource))
			if err := r.await(ctx, cmd, a, what, sent[i], &result); err != nil {
				end = err
			}
		}
		results, keys = append(results, result), append(keys, p.Key)
	}
	switch {
	case r.asJSON:
		return errors.Join(json.NewEncoder(cmd.OutOrStdout()).Encode(results), end)
	case r.noWait:
		fmt.Fprintf(cmd.OutOrStdout(), "Sent. %s shows the progress.\n", historyOf(keys...))
	}
	return end
}

// await follows one answer, and gives an error unless the resource was remediated, or the proposal rejected.
func (r *answering) await(ctx context.Context, cmd *cobra.Command, a asking, what string, sent messages.Answer,
	result *proposalAnswer) error {
	p, err := r.follow(ctx, cmd, a, what, sent.Key, func(ctx context.Context) (request.Progress, error) {
		rec, err := a.ledger.Load(ctx, sent.Key)
		return request.OfAnswer(rec, sent), err
	})
	result.tell(p)
	switch {
	case err != nil:
		return err
	case p.Succeeded():
		return nil
	case p.Over():
		said := clip(wording.OneLine(p.String()))
		if p.Proposal != nil {
			said += " Proposal " + p.Proposal.ID + " has replaced it; `hubmend proposals` shows its plan."
		}
		outcome := map[bool]string{true: "remediated", false: "rejected"}[r.approve]
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: %s was not %s: %s\n", wording.OneLine(result.Resource), outcome, said)
	}
	return errFailed
}

func (r *proposalAnswer) tell(p request.Progress) {
	if p.Proposal != nil {
		r.ReplacedBy = p.Proposal.ID
	}
	switch a := p.Attempt; {
	case p.Rejected:
		r.State = "rejected"
	case p.Refusal != "":
		r.State, r.Reason = "refused", p.Refusal
	case a != nil:
		r.State, r.Attempt, r.Execution = string(a.State), a.Number, a.ExecutionID
		r.Change, r.Reason = a.Change, a.Reason
	}
}
