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
)

func undoCommand() *cobra.Command {
	var u undoing
	cmd := &cobra.Command{
		Use:   "undo TARGET",
		Short: "Take a repair back",
		Long: `Restores what the newest repair of a resource has changed, as the runbook noted it before. It
refuses when the resource was changed since. Automatic repair of the resource by the same runbook is
off after that, until somebody uses the custom action or ` + "`hubmend remediate`" + `.

TARGET is the resource's ARN or its own id, the id of the repair's execution or of a finding, or a
key, as ` + "`hubmend history`" + ` takes it.

It uses the credentials and the Region of your AWS configuration, which must be those of the
administrator's account and home Region. When the resource was changed since, it asks CloudTrail
by whom: in your own account, or in the resource's with --member-profile.

Exit codes: 0 it is restored; 1 it is not; 2 it was not begun, or you did not wait
for the end.`,
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
		return errors.New("TARGET is empty; give the resource's ARN or id, or an execution")
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
	wish, err := a.sendUndo(cmd.Context(), t, repaired)
	if err != nil {
		return err
	}
	return u.finish(cmd, a, t, repaired, wish)
}

// sendUndo puts the request to undo a repair on the findings queue.
func (a asking) sendUndo(ctx context.Context, t target.Target, repaired ledger.Past) (messages.Undo, error) {
	wish := messages.Undo{ID: uuid.NewString(), Key: t.Key(), ExecutionID: repaired.Attempt.ExecutionID,
		By: a.person.ARN, At: time.Now().UTC()}
	if err := a.queue.Send(ctx, wish.Body()); err != nil {
		return wish, awsError(a.cfg.Region, err)
	}
	return wish, nil
}

// undoProgress looks how an undo goes that was sent.
func (a asking) undoProgress(ctx context.Context, wish messages.Undo) (request.Progress, error) {
	rec, err := a.ledger.Load(ctx, wish.Key)
	return request.OfUndo(rec, wish.ID), err
}

// toUndo chooses the repair that a name stands for, or says why it cannot be taken back.
func toUndo(h ledger.History, name string, now time.Time) (ledger.Past, error) {
	t, _ := h.Target()
	id := h.Record.Undoable().ExecutionID
	if messages.IsID(name) {
		id = name
	}
	if id == "" {
		return ledger.Past{},
			fmt.Errorf("the ledger knows no repair of %s that succeeded and changed something, so there is nothing "+
				"to take back; `hubmend history` shows what was tried", oneLine(t.Resource))
	}
	if control, known := catalog.Embedded().ByID(h.Record.Undoable().Control); known && !control.Reversible {
		return ledger.Past{},
			fmt.Errorf("repairs of %s cannot be taken back: %s", control.ID, oneLine(control.Irreversible))
	}
	if problem := decide.UndoProblem(h.Record, id); problem != "" {
		return ledger.Past{}, errors.New(oneLine(problem))
	}
	for _, p := range h.Past {
		switch {
		case p.Attempt.ExecutionID != id:
		case p.Attempt.Forgotten(now):
			return ledger.Past{},
				fmt.Errorf("Systems Manager has forgotten execution %s after 30 days; `hubmend history %s --before` "+
					"has what was before, restore it by hand", id, t.Key())
		default:
			return p, nil
		}
	}
	return ledger.Past{},
		fmt.Errorf("the ledger no longer has what %s was before execution %s; restore it by hand", oneLine(t.Resource),
			id)
}

func printRepair(cmd *cobra.Command, t target.Target, p ledger.Past, unfinished []decide.Attempt) {
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "This repair will be taken back:\n  resource   %s\n  account    %s, %s\n  control    %s\n  "+
		"repaired   %s UTC, asked by %s\n  execution  %s\n  change     %s\n  before\n",
		oneLine(t.Resource), t.Account, t.Region, p.Attempt.Control, moment(p.Attempt.EndedAt),
		oneLine(p.Attempt.Asker()),
		p.Attempt.ExecutionID, oneLine(p.Outcome.Change))
	for _, line := range beforeLines(p.Outcome.Before) {
		fmt.Fprintf(out, "    %s\n", line)
	}
	for _, a := range unfinished {
		fmt.Fprintf(out, "Attempt %d failed before that and may have changed something too, which stays: `hubmend "+
			"history %s --before`\n", a.Number, t.Key())
	}
}

// beforeLines writes what was before, a line for each text that the runbook gave.
func beforeLines(before string) []string {
	var texts []string
	if json.Unmarshal([]byte(before), &texts) != nil && before != "" {
		texts = []string{before}
	}
	var lines []string
	for _, text := range texts {
		lines = append(lines, clip(oneLine(text)))
	}
	if len(lines) == 0 {
		return []string{"nothing"}
	}
	return lines
}

const undoQuestion = "Hubmend will not remediate this resource with this runbook again until you request it. Undo?"
