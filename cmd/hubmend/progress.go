package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/engine/finding"
	"hubmend/internal/lab/scenario"
)

// progress shows how a run in the lab goes: the phase that it is in, and a line for each finding.
type progress struct {
	screen  *screen
	product string
	now     func() time.Time
	// told is true when phases stay on the screen, and findings that are RESOLVED are printed
	// as soon as they are where lines cannot be redrawn.
	told   bool
	indent string // of the rows

	mu    sync.Mutex
	phase string
	since time.Time
	rows  *findingRows // nil before the findings are known and after the end
}

func newProgress(s *screen, product string, told bool) *progress {
	return &progress{screen: s, product: product, now: time.Now, told: told}
}

// tick is how often the time that a phase takes is redrawn.
const tick = 120 * time.Millisecond

// start redraws until the context is done or the function that it gives is called, which leaves the cursor as it was.
func (p *progress) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer p.screen.close()
		for ticks := time.NewTicker(tick); ; {
			select {
			case <-ctx.Done():
				ticks.Stop()
				return
			case <-ticks.C:
				p.redraw()
			}
		}
	}()
	return func() { cancel(); <-done }
}

// begin ends the phase before and begins another.
func (p *progress) begin(phase string) {
	p.end()
	p.mu.Lock()
	p.phase, p.since = phase, p.now()
	p.mu.Unlock()
	if p.told && !p.screen.inPlace {
		p.screen.print(wrapLine(phase, 2, p.screen.width)...)
	}
	p.redraw()
}

// end leaves on a terminal how long the phase took.
func (p *progress) end() {
	p.mu.Lock()
	phase, took := p.phase, p.now().Sub(p.since)
	p.phase = ""
	p.mu.Unlock()
	p.screen.redraw()
	if phase != "" && p.told && p.screen.inPlace {
		p.screen.print(phaseLine("✓", phase, took, p.screen.width, p.screen.paint))
	}
}

// findings begins a row for each finding.
func (p *progress) findings(all []scenario.ControlResult) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows = newFindingRows(p.product, all)
}

// changed takes what Security Hub has of a finding.
func (p *progress) changed(c scenario.ControlResult) {
	p.mu.Lock()
	if p.rows == nil { // it is over
		p.mu.Unlock()
		return
	}
	row, resolved := p.rows.update(c)
	line := ""
	if resolved && p.told && !p.redraws() {
		line = p.draw()[row]
		p.rows.printed = append(p.rows.printed, row)
	}
	p.mu.Unlock()
	if line != "" {
		p.screen.print(line)
	}
	p.redraw()
}

// finish prints the findings that are not printed yet, as they are in the end.
func (p *progress) finish(all []scenario.ControlResult) {
	p.end()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rows == nil {
		p.rows = newFindingRows(p.product, all)
	}
	before := p.draw()
	p.rows.finish(all)
	var left []string
	for i, line := range p.draw() {
		// A row that has become worse since it was printed is printed again.
		if !slices.Contains(p.rows.printed, i) || line != before[i] {
			left = append(left, line)
		}
	}
	p.screen.print(left...)
	p.rows = nil
}

// draw draws the rows.
func (p *progress) draw() []string {
	lines := p.rows.lines(p.screen.width-len(p.indent), p.screen.paint)
	for i := range lines {
		lines[i] = p.indent + lines[i]
	}
	return lines
}

// redraws says whether the rows and the phase fit where they can be redrawn.
func (p *progress) redraws() bool {
	return p.screen.inPlace && p.rows != nil && len(p.rows.rows)+1 < p.screen.rows
}

func (p *progress) redraw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase == "" {
		return
	}
	var lines []string
	status := p.phase
	switch {
	case p.redraws():
		lines = p.draw()
	case p.rows != nil:
		status = fmt.Sprintf("%s: %d of %d RESOLVED", p.phase, p.rows.count(finding.Resolved), len(p.rows.rows))
	}
	took := p.now().Sub(p.since)
	mark := spinner[int(took/tick)%len(spinner)]
	p.screen.redraw(append([]string{phaseLine(mark, status, took, p.screen.width, p.screen.paint)}, lines...)...)
}

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// phaseLine draws a phase and how long it takes.
func phaseLine(mark, phase string, took time.Duration, width int, paint painting) string {
	seconds := fmt.Sprintf("%.1f s", took.Seconds())
	phase = shorten(phase, width-len(seconds)-4)
	return fmt.Sprintf("%s %s  %s", paint(text.FgCyan, mark), phase, paint(text.Faint, seconds))
}
