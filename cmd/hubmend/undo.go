package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/request"
	"hubmend/internal/ops/wording"
)

func undoCommand() *cobra.Command {
	var u undoing
	cmd := &cobra.Command{
		Use:   "undo TARGET",
		Short: "Undo a remediation",
		Long: `Restores what the latest remediation of a resource changed, from the previous values that the
runbook recorded. It refuses if the resource was changed since. Afterwards, Hubmend does not
remediate the resource with the same runbook again until somebody uses the custom action or
` + "`hubmend remediate`" + `.

TARGET is the resource's ARN or its own id, the id of the remediation's execution or of a finding, or
a key, as ` + "`hubmend history`" + ` takes it.

It uses the credentials and the Region of your AWS configuration, which must be those of the
administrator's account and home Region. If the resource was changed since, it looks up in CloudTrail
who changed it: in your own account, or in the resource's with --member-profile.

Exit codes: 0 the resource was restored; 1 it was not; 2 the undo was not started, or you did not
wait for the end.`,
		Example: `  hubmend undo sg-0123456789abcdef0
  hubmend undo 5fea7756-0ea4-451a-a703-a558b933e274 --yes --json
  hubmend undo sg-0123456789abcdef0 --member-profile workload`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return u.run(cmd, args[0]) },
	}
	u.confirmation.flag(cmd)
	cmd.Flags().StringVar(&u.memberProfile, "member-profile", "",
		"AWS profile of the resource's account, to ask its CloudTrail who changed the resource")
	u.flags(cmd)
	return cmd
}

// undoing is one run of the command.
type undoing struct {
	following
	confirmation
	memberProfile string
}

func (u undoing) run(cmd *cobra.Command, name string) error {
	if name == "" {
		return errors.New("TARGET is empty; name a resource by its ARN or id, or an execution")
	}
	if err := u.check(); err != nil {
		return err
	}
	a, err := ask(cmd.Context())
	if err != nil {
		return err
	}
	h, err := findHistory(cmd.Context(), a.cfg, name)
	if err != nil {
		return err
	}
	repaired, err := toUndo(h, name, time.Now())
	if err != nil {
		return err
	}
	t, _ := h.Target()
	if u.memberProfile != "" {
		if _, err := u.memberConfig(cmd.Context(), a, t); err != nil {
			return err
		}
	}
	if !u.asJSON {
		printRepair(cmd, t, repaired, h.Record.Unfinished(repaired.Attempt.ExecutionID))
	}
	if err := u.ask(cmd, undoQuestion, u.asJSON); err != nil {
		return err
	}
	sent, err := a.sendUndo(cmd.Context(), t, repaired)
	if err != nil {
		return err
	}
	return u.finish(cmd, a, t, repaired, sent)
}

// sendUndo puts the request to undo a repair on the findings queue.
func (a asking) sendUndo(ctx context.Context, t target.Target, repaired ledger.Past) (messages.Undo, error) {
	sent := messages.Undo{ID: uuid.NewString(), Key: t.Key(), ExecutionID: repaired.Attempt.ExecutionID,
		By: a.person.ARN, At: time.Now().UTC()}
	if err := a.queue.Send(ctx, sent.Body()); err != nil {
		return sent, awsError(a.cfg.Region, err)
	}
	return sent, nil
}

// undoProgress reads the progress of an undo that was sent.
func (a asking) undoProgress(ctx context.Context, sent messages.Undo) (request.Progress, error) {
	rec, err := a.ledger.Load(ctx, sent.Key)
	return request.OfUndo(rec, sent.ID), err
}

// toUndo chooses the remediation that a name stands for, or gives why it cannot be undone.
func toUndo(h ledger.History, name string, now time.Time) (ledger.Past, error) {
	t, _ := h.Target()
	id := h.Record.Undoable().ExecutionID
	if messages.IsID(name) {
		id = name
	}
	if id == "" {
		return ledger.Past{},
			fmt.Errorf("nothing to undo: the ledger has no successful remediation of %s that changed something; "+
				"`hubmend history` lists the attempts", wording.OneLine(t.Resource))
	}
	if control, known := catalog.Embedded().ByID(h.Record.Undoable().Control); known && !control.Reversible {
		return ledger.Past{},
			fmt.Errorf("remediations of %s cannot be undone: %s", control.ID, wording.OneLine(control.Irreversible))
	}
	if problem := decide.UndoProblem(h.Record, id); problem != "" {
		return ledger.Past{}, errors.New(wording.OneLine(problem))
	}
	for _, p := range h.Past {
		switch {
		case p.Attempt.ExecutionID != id:
		case p.Attempt.Forgotten(now):
			return ledger.Past{},
				fmt.Errorf("Systems Manager deleted execution %s after 30 days; restore the resource by hand: "+
					"`hubmend history %s --before` shows the previous value", id, t.Key())
		default:
			return p, nil
		}
	}
	return ledger.Past{},
		fmt.Errorf("the ledger no longer has the previous value of %s from execution %s; restore it by hand",
			wording.OneLine(t.Resource),
			id)
}

func printRepair(cmd *cobra.Command, t target.Target, p ledger.Past, unfinished []decide.Attempt) {
	out := cmd.OutOrStdout()
	fmt.Fprintln(out, "This undoes:")
	fact(out, "control", p.Attempt.Control)
	fact(out, "account", t.Account+", "+t.Region)
	fact(out, "resource", wording.OneLine(t.Resource))
	fact(out, "remediated", moment(p.Attempt.EndedAt)+" UTC, requested by "+wording.OneLine(p.Attempt.Asker()))
	fact(out, "execution", p.Attempt.ExecutionID)
	fact(out, "change", wording.OneLine(p.Outcome.Change))
	fmt.Fprintln(out, "  previous value")
	for _, line := range beforeLines(p.Outcome.Before) {
		fmt.Fprintf(out, "    %s\n", line)
	}
	for _, a := range unfinished {
		paragraphs(out, fmt.Sprintf(
			"Attempt %d failed earlier and may have changed something too, which is not undone: "+
				"`hubmend history %s --before`", a.Number, t.Key()))
	}
}

// beforeLines writes the previous value, a line for each text of the runbook.
func beforeLines(before string) []string {
	var texts []string
	if json.Unmarshal([]byte(before), &texts) != nil && before != "" {
		texts = []string{before}
	}
	var lines []string
	for _, text := range texts {
		lines = append(lines, clip(wording.OneLine(text)))
	}
	if len(lines) == 0 {
		return []string{"none"}
	}
	return lines
}

const undoQuestion = "Hubmend will not remediate this resource with this runbook again until you request it. Undo?"
