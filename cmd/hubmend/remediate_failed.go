package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/spf13/cobra"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/finding"
	"hubmend/internal/ops/wording"
)

// again is `hubmend remediate --failed`: it requests again, in bulk, what failed.
type again struct {
	confirmation
	failed         bool
	account, class string
}

func (r *remediating) againFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&r.failed, "failed", false,
		"remediate again what failed, or is pending because an account was not ready")
	addAccountFlag(cmd, &r.account, "with --failed: only this account")
	cmd.Flags().StringVar(&r.class, "class", "",
		"with --failed: only failures of this class, such as "+failure.NotReady.Flag()+" or "+failure.Permission.Flag())
	r.confirmation.flag(cmd)
}

// checkFailed refuses flags that do not go together.
func (r remediating) checkFailed(ids []string) error {
	switch {
	case !r.failed && (r.account != "" || r.class != ""):
		return errors.New("--account and --class belong to --failed")
	case !r.failed:
		return nil
	case r.despite != "":
		return errors.New("--despite-policy does not go together with --failed")
	case len(ids) > 0 || r.resource != "":
		return errors.New("--failed does not go together with finding ids or --resource")
	case r.class != "" && !slices.Contains(failedClasses(), r.class):
		return fmt.Errorf("unknown failure class %q; the classes are %s", clip(wording.OneLine(r.class)),
			strings.Join(failedClasses(), ", "))
	}
	return nil
}

// failedClasses lists the classes of failures that can be retried. A resource that is gone cannot.
func failedClasses() []string {
	var all []string
	for _, c := range failure.Classes() {
		if c != failure.Gone {
			all = append(all, c.Flag())
		}
	}
	return all
}

// classOf gives why the latest attempt of a record did not succeed, and false when it is not to be repeated.
func classOf(rec decide.Record) (failure.Class, bool) {
	a := rec.Last()
	switch {
	case a == nil || a.Undo != "" || rec.Held():
		return "", false
	case a.State == decide.Queued && a.Cause == decide.Unready:
		return failure.NotReady, true
	}
	return a.Class, a.State == decide.Failed && a.Class != failure.Gone
}

// wanted reports whether a record matches the flags.
func (r remediating) wanted(rec decide.Record) bool {
	class, is := classOf(rec)
	return is && (r.account == "" || r.account == rec.Target.Account) &&
		(r.control == "" || r.control == rec.Last().Control) &&
		(r.class == "" || r.class == class.Flag())
}

// runFailed finds what failed, asks, and sends one request for each finding.
func (r remediating) runFailed(cmd *cobra.Command) error {
	ctx := cmd.Context()
	a, err := ask(ctx)
	if err != nil {
		return err
	}
	records, err := r.failedRecords(ctx, a)
	if err != nil {
		return err
	}
	wanted, skipped, err := findingRequests(ctx, a, records)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if r.asJSON {
		out = io.Discard
	}
	fmt.Fprint(out, countedFailures(records, wanted, skipped))
	if len(wanted) > 0 {
		question := fmt.Sprintf("Remediate %s again?", wording.Counted(len(wanted), "resource"))
		if err := r.ask(cmd, question, r.asJSON); err != nil {
			return err
		}
	}
	sent, problem := send(ctx, a, wanted)
	if problem != nil && sent == 0 {
		return awsError(a.cfg.Region, problem)
	}
	results := []remediated{}
	for _, w := range wanted[:sent] {
		results = append(results,
			remediated{Finding: w.ref.ID, Control: w.control, Resource: w.target.Resource, Key: w.target.Key(),
				By: a.person.ARN, State: "sent"})
	}
	if r.asJSON {
		if err := json.NewEncoder(cmd.OutOrStdout()).Encode(results); err != nil {
			return err
		}
	} else if sent > 0 {
		fmt.Fprintf(out, "Sent %s. `hubmend status` shows the progress.\n", wording.Counted(sent, "request"))
	}
	if problem != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: sent %d of %s; then: %v\n", sent,
			wording.Counted(len(wanted), "request"),
			awsProblem(a.cfg.Region, problem))
		return errFailed
	}
	return nil
}

// failedRecords reads the ledger, in the order of accounts and resources.
func (r remediating) failedRecords(ctx context.Context, a asking) ([]decide.Record, error) {
	var all []decide.Record
	for e, err := range readLedger(a.cfg).All(ctx) {
		if err != nil {
			return nil, ledgerError(a.cfg.Region, err)
		}
		if e.Record != nil && r.wanted(*e.Record) {
			all = append(all, *e.Record)
		}
	}
	slices.SortFunc(all, func(x, y decide.Record) int { return cmp.Compare(x.Target.String(), y.Target.String()) })
	return all, nil
}

// findingRequests makes one request for each record, from the first of its findings that is still open. It counts the
// records that have none.
func findingRequests(ctx context.Context, a asking, records []decide.Record) (wanted []findingRequest, skipped int,
	err error) {
	var ids []string
	for _, rec := range records {
		for _, f := range rec.Last().Findings {
			ids = append(ids, f.ID)
		}
	}
	documents, err := findingsByID(ctx, a, ids)
	if err != nil {
		return nil, 0, err
	}
	for _, rec := range records {
		w, is := findingRequestOf(a, rec, documents)
		if !is {
			skipped++
			continue
		}
		wanted = append(wanted, w)
	}
	return wanted, skipped, nil
}

func findingRequestOf(a asking, rec decide.Record, documents map[string]types.AwsSecurityFinding) (findingRequest,
	bool) {
	for _, f := range rec.Last().Findings {
		d, known := documents[f.ID]
		if !known || d.RecordState != finding.Active {
			continue
		}
		if w, err := newFindingRequest(a, d, ""); err == nil && w.target == rec.Target {
			return w, true
		}
	}
	return findingRequest{}, false
}

// countedFailures describes what will be requested, by class and account.
func countedFailures(records []decide.Record, wanted []findingRequest, skipped int) string {
	if len(records) == 0 {
		return "No failure matches.\n"
	}
	asked := map[string]bool{}
	for _, w := range wanted {
		asked[w.target.Key()] = true
	}
	each := map[string]int{}
	for _, rec := range records {
		if class, _ := classOf(rec); asked[rec.Target.Key()] {
			each[fmt.Sprintf("%s  %-12s  %s", rec.Target.Account, class, rec.Last().Control)]++
		}
	}
	var b strings.Builder
	for _, line := range slices.Sorted(maps.Keys(each)) {
		fmt.Fprintf(&b, "  %s  %s\n", line, wording.Counted(each[line], "resource"))
	}
	if skipped > 0 {
		fmt.Fprintf(&b, "  %s skipped: Security Hub has no open finding about it\n",
			wording.Counted(skipped, "resource"))
	}
	return b.String()
}
