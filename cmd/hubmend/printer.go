package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/engine/target"
	"hubmend/internal/lab"
	"hubmend/internal/lab/scenario"
	"hubmend/internal/ops/wording"
)

// printer prints the run of scenarios: by default a line for each finding, and the expectations that failed.
type printer struct {
	out    io.Writer
	silent bool // for --output json and csv
	brief  bool // for --quiet: one line when the scenario is over
	trace  bool // for --verbose: everything that happens, as it happens
	logs   bool // for --logs, whose lines appear in between

	place    string // of the scenario, such as [1/20]
	progress *progress
	mu       sync.Mutex
	held     strings.Builder
}

// of returns the printer of one scenario.
func (p *printer) of(i, n int) *printer {
	return &printer{out: p.out, silent: p.silent, brief: p.brief, trace: p.trace, logs: p.logs,
		place: fmt.Sprintf("[%d/%d]", i, n)}
}

// flush prints the output of one scenario at once, because several may run at a time.
func (p *printer) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprint(p.out, p.held.String())
	p.held.Reset()
}

func (p *printer) begin(s *scenario.Scenario) {
	if p.silent {
		return
	}
	if p.brief {
		p.printf("%s %s\n", p.place, s.Name)
		return
	}
	width := terminalWidth(p.out)
	p.printf("\n%s\n", strings.Join(wrapLine(p.place+" "+s.Name, 6, width), "\n"))
	if s.Description != "" {
		p.printf("%s\n", strings.Join(wrapLine("      "+strings.TrimSpace(s.Description), 6, width), "\n"))
	}
}

// follow shows the progress of a scenario, unless a flag asks for another form.
func (p *printer) follow(ctx context.Context, s *scenario.Scenario, hooks *scenario.Hooks) (stop func()) {
	if p.silent || p.brief || p.trace {
		return func() {}
	}
	screen := newScreen(p.out)
	screen.inPlace = screen.inPlace && !p.logs
	p.progress = newProgress(screen, s.Product, false)
	p.progress.indent = "  "
	hooks.Phase = func(phase scenario.Phase) { p.progress.begin(phases[phase]) }
	hooks.Findings, hooks.Changed = p.progress.findings, p.progress.changed
	return p.progress.start(ctx)
}

// phases names the phases of a scenario.
var phases = map[scenario.Phase]string{
	scenario.Deploying: "Deploying the templates", scenario.Launching: "Launching the product",
	scenario.Seeding:   "Creating the resources",
	scenario.Happening: "Remediating", scenario.Rechecking: "Checking the resources again",
}

func (p *printer) failed(err error) {
	if !p.silent {
		p.printf("  %s %v\n", mark(false, painter(p.out)), err)
	}
}

func (p *printer) entry(e lab.Entry) {
	if p.trace {
		p.printf("%s", storyLine(e, terminalWidth(p.out), painter(p.out)))
	}
}

func (p *printer) before(tables []scenario.Table) {
	if p.trace {
		p.tables("before", tables)
	}
}

func (p *printer) end(r scenario.Result) {
	if p.silent {
		return
	}
	paint := painter(p.out)
	switch {
	case p.brief && !r.Passed:
		for _, e := range r.Story {
			p.printf("%s", storyLine(e, terminalWidth(p.out), paint))
		}
	case p.trace:
		p.tables("after", r.After)
	case p.progress != nil:
		p.progress.finish(r.Controls)
	}
	passed := 0
	for _, v := range r.Verdicts {
		if v.Passed {
			passed++
		}
		if p.trace || !v.Passed {
			p.printf("%s\n", strings.Join(verdictLines(v, terminalWidth(p.out), paint), "\n"))
		}
	}
	if p.trace {
		p.controls(r.Controls)
	}
	p.printf("  %s %d of %d expectations met, %s, %.1f s\n", mark(r.Passed, paint), passed, len(r.Verdicts),
		wording.Counted(len(r.Executions), "execution"), r.Seconds)
}

func (p *printer) tables(when string, tables []scenario.Table) {
	for _, t := range tables {
		l := listing{rows: t.Rows}
		for _, c := range t.Columns {
			l.columns = append(l.columns, column{name: c})
		}
		drawn := "  (none)"
		switch {
		case len(t.Rows) == 0:
		case len(t.Columns) == 0: // the fields of one resource
			var lines []string
			for _, row := range t.Rows {
				lines = append(lines, "  "+alignRow(row, columnWidths(t.Rows)))
			}
			drawn = strings.Join(lines, "\n")
		default:
			drawn = l.render(p.out)
		}
		p.printf("\n%s, %s\n\n%s\n\n", t.Title, when, drawn)
	}
}

// summary ends a run of several scenarios.
func (p *printer) summary(results []scenario.Result) {
	if p.silent || len(results) < 2 {
		return
	}
	passed := 0
	for _, r := range results {
		if r.Passed {
			passed++
		}
	}
	fmt.Fprintf(p.out, "\n%d passed, %d failed\n", passed, len(results)-passed)
}

// controls prints the outcome of each finding, as the independent check sees it.
func (p *printer) controls(all []scenario.ControlResult) {
	if len(all) == 0 {
		return
	}
	l := listing{columns: []column{{name: "Control"}, {name: "Resource"}, {name: "Before"}, {name: "After"},
		{name: "Workflow"}, {name: "Steps", right: true}, {name: "Time", right: true}}}
	for _, c := range all {
		l.add(c.Control, target.Name(c.Resource), c.Before, c.After, c.Workflow, strconv.Itoa(c.Steps),
			fmt.Sprintf("%d ms", c.Took.Milliseconds()))
	}
	p.printf("\n%s\n\n", l.render(p.out))
}

func (p *printer) printf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.brief {
		fmt.Fprintf(&p.held, format, args...)
		return
	}
	fmt.Fprintf(p.out, format, args...)
}

func mark(ok bool, paint painting) string {
	if ok {
		return paint(text.FgGreen, "ok") + "  "
	}
	return paint(text.FgRed, "FAIL")
}

// verdictLines draws an expectation, and the actual value if it failed.
func verdictLines(v scenario.Verdict, width int, paint painting) []string {
	const indent = 7
	if v.Passed {
		return paintFirst(wrapLine("  ok   "+v.Text, indent, width), "ok", text.FgGreen, paint)
	}
	lines := paintFirst(wrapLine("  FAIL "+v.Text, indent, width), "FAIL", text.FgRed, paint)
	return append(lines, wrapLine(strings.Repeat(" ", indent)+"actual: "+v.Got, indent, width)...)
}
