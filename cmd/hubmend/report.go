package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/report"
	"hubmend/internal/ops/request"
	"hubmend/internal/ops/wording"
)

// reporting holds the period and the formats of a report.
type reporting struct {
	since            period
	from, to         string
	html, csv, oscal string // files; - is standard output
	asJSON           bool
	withoutOpen      bool
}

// toStdout names standard output instead of a file.
const toStdout = "-"

func reportCommand() *cobra.Command {
	r := reporting{since: period(30 * 24 * time.Hour)}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write a report of a period as HTML, CSV, OSCAL or JSON",
		Long: `Writes a report of a period: what was remediated, where and how fast, what needs attention, which
findings are open, and every attempt with the state before and after it. --html writes one page that
needs no network. --csv writes a table with one row per attempt. --oscal writes assessment results
for auditors. --json prints everything. Use - as FILE for standard output. It changes nothing.

It uses your AWS configuration. Choose the administrator's account and the home Region. The ledger
keeps 90 days. Days are in UTC.`,
		Example: `  hubmend report --html report.html
  hubmend report --from 2026-01-01 --to 2026-01-31 --html january.html --csv january.csv
  hubmend report --since 90d --oscal results.json
  hubmend report --since 7d --csv -`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := time.Now().UTC().Truncate(time.Second)
			p, err := r.check(now)
			if err != nil {
				return err
			}
			cfg, err := awsConfig(cmd.Context())
			if err != nil {
				return err
			}
			made, err := r.make(cmd.Context(), cfg, p, now)
			if err != nil {
				return err
			}
			for _, note := range made.Notes {
				fmt.Fprintln(cmd.ErrOrStderr(), "hubmend:", wording.OneLine(note))
			}
			return r.write(cmd.OutOrStdout(), made)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&r.html, "html", "", "write an HTML page to `FILE`")
	flags.StringVar(&r.csv, "csv", "", "write a CSV table to `FILE`")
	flags.StringVar(&r.oscal, "oscal", "", "write OSCAL assessment results to `FILE`")
	flags.BoolVar(&r.asJSON, "json", false, "print JSON")
	flags.Var(&r.since, "since", "length of the period until now, such as 36h or 30d")
	flags.StringVar(&r.from, "from", "", "first `day` of the period, such as 2026-01-01, or its start time (RFC 3339)")
	flags.StringVar(&r.to, "to", "", "last `day` of the period, or its end time (default: now)")
	flags.BoolVar(&r.withoutOpen, "no-open", false, "leave out open findings, without calling Security Hub")
	cmd.MarkFlagsMutuallyExclusive("since", "from")
	cmd.MarkFlagsMutuallyExclusive("since", "to")
	return cmd
}

// checkFiles refuses a report without a file, and two reports in one file.
func (r reporting) checkFiles() error {
	var wanted []string
	for _, file := range []string{r.html, r.csv, r.oscal} {
		if file != "" {
			wanted = append(wanted, filepath.Clean(file))
		}
	}
	if r.asJSON {
		wanted = append(wanted, toStdout)
	}
	for i, file := range wanted {
		switch again := slices.Contains(wanted[:i], file); {
		case again && file == toStdout:
			return errors.New("only one report can go to standard output; write the others to files")
		case again:
			return fmt.Errorf("%s is specified twice; each report needs its own file", wording.OneLine(file))
		}
	}
	if len(wanted) == 0 {
		return errors.New(
			"specify a format: --html FILE, --csv FILE, --oscal FILE or --json; use - for standard output")
	}
	return nil
}

// check returns the period, or what is wrong with the options.
func (r reporting) check(now time.Time) (report.Period, error) {
	if err := r.checkFiles(); err != nil {
		return report.Period{}, err
	}
	switch {
	case r.to != "" && r.from == "":
		return report.Period{}, errors.New("--to requires --from")
	case r.from == "":
		return report.Period{From: now.Add(-time.Duration(r.since)), To: now}, nil
	}
	from, _, err := dayOrTime("--from", r.from)
	if err != nil {
		return report.Period{}, err
	}
	p := report.Period{From: from, To: now}
	if r.to != "" {
		to, whole, err := dayOrTime("--to", r.to)
		if err != nil {
			return report.Period{}, err
		}
		if whole {
			to = to.AddDate(0, 0, 1)
		}
		if to.Before(now) {
			p.To = to
		}
	}
	if !p.From.Before(p.To) {
		return report.Period{},
			fmt.Errorf("--from %s is not before the end of the period, %s", r.from, p.To.Format(time.RFC3339))
	}
	return p, nil
}

// dayOrTime parses a time or a day in UTC. Of a day it returns the start, and that it is a whole day.
func dayOrTime(flag, s string) (at time.Time, whole bool, err error) {
	if at, err = time.Parse(time.DateOnly, s); err == nil {
		return at, true, nil
	}
	if at, err = time.Parse(time.RFC3339, s); err == nil {
		return at.UTC(), false, nil
	}
	return at, false, fmt.Errorf("%s: %q is neither a day such as 2026-01-31 nor a time such as 2026-01-31T18:00:00Z",
		flag, s)
}

// ledgerKeeps is how long the ledger keeps attempts.
const ledgerKeeps = 90 * 24 * time.Hour

// make reads the ledger and Security Hub. Only a ledger that cannot be read is an error; the rest is a note.
func (r reporting) make(ctx context.Context, cfg aws.Config, p report.Period, now time.Time) (report.Report, error) {
	person, err := request.Caller(ctx, sts.NewFromConfig(cfg))
	if err != nil {
		return report.Report{}, awsError(cfg.Region, err)
	}
	o := report.Options{Period: p, Now: now, Account: person.Account, Region: cfg.Region, Catalog: catalog.Embedded()}
	var notes []string
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if o.Settings, err = guardSettings(ctx, cfg); err != nil {
		note("The parameters of hubmend-admin cannot be read. The report uses the default of %d attempts within "+
			"%g h: %v",
			o.Settings.MaxAttempts, o.Settings.Window.Hours(), awsError(cfg.Region, err))
	}
	if now.Sub(p.From) > ledgerKeeps+time.Minute {
		note("The period starts more than 90 days ago. The ledger has no attempts that ended before %s.",
			now.Add(-ledgerKeeps).Format(time.DateOnly))
	}
	b, newer := report.New(o), 0
	for e, err := range readLedger(cfg).All(ctx) {
		if err != nil {
			return report.Report{}, ledgerError(cfg.Region, err)
		}
		b.Add(e)
		if e.Newer {
			newer++
		}
	}
	notes = append(notes, newerNote(newer)...)
	if !r.withoutOpen {
		if lacks := readOpen(ctx, cfg, b); lacks != "" {
			notes = append(notes, lacks)
		}
	}
	for _, n := range notes {
		b.Note(n)
	}
	if err := ctx.Err(); err != nil {
		return report.Report{}, awsError(cfg.Region, err)
	}
	made := b.Report()
	if !r.withoutOpen {
		if problem := addV2IDs(ctx, cfg, ofTargets(made.Waiting, made.Exempt, made.Unconfirmed)); problem != "" {
			made.Notes = append(made.Notes, problem)
		}
	}
	return made, nil
}
