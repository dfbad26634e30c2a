package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"hubmend/internal/lab"
	"hubmend/internal/lab/scenario"
	"hubmend/test/postcondition"
)

func labRunCommand() *cobra.Command {
	var r labRun
	cmd := &cobra.Command{
		Use:   "run SCENARIO.yaml...",
		Short: "Run scenarios and check what they expect",
		Long: `Starts a lab for each scenario, deploys the templates, launches the product, makes the
resources, sends the events, waits until everything is quiet, and checks what the
scenario expects. Prints a line for each finding and each expectation that fails;
--verbose prints everything that happens. Exits with 1 when an expectation fails.`,
		Example: `  hubmend lab run test/scenarios/demo-automatic.yaml
  hubmend lab run --verbose test/scenarios/demo-automatic.yaml
  hubmend lab run --quiet --jobs 2 test/scenarios/*.yaml
  hubmend lab run --json test/scenarios/*.yaml > results.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error { return r.run(cmd, files) },
	}
	r.register(cmd)
	r.format.register(cmd)
	cmd.Flags().StringVar(&r.permissions, "permissions", "",
		"write to this file who needs what the roles may do, and fail when nobody does")
	cmd.Flags().IntVarP(&r.jobs, "jobs", "j", 1, "how many scenarios to run at a time, with --quiet or --output json")
	cmd.Flags().BoolVarP(&r.quiet, "quiet", "q", false, "one line for each scenario, and the trace of those that fail")
	cmd.Flags().BoolVarP(&r.verbose, "verbose", "v", false,
		"print the trace: every event, call and step as it happens, and every expectation")
	cmd.MarkFlagsMutuallyExclusive("verbose", "quiet")
	cmd.MarkFlagsMutuallyExclusive("verbose", "json")
	cmd.MarkFlagsMutuallyExclusive("verbose", "output")
	return cmd
}

// labRun is one run of the command.
type labRun struct {
	labFlags
	format         format
	quiet, verbose bool
	jobs           int
	permissions    string // a file; empty: nobody wants to know
}

// check refuses, before minutes of work, what could not be done after them.
func (r labRun) check() error {
	switch {
	case r.jobs < 1:
		return fmt.Errorf("--jobs %d: one at least", r.jobs)
	case r.jobs > 1 && !r.quiet && r.format == formatTable:
		return errors.New("the stories of several jobs would mix; add --quiet or --output json")
	case r.permissions != "":
		_, err := os.Stat(filepath.Dir(r.permissions))
		return err
	}
	return nil
}

func (r labRun) run(cmd *cobra.Command, files []string) error {
	if err := r.check(); err != nil {
		return err
	}
	config, err := r.config(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	scenarios, err := loadAll(files)
	if err != nil {
		return err
	}
	p := &printer{out: cmd.OutOrStdout(), silent: r.format != formatTable, brief: r.quiet, trace: r.verbose,
		logs: r.logs}
	results, err := runAll(cmd.Context(), scenarios, config, r.jobs, p)
	if cmd.Context().Err() != nil {
		return errors.New("interrupted")
	}
	p.summary(results)
	err = errors.Join(err, r.format.print(cmd.OutOrStdout(), results, verdictListing(results), func(io.Writer) {}))
	if err != nil {
		return err
	}
	good := true
	if r.permissions != "" {
		if good, err = writePermissions(cmd.ErrOrStderr(), r.permissions, results); err != nil {
			return err
		}
	}
	for _, result := range results {
		good = good && result.Passed
	}
	if !good {
		return errFailed
	}
	return nil
}

// verdictListing lists every expectation for CSV.
func verdictListing(results []scenario.Result) listing {
	l := listing{columns: []column{{name: "Scenario"}, {name: "Expectation"}, {name: "Passed"}, {name: "Got"}}}
	for _, r := range results {
		for _, v := range r.Verdicts {
			l.add(r.Name, v.Text, yesOrNo(v.Passed), v.Got)
		}
	}
	return l
}

// loadAll reads every file first, so that a mistake in the last does not show after
// minutes of work.
func loadAll(files []string) ([]*scenario.Scenario, error) {
	var all []*scenario.Scenario
	var errs []error
	for _, file := range files {
		s, err := scenario.Load(file)
		all, errs = append(all, s), append(errs, err)
	}
	return all, errors.Join(errs...)
}

// runAll runs the scenarios, so many at a time, each worker with a backend of its own. A
// scenario that cannot be run does not keep the others from running; only the end of the context does.
func runAll(ctx context.Context, scenarios []*scenario.Scenario, config lab.Config, jobs int,
	p *printer) ([]scenario.Result, error) {
	results := make([]scenario.Result, len(scenarios))
	errs := make([]error, len(scenarios))
	next := make(chan int)
	var workers errgroup.Group
	for range min(jobs, len(scenarios)) {
		workers.Go(func() error {
			backend, err := lab.StartBackend(ctx, config)
			if err != nil {
				for i := range next {
					errs[i] = err
				}
				return err
			}
			defer backend.Close()
			for i := range next {
				results[i], errs[i] = runOne(ctx, scenarios[i], config, backend, p.of(i+1, len(scenarios)))
			}
			return nil
		})
	}
	for i := range scenarios {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	return results, errors.Join(errs...)
}

func runOne(ctx context.Context, s *scenario.Scenario, config lab.Config, backend *lab.Backend,
	p *printer) (scenario.Result, error) {
	defer p.flush()
	p.begin(s)
	config.Backend, config.Observe = backend, p.entry
	hooks := scenario.Hooks{Before: p.before, Check: postcondition.Check, Remediate: remediateIn(s)}
	stop := p.follow(ctx, s, &hooks)
	r, err := scenario.Run(ctx, s, config, hooks)
	stop()
	if err != nil {
		r.Name = s.Name
		err = fmt.Errorf("%s: %w", s.Name, err)
		if ctx.Err() == nil { // else it is nothing that the scenario did
			p.failed(err)
		}
		return r, err
	}
	p.end(r)
	return r, nil
}
