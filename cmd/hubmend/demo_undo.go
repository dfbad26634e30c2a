package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/engine/target"
	"hubmend/internal/lab"
	"hubmend/internal/lab/scenario"
	"hubmend/internal/ops/report"
	"hubmend/internal/ops/request"
	"hubmend/internal/ops/wording"
)

// undoPoll is how often the ledger of a lab is read.
const undoPoll = 200 * time.Millisecond

// undo undoes one repair as `hubmend undo` does, and shows that the resource has its previous configuration.
func (d *demo) undo(ctx context.Context, f scenario.Finished) error {
	shown := slices.IndexFunc(f.Result.Before, func(t scenario.Table) bool { return t.Undo != "" })
	if shown < 0 {
		return fmt.Errorf("%s has no table with undo", demoScenario)
	}
	name := f.Result.Before[shown].Undo
	i := slices.IndexFunc(f.Result.Controls, func(c scenario.ControlResult) bool { return c.Finding == name })
	if i < 0 {
		return fmt.Errorf("%s has no finding %q to undo", demoScenario, name)
	}
	chosen := f.Result.Controls[i]
	d.progress.begin("Undoing the repair of " + chosen.Control + ": hubmend undo " + target.Name(chosen.Resource))
	defer f.Lab.Await()()
	problem, err := undoRepair(ctx, operatorConfig(f.Lab, d.scenario), chosen.Execution)
	if err != nil {
		return err
	}
	tables, err := f.Tables(ctx)
	if err != nil {
		return err
	}
	d.progress.end()
	d.screen.print(rowsDiff(f.Result.After[shown], tables[shown], d.screen.width, d.screen.paint)...)
	if problem == "" && !sameRows(f.Result.Before[shown], tables[shown]) {
		problem = "the undo did not restore the previous configuration"
	}
	if problem != "" {
		d.screen.print(failedDemo([]string{problem}, d.screen.width, d.screen.paint)...)
		return errFailed
	}
	lines := wrapLine("  Restored. It is on hold: Hubmend remediates it again only on request.", 2, d.screen.width)
	d.screen.print(paintFirst(lines, "Restored.", text.FgGreen, d.screen.paint)...)
	return nil
}

// operatorConfig returns the AWS configuration of the administrator account in the home Region of a lab.
func operatorConfig(l *lab.Lab, s *scenario.Scenario) aws.Config {
	c := lab.Operator(s.Accounts[0])
	return aws.Config{
		Region: s.Regions[0], BaseEndpoint: aws.String(l.Endpoint()),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey}, nil
		}),
	}
}

// undoRepair undoes the repair of an execution. It returns a problem if the undo failed or the resource is not on
// hold afterwards.
func undoRepair(ctx context.Context, cfg aws.Config, execution string) (problem string, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	a, err := askWith(ctx, cfg)
	if err != nil {
		return "", err
	}
	h, err := findHistory(ctx, cfg, execution)
	if err != nil {
		return "", err
	}
	repaired, err := toUndo(h, execution, time.Now())
	if err != nil {
		return "", err
	}
	t, _ := h.Target()
	sent, err := a.sendUndo(ctx, t, repaired)
	if err != nil {
		return "", err
	}
	p, err := request.Follow(ctx, undoPoll,
		func(ctx context.Context) (request.Progress, error) { return a.undoProgress(ctx, sent) },
		func(request.Progress) {})
	if err != nil {
		return "", fmt.Errorf("undo of execution %s (%s): %w", execution, wording.OneLine(p.String()), err)
	}
	if !p.Succeeded() {
		return fmt.Sprintf("undo of execution %s: %s", execution, clip(wording.OneLine(p.String()))), nil
	}
	rec, err := a.ledger.Load(ctx, sent.Key)
	if err == nil && !rec.Held() {
		problem = "the repair was undone, but the resource is not on hold"
	}
	return problem, err
}

// report writes the report of the demo, as `hubmend report --html` does.
func (d *demo) report(ctx context.Context, l *lab.Lab) error {
	//nolint:gosec // build/ is for everybody
	if err := os.MkdirAll(filepath.Dir(d.reportFile), 0o755); err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second).Add(time.Second) // so that the period includes what has just happened
	r := reporting{html: d.reportFile}
	made, err := r.make(ctx, operatorConfig(l, d.scenario), report.Period{From: now.Add(-time.Hour), To: now}, now)
	if err != nil {
		return err
	}
	if err := r.write(io.Discard, made); err != nil {
		return err
	}
	d.screen.print(fmt.Sprintf("Report: %s (%d repaired, %d undone)", d.reportFile, made.Total.Repaired,
		made.Total.Undone))
	return nil
}
