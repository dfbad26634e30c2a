package main

import (
	"cmp"
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
	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/wording"
)

// past is the history of a target in JSON.
type past struct {
	Key         string    `json:"key"`
	Account     string    `json:"account"`
	Region      string    `json:"region"`
	Resource    string    `json:"resource"`
	Runbook     string    `json:"runbook"`
	SuspendedAt time.Time `json:"suspendedAt,omitzero"`
	HeldAt      time.Time `json:"heldAt,omitzero"`
	HeldBy      string    `json:"heldBy,omitempty"`
	HeldSender  string    `json:"heldSender,omitempty"`  // who sent the request of HeldBy, according to SQS
	UndoRefused string    `json:"undoRefused,omitempty"` // why the latest undo request was refused
	Unconfirmed []string  `json:"unconfirmed,omitempty"` // ids of findings
	// V2IDs are the ids of Unconfirmed in the new Security Hub, by the ids of the findings.
	V2IDs    map[string]string `json:"v2Ids,omitempty"`
	HeldBack []heldBack        `json:"heldBack,omitempty"` // by the policy
	Attempts []tried           `json:"attempts"`           // oldest first
}

// heldBack is what the policy holds back of the target.
type heldBack struct {
	State    overview.State `json:"state"` // exempt, delayed, pending approval or policy unreadable
	Control  string         `json:"control"`
	Since    time.Time      `json:"since"`
	Until    time.Time      `json:"until,omitzero"`
	Rule     string         `json:"rule,omitempty"`
	Owner    string         `json:"owner,omitempty"`
	Ticket   string         `json:"ticket,omitempty"`
	Proposal string         `json:"proposal,omitempty"`
	Findings int            `json:"findings"`
	Why      string         `json:"why"`
	// V2IDs are the ids of the findings in the new Security Hub, by their ids.
	V2IDs map[string]string `json:"v2Ids,omitempty"`

	ids []string // of the findings
}

func heldBackOf(rec decide.Record) []heldBack {
	var all []heldBack
	for _, t := range overview.Parked(rec) {
		all = append(all, heldBack{State: t.State, Control: t.Control, Since: t.Since, Until: t.Until, Rule: t.Rule,
			Owner: t.Owner, Ticket: t.Ticket, Proposal: t.Proposal, Findings: t.Findings, Why: t.Why,
			V2IDs: t.V2IDs, ids: t.IDs})
	}
	return all
}

// tried is one attempt.
type tried struct {
	Number  int              `json:"number"`
	State   string           `json:"state"`
	Outcome outcomes.Outcome `json:"outcome,omitempty"` // once it has ended
	Undo    string           `json:"undo,omitempty"`    // the execution that it undoes
	Control string           `json:"control"`
	Trigger string           `json:"trigger"`
	By      string           `json:"by,omitempty"`     // who requested it, according to the message
	Sender  string           `json:"sender,omitempty"` // the identity that sent the message, according to SQS
	// Proposal is what By approved, and AskedBy the person who had requested it; empty when that was automatic.
	Proposal  string    `json:"proposal,omitempty"`
	AskedBy   string    `json:"askedBy,omitempty"`
	Despite   string    `json:"despite,omitempty"` // why By requested it although the policy exempts it
	AskedAt   time.Time `json:"askedAt"`
	StartedAt time.Time `json:"startedAt,omitzero"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
	Document  string    `json:"document"`
	Execution string    `json:"execution,omitempty"`
	Console   string    `json:"console,omitempty"`
	Change    string    `json:"change,omitempty"`
	// RevertedBy says who changed the resource after the repair.
	RevertedBy string          `json:"revertedBy,omitempty"`
	Before     json.RawMessage `json:"before,omitempty"`
	After      json.RawMessage `json:"after,omitempty"`
	Calls      json.RawMessage `json:"calls,omitempty"` // API calls that it made, such as kms:DescribeKey
	Class      string          `json:"class,omitempty"`
	Reason     string          `json:"reason,omitempty"`
	Findings   []string        `json:"findings,omitempty"`
	// V2IDs are the ids of the findings in the new Security Hub, by their ids.
	V2IDs map[string]string `json:"v2Ids,omitempty"`
}

func historyCommand() *cobra.Command {
	var f format
	var before bool
	var last uint
	since := period(ledgerKeeps)
	cmd := &cobra.Command{
		Use:   "history [TARGET]",
		Short: "Show the latest remediations, or every attempt to remediate a resource",
		Long: `Without TARGET, shows the latest remediations of all resources. With TARGET, shows every attempt to
remediate one resource in the last 90 days: when it ran, who requested it, what it changed, and why
it failed. TARGET is the ARN or the id of the resource, the id of an execution or of a finding in
either Security Hub, or the key that events and notifications show.

It uses your AWS configuration. Choose the administrator's account and the home Region.`,
		Example: `  hubmend history
  hubmend history --last 50 --since 7d
  hubmend history sg-0123456789abcdef0
  hubmend history arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0 --before
  hubmend history security-group/sg-0123456789abcdef0 --last 3 --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == "" {
				return errors.New("TARGET is empty; specify the ARN or the id of a resource")
			}
			cfg, err := awsConfig(cmd.Context())
			if err != nil {
				return err
			}
			if len(args) == 0 {
				if !cmd.Flags().Changed("last") {
					last = latestShown
				}
				return showLatest(cmd, cfg, last, since, f)
			}
			h, err := findHistory(cmd.Context(), cfg, args[0])
			if err != nil {
				return err
			}
			if h.Newer {
				fmt.Fprintln(cmd.ErrOrStderr(), "hubmend:", newerNote(1)[0])
			}
			p := pastOf(h, cfg.Region)
			if cmd.Flags().Changed("since") {
				p.endedSince(time.Now().Add(-time.Duration(since)))
			}
			if n := uint(len(p.Attempts)); last > 0 && n > last {
				p.Attempts = p.Attempts[n-last:]
			}
			if problem := addV2IDs(cmd.Context(), cfg, p.withV2IDs()); problem != "" {
				fmt.Fprintln(cmd.ErrOrStderr(), "hubmend:", problem)
			}
			return f.print(cmd.OutOrStdout(), p, attemptListing(p), func(out io.Writer) { printPast(out, p, before) })
		},
	}
	cmd.Flags().BoolVar(&before, "before", false,
		"print the complete state before and after each attempt, as the runbook recorded it")
	cmd.Flags().UintVar(&last, "last", 0, "show only the latest `N` attempts (default: 20; with TARGET, all)")
	cmd.Flags().Var(&since, "since", "leave out attempts that ended longer ago, such as 90m, 36h or 7d")
	f.register(cmd)
	return cmd
}

// findHistory reads the history of the target with a name.
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

// findKey finds the key of the target with a name.
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
		fmt.Fprintf(&lines, "\n  %s  %s %s %s %s", t.Key(), t.Account, t.Region, t.Runbook, wording.OneLine(t.Resource))
	}
	return "", fmt.Errorf("%s matches %d resources; specify the key of one:%s", wording.OneLine(name), len(found),
		lines.String())
}

func unknownTarget(cfg aws.Config, name string) error {
	return fmt.Errorf("%[2]s not found: the ledger in %[1]s has no such resource, execution or finding in the last "+
		"90 days; run `hubmend history` to list the latest", cfg.Region, wording.OneLine(name))
}

// pastOf merges the archive and the record. Global targets are remediated in the home Region.
func pastOf(h ledger.History, home string) past {
	t, _ := h.Target()
	p := past{
		Key: t.Key(), Account: t.Account, Region: t.Region, Resource: t.Resource, Runbook: t.Runbook,
		SuspendedAt: h.Record.SuspendedAt, HeldAt: h.Record.HeldAt, HeldBy: h.Record.HeldBy,
		HeldSender: h.Record.HeldSender, UndoRefused: h.Record.Refused.Reason, Unconfirmed: ids(h.Record.Unconfirmed),
		HeldBack: heldBackOf(h.Record), Attempts: []tried{},
	}
	p.V2IDs = overview.Recorded(h.Record, p.Unconfirmed)
	region := t.Region
	if region == target.Global {
		region = home
	}
	undos := outcomes.Undos{}
	for _, e := range h.Past {
		undos.Add(e.Attempt)
	}
	for _, a := range h.Record.Attempts {
		undos.Add(a)
	}
	archived, reverts := map[int]bool{}, map[int]string{} // an archived attempt may have ended before it was reverted
	for _, a := range h.Record.Attempts {
		reverts[a.Number] = a.RevertedBy.Sentence()
	}
	add := func(a decide.Attempt, o decide.Outcome) {
		one := tried{
			Number: a.Number, State: string(a.State), Undo: a.Undo, Control: a.Control, Trigger: string(a.Trigger),
			By: a.By, Sender: a.Sender, AskedBy: a.AskedBy, Despite: a.Despite,
			AskedAt: a.QueuedAt, StartedAt: a.ClaimedAt, EndedAt: a.EndedAt, Document: naming.Document(a.Runbook(t)),
			Execution: a.ExecutionID,
			Change:    a.Change, Class: string(a.Class), Reason: a.Reason, Findings: ids(a.Findings), V2IDs: a.V2IDs,
			Before: rawJSON(o.Before), After: rawJSON(o.After), Calls: rawJSON(o.Calls),
			RevertedBy: cmp.Or(reverts[a.Number], a.RevertedBy.Sentence()),
		}
		if !a.EndedAt.IsZero() {
			one.Outcome = outcomes.Of(a, undos)
		}
		if a.Proposal > 0 {
			one.Proposal = decide.ProposalID(p.Key, a.Proposal)
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

// withV2IDs gives all findings of the history.
func (p *past) withV2IDs() []withV2IDs {
	all := []withV2IDs{{p.Unconfirmed, &p.V2IDs}}
	for i := range p.HeldBack {
		all = append(all, withV2IDs{p.HeldBack[i].ids, &p.HeldBack[i].V2IDs})
	}
	for i := range p.Attempts {
		all = append(all, withV2IDs{p.Attempts[i].Findings, &p.Attempts[i].V2IDs})
	}
	return all
}

// endedSince drops attempts that ended earlier.
func (p *past) endedSince(since time.Time) {
	p.Attempts = slices.DeleteFunc(p.Attempts, func(a tried) bool {
		return !a.EndedAt.IsZero() && a.EndedAt.Before(since)
	})
}

// rawJSON gives what a runbook recorded: unchanged when it is JSON, otherwise as a JSON string.
func rawJSON(kept string) json.RawMessage {
	if json.Valid([]byte(kept)) {
		return json.RawMessage(kept)
	}
	if kept == "" {
		return nil
	}
	text, _ := json.Marshal(kept) // a string can always be encoded
	return text
}

func ids(refs []decide.Ref) []string {
	var all []string
	for _, r := range refs {
		all = append(all, r.ID)
	}
	return all
}
