package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hubmend/internal/lab"
	"hubmend/internal/lab/scenario"
	"hubmend/internal/ops/wording"
	"hubmend/test/postcondition"
	"hubmend/test/scenarios"
)

func labDemoCommand() *cobra.Command {
	var d labDemo
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Break controls in a local lab and watch Hubmend remediate the findings",
		Long: `Starts a lab, deploys the templates, creates noncompliant resources for every control of the
playbook, and imports the findings. Hubmend remediates them. An independent check, which shares no
code with the runbooks, examines each resource before and after. Then one repair is undone, and an
HTML report is written to the folder build of a checkout, otherwise to the current folder. The demo
takes about 15 seconds and needs no AWS account.

Exit codes: 0 every finding was remediated and the undo restored the resource; 1 one of them
failed; 2 the demo could not run.`,
		Example: `  hubmend lab demo
  hubmend lab demo --verbose
  NO_COLOR=1 hubmend lab demo > demo.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := d.config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return d.run(cmd, config)
		},
	}
	d.register(cmd)
	cmd.Flags().BoolVarP(&d.verbose, "verbose", "v", false, "print every event, call and step as it happens")
	return cmd
}

// labDemo is one run of the command.
type labDemo struct {
	labFlags
	verbose bool
}

// demoScenario is the file of the scenario that the demo runs.
const demoScenario = "test/scenarios/demo-all.yaml"

// run runs the demo. It removes the redrawn block before anything else is printed, also after Ctrl-C.
func (d labDemo) run(cmd *cobra.Command, config lab.Config) error {
	s, err := scenario.Parse(scenarios.Demo)
	if err != nil {
		return fmt.Errorf("read %s: %w", demoScenario, err)
	}
	h, err := findHome(d.root)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	story := &demo{scenario: s, screen: newScreen(out), reportFile: h.demoReport(),
		trace: printer{out: out, trace: d.verbose, silent: !d.verbose}}
	story.screen.inPlace = story.screen.inPlace && !d.verbose && !d.logs // whose lines appear in between
	story.progress = newProgress(story.screen, s.Product, true)
	stop := story.progress.start(cmd.Context())
	err = story.run(cmd.Context(), config)
	stop()
	if cmd.Context().Err() != nil {
		return errors.New("interrupted")
	}
	return err
}

// demo runs a scenario and explains it step by step.
type demo struct {
	scenario   *scenario.Scenario
	screen     *screen
	progress   *progress
	trace      printer // silent without --verbose
	reportFile string
	findings   int
}

func (d *demo) run(ctx context.Context, config lab.Config) error {
	d.screen.print(wrapLine("Hubmend demo: "+d.scenario.Product+" in a local lab, no AWS account.", 2,
		d.screen.width)...)
	d.progress.begin("Starting the emulator")
	backend, err := lab.StartBackend(ctx, config)
	if err != nil {
		return err
	}
	defer backend.Close()
	config.Backend, config.Observe = backend, d.trace.entry
	_, err = scenario.Run(ctx, d.scenario, config, scenario.Hooks{
		Check: postcondition.Check, Before: d.trace.before, Phase: d.phase,
		Findings: d.begun, Changed: d.progress.changed, Finish: d.finish,
	})
	if err != nil {
		return err
	}
	d.screen.print(nextCommands(d.screen.width)...)
	return nil
}

// phase shows the next phase of the scenario.
func (d *demo) phase(p scenario.Phase) {
	text := phases[p]
	switch p {
	case scenario.Launching: // is over at once
		return
	case scenario.Seeding:
		text = "Creating noncompliant resources"
	case scenario.Happening:
		text = fmt.Sprintf("Remediating %s", wording.Counted(d.findings, "Security Hub finding"))
	}
	d.progress.begin(text)
}

func (d *demo) begun(all []scenario.ControlResult) {
	d.findings = len(all)
	d.progress.findings(all)
}

// finish is called at the end, while the lab still runs.
func (d *demo) finish(ctx context.Context, f scenario.Finished) error {
	d.progress.finish(f.Result.Controls)
	d.trace.end(f.Result)
	if problems := demoProblems(f.Result); len(problems) > 0 {
		d.screen.print(failedDemo(problems, d.screen.width, d.screen.paint)...)
		return errFailed
	}
	d.screen.print(demoSummary(f.Result, d.screen.width, d.screen.paint)...)
	for i, before := range f.Result.Before {
		d.screen.print("")
		d.screen.print(tableDiff(before, f.Result.After[i], d.screen.width, d.screen.paint)...)
	}
	d.screen.print("")
	if err := d.undo(ctx, f); err != nil {
		return err
	}
	return d.report(ctx, f.Lab)
}
