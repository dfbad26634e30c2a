package main

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/jedib0t/go-pretty/v6/table"

	"hubmend/internal/lab"
	"hubmend/internal/scenario"
	"hubmend/internal/target"
)

// printer writes the story of a lab as it happens; in brief, what it has to say of a
// scenario when the scenario is over.
type printer struct {
	out    io.Writer
	silent bool // for --json
	brief  bool // for --quiet

	place string // of the scenario, such as [1/20]
	mu    sync.Mutex
	held  strings.Builder
}

// of gives the printer of one scenario.
func (p *printer) of(i, n int) *printer {
	return &printer{out: p.out, silent: p.silent, brief: p.brief, place: fmt.Sprintf("[%d/%d]", i, n)}
}

// flush writes what was held back, at once, so that scenarios do not mix.
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
	p.printf("\n%s %s\n", p.place, s.Name)
	if s.Description != "" {
		p.printf("      %s\n", strings.TrimSpace(s.Description))
	}
}

func (p *printer) failed(err error) {
	if !p.silent {
		p.printf("  FAIL %v\n", err)
	}
}

func (p *printer) entry(e lab.Entry) {
	if !p.silent && !p.brief {
		p.printf("%s", line(e))
	}
}

func line(e lab.Entry) string {
	where := ""
	if e.Account != "" {
		where = e.Account + " " + e.Region
	}
	return fmt.Sprintf("  %7.3f s  %-12s %-24s %s\n", e.At.Seconds(), e.Kind, where, e.Text)
}

func (p *printer) before(tables []scenario.Table) {
	if !p.silent && !p.brief {
		p.tables("before", tables)
	}
}

func (p *printer) end(r scenario.Result) {
	if p.silent {
		return
	}
	if p.brief && !r.Passed {
		for _, e := range r.Story {
			p.printf("%s", line(e))
		}
	}
	if !p.brief {
		p.tables("after", r.After)
	}
	passed := 0
	for _, v := range r.Verdicts {
		if v.Passed {
			passed++
		}
		if !p.brief || !v.Passed {
			p.printf("  %s %s%s\n", mark(v.Passed), v.Text, got(v))
		}
	}
	if !p.brief {
		p.controls(r.Controls)
	}
	p.printf("  %s %d of %d expectations hold, %d executions, %.1f s\n", mark(r.Passed), passed, len(r.Verdicts), len(r.Executions), r.Seconds)
}

func (p *printer) tables(when string, tables []scenario.Table) {
	for _, t := range tables {
		w := table.NewWriter()
		w.SetTitle("%s, %s", t.Title, when)
		header := table.Row{}
		for _, c := range t.Columns {
			header = append(header, c)
		}
		w.AppendHeader(header)
		for _, r := range t.Rows {
			row := table.Row{}
			for _, cell := range r {
				row = append(row, cell)
			}
			w.AppendRow(row)
		}
		if len(t.Rows) == 0 {
			w.AppendRow(table.Row{"(none)"})
		}
		p.printf("\n%s\n\n", w.Render())
	}
}

// summary closes a run of several scenarios.
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

// controls prints what became of each finding, by the word of the independent check.
func (p *printer) controls(all []scenario.ControlResult) {
	if len(all) == 0 {
		return
	}
	w := table.NewWriter()
	w.AppendHeader(table.Row{"Control", "Resource", "Before", "After", "Workflow", "Steps", "Time"})
	for _, c := range all {
		w.AppendRow(table.Row{c.Control, target.Name(c.Resource), c.Before, c.After, c.Workflow, c.Steps, fmt.Sprintf("%d ms", c.Took.Milliseconds())})
	}
	p.printf("\n%s\n\n", w.Render())
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

func mark(ok bool) string {
	if ok {
		return "ok  "
	}
	return "FAIL"
}

func got(v scenario.Verdict) string {
	if v.Passed {
		return ""
	}
	return "\n       but it is " + v.Got
}
