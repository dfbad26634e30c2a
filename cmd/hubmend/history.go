package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"hubmend/internal/aws/console"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/overview"
)

// past is everything about a target, in JSON.
type past struct {
	Key         string    `json:"key"`
	Account     string    `json:"account"`
	Region      string    `json:"region"`
	Resource    string    `json:"resource"`
	Runbook     string    `json:"runbook"`
	SuspendedAt time.Time `json:"suspendedAt,omitzero"`
	HeldAt      time.Time `json:"heldAt,omitzero"`
	HeldBy      string    `json:"heldBy,omitempty"`
	HeldSender  string    `json:"heldSender,omitempty"`  // who sent the message of HeldBy, as SQS has it
	UndoRefused string    `json:"undoRefused,omitempty"` // why the newest undo that was asked for was not begun
	Unconfirmed []string  `json:"unconfirmed,omitempty"` // ids of findings
	Attempts    []tried   `json:"attempts"`              // oldest first
}

// tried is one attempt.
type tried struct {
	Number    int             `json:"number"`
	State     string          `json:"state"`
	Undo      string          `json:"undo,omitempty"` // the execution that it takes back
	Control   string          `json:"control"`
	Trigger   string          `json:"trigger"`
	By        string          `json:"by,omitempty"`     // who asked, as the message says
	Sender    string          `json:"sender,omitempty"` // who sent the message, as SQS has it
	AskedAt   time.Time       `json:"askedAt"`
	StartedAt time.Time       `json:"startedAt,omitzero"`
	EndedAt   time.Time       `json:"endedAt,omitzero"`
	Document  string          `json:"document"`
	Execution string          `json:"execution,omitempty"`
	Console   string          `json:"console,omitempty"`
	Change    string          `json:"change,omitempty"`
	Before    json.RawMessage `json:"before,omitempty"`
	After     json.RawMessage `json:"after,omitempty"`
	Calls     json.RawMessage `json:"calls,omitempty"` // that it made, such as kms:DescribeKey
	Class     string          `json:"class,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Findings  []string        `json:"findings,omitempty"`
}

func historyCommand() *cobra.Command {
	var f format
	var before bool
	var last uint
	cmd := &cobra.Command{
		Use:   "history TARGET",
		Short: "Show every attempt to repair a resource",
		Long: `Shows every attempt to repair a resource, of the last 90 days: when, who asked, what it ran, what
it changed and why it failed. TARGET is the resource's ARN or its own id, as ` + "`hubmend status`" + `
shows it too, the id of an execution or of a finding, or a key, which the ledger uses.

It uses the credentials and the Region of your AWS configuration, which must be those of the
administrator's account and home Region.`,
		Example: `  hubmend history sg-0123456789abcdef0
  hubmend history arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0 --before
  hubmend history security-group/sg-0123456789abcdef0 --last 3 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "" {
				return errors.New("TARGET is empty; give the resource's ARN or id")
			}
			cfg, err := awsConfig(cmd.Context())
			if err != nil {
				return err
			}
			h, err := findHistory(cmd.Context(), cfg, args[0])
			if err != nil {
				return err
			}
			if h.Newer {
				fmt.Fprintln(cmd.ErrOrStderr(), "hubmend:", newerNote(1)[0])
			}
			p := pastOf(h, cfg.Region)
			if n := uint(len(p.Attempts)); last > 0 && n > last {
				p.Attempts = p.Attempts[n-last:]
			}
			return f.print(cmd.OutOrStdout(), p, attemptListing(p), func(out io.Writer) { printPast(out, p, before) })
		},
	}
	cmd.Flags().BoolVar(&before, "before", false,
		"print the whole state before and after each repair, as the runbook kept it")
	cmd.Flags().UintVar(&last, "last", 0, "only the newest `N` attempts (default: all)")
	f.register(cmd)
	return cmd
}

// findHistory reads about the one target of the ledger that a person names.
func findHistory(ctx context.Context, cfg aws.Config, name string) (ledger.History, error) {
	key, err := name, error(nil)
	if !target.IsKey(name) {
		if key, err = findKey(ctx, cfg, name); err != nil {
			return ledger.History{}, err
		}
	}
	h, err := readLedger(cfg).Target(ctx, key)
	if err != nil {
		return ledger.History{}, ledgerError(cfg.Region, err)
	}
	if _, ok := h.Target(); !ok {
		return ledger.History{}, unknownTarget(cfg, name)
	}
	return h, nil
}

// findKey finds the key of a target that is named in another way.
func findKey(ctx context.Context, cfg aws.Config, name string) (string, error) {
	var found []target.Target
	for e, err := range readLedger(cfg).All(ctx) {
		if err != nil {
			return "", ledgerError(cfg.Region, err)
		}
		if t, ok := overview.Names(e, name); ok && !slices.Contains(found, t) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		return "", unknownTarget(cfg, name)
	case 1:
		return found[0].Key(), nil
	}
	slices.SortFunc(found, func(a, b target.Target) int { return strings.Compare(a.String(), b.String()) })
	var lines strings.Builder
	for _, t := range found {
		fmt.Fprintf(&lines, "\n  %s  %s %s %s %s", t.Key(), t.Account, t.Region, t.Runbook, oneLine(t.Resource))
	}
	return "", fmt.Errorf("%s stands for %d targets; give the key of one:%s", oneLine(name), len(found), lines.String())
}

func unknownTarget(cfg aws.Config, name string) error {
	return fmt.Errorf("the ledger in %s knows no resource, execution or finding %s of the last 90 days; `hubmend "+
		"status` shows what waits", cfg.Region, oneLine(name))
}

// pastOf puts together what the archive and the record have. home is where global targets are repaired.
func pastOf(h ledger.History, home string) past {
	t, _ := h.Target()
	p := past{
		Key: t.Key(), Account: t.Account, Region: t.Region, Resource: t.Resource, Runbook: t.Runbook,
		SuspendedAt: h.Record.SuspendedAt, HeldAt: h.Record.HeldAt, HeldBy: h.Record.HeldBy,
		HeldSender: h.Record.HeldSender, UndoRefused: h.Record.Refused.Reason, Unconfirmed: ids(h.Record.Unconfirmed),
		Attempts: []tried{},
	}
	region := t.Region
	if region == target.Global {
		region = home
	}
	archived := map[int]bool{}
	add := func(a decide.Attempt, o decide.Outcome) {
		one := tried{
			Number: a.Number, State: string(a.State), Undo: a.Undo, Control: a.Control, Trigger: string(a.Trigger),
			By: a.By, Sender: a.Sender,
			AskedAt: a.QueuedAt, StartedAt: a.ClaimedAt, EndedAt: a.EndedAt, Document: naming.Document(a.Runbook(t)),
			Execution: a.ExecutionID,
			Change:    a.Change, Class: string(a.Class), Reason: a.Reason, Findings: ids(a.Findings),
			Before: rawJSON(o.Before), After: rawJSON(o.After), Calls: rawJSON(o.Calls),
		}
		if a.ExecutionID != "" {
			one.Console = console.Execution(region, a.ExecutionID)
		}
		p.Attempts = append(p.Attempts, one)
	}
	for _, e := range h.Past {
		archived[e.Attempt.Number] = true
		add(e.Attempt, e.Outcome)
	}
	for _, a := range h.Record.Attempts {
		if !archived[a.Number] {
			add(a, decide.Outcome{})
		}
	}
	slices.SortStableFunc(p.Attempts, func(x, y tried) int { return x.Number - y.Number })
	return p
}

// rawJSON gives what a runbook kept as it is when it is JSON, and else as a text.
func rawJSON(kept string) json.RawMessage {
	if json.Valid([]byte(kept)) {
		return json.RawMessage(kept)
	}
	if kept == "" {
		return nil
	}
	text, _ := json.Marshal(kept) // a text always can
	return text
}

func ids(refs []decide.Ref) []string {
	var all []string
	for _, r := range refs {
		all = append(all, r.ID)
	}
	return all
}
