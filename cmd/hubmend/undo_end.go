package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/spf13/cobra"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/aws/partition"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/request"
	"hubmend/internal/ops/wording"
)

// undone is the outcome of an undo, in JSON.
type undone struct {
	Key      string `json:"key"`
	Account  string `json:"account"`
	Region   string `json:"region"`
	Resource string `json:"resource"`
	Control  string `json:"control"`
	Repair   string `json:"repair"` // its execution
	Request  string `json:"request"`
	By       string `json:"by"`
	// succeeded, failed, refused or sent; else as the ledger has it
	State     string           `json:"state"`
	Execution string           `json:"execution,omitempty"` // of the undo
	Change    string           `json:"change,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	Changes   []request.Change `json:"changes,omitempty"` // by others since the repair, as CloudTrail has them
}

// finish follows an undo that was sent, and reports the outcome.
func (u undoing) finish(cmd *cobra.Command, a asking, t target.Target, repaired ledger.Past, sent messages.Undo) error {
	result := undone{
		Key: sent.Key, Account: t.Account, Region: t.Region, Resource: t.Resource, Control: repaired.Attempt.Control,
		Repair: sent.ExecutionID, Request: sent.ID, By: sent.By, State: "sent",
	}
	var p request.Progress
	var interrupted error
	if u.noWait {
		if !u.asJSON {
			fmt.Fprintf(cmd.OutOrStdout(), "Sent. %s shows the progress.\n", historyOf(sent.Key))
		}
	} else {
		ctx, cancel := u.deadline(cmd)
		defer cancel()
		p, interrupted = u.follow(ctx, cmd, a, "undo", sent.Key, func(ctx context.Context) (request.Progress, error) {
			return a.undoProgress(ctx, sent)
		})
		result.tell(p)
	}
	if p.Attempt != nil && p.Attempt.Class == decide.Refused && strings.Contains(p.Attempt.Reason, "since the repair") {
		result.Changes = u.changedBy(cmd, a, t, repaired.Attempt.EndedAt)
	}
	if u.asJSON {
		if err := json.NewEncoder(cmd.OutOrStdout()).Encode(result); err != nil {
			return err
		}
	}
	if u.noWait || p.Succeeded() || interrupted != nil {
		return interrupted
	}
	if p.Over() {
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: the undo failed: %s\n", clip(wording.OneLine(result.Reason)))
	}
	return errFailed
}

func (r *undone) tell(p request.Progress) {
	if p.Refusal != "" {
		r.State, r.Reason = "refused", p.Refusal
	}
	if p.Attempt != nil {
		r.State, r.Execution, r.Change, r.Reason = string(
			p.Attempt.State), p.Attempt.ExecutionID, p.Attempt.Change, p.Attempt.Reason
	}
}

// changedBy reports who changed the resource since the remediation, if CloudTrail can be asked.
func (u undoing) changedBy(cmd *cobra.Command, a asking, t target.Target, since time.Time) []request.Change {
	out := cmd.ErrOrStderr()
	cfg, err := u.memberConfig(cmd.Context(), a, t)
	var found []request.Change
	if err == nil {
		found, err = request.Changes(cmd.Context(), cloudtrail.NewFromConfig(cfg), t.Resource, since)
	}
	switch {
	case err != nil:
		fmt.Fprintf(out, "hubmend: CloudTrail cannot tell who changed it: %s\n",
			clip(wording.OneLine(awserr.Message(err))))
	case len(found) == 0:
		fmt.Fprintf(out, "hubmend: CloudTrail of account %s has no change of it since the remediation; calls appear "+
			"after a few minutes\n", t.Account)
	}
	for _, c := range found {
		fmt.Fprintf(out, "hubmend: changed by %s at %s UTC: %s\n", wording.OneLine(c.By), moment(c.At),
			wording.OneLine(c.Call))
	}
	return found
}

// memberConfig gives credentials of the resource's account.
func (u undoing) memberConfig(ctx context.Context, a asking, t target.Target) (aws.Config, error) {
	cfg := a.cfg.Copy()
	if u.memberProfile != "" {
		var err error
		if cfg, err = loadConfig(ctx, config.WithSharedConfigProfile(u.memberProfile)); err != nil {
			return cfg, err
		}
	} else if a.person.Account != t.Account {
		return cfg, fmt.Errorf(
			"the resource is in account %[2]s and your credentials are of account %[1]s; name a profile of the "+
				"resource's account with --member-profile", a.person.Account, t.Account)
	}
	if cfg.Region = t.Region; t.Region == target.Global {
		p, _ := partition.Of(a.cfg.Region)
		cfg.Region = cmp.Or(p.GlobalTrail, a.cfg.Region)
	}
	return cfg, nil
}
