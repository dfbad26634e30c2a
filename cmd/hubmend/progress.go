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

// progress shows a run in the lab: the current phase and a line for each finding.
type progress struct {
	screen  *screen
	product string
	now     func() time.Time
	// keeps is true when finished phases stay on the screen. Where lines cannot be redrawn, findings are then
	// printed as soon as they are RESOLVED.
	keeps  bool
	indent string // of the rows

	mu    sync.Mutex
	phase string
	since time.Time
	rows  *findingRows // nil before the findings are known and after the run
}

func newProgress(s *screen, product string, keeps bool) *progress {
	return &progress{screen: s, product: product, now: time.Now, keeps: keeps}
}

// tick is how often the duration of the phase is redrawn.
const tick = 120 * time.Millisecond

// start redraws until the context is done or stop is called. It then shows the cursor again.
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

// begin ends the current phase and begins another.
func (p *progress) begin(phase string) {
	p.end()
	p.mu.Lock()
	p.phase, p.since = phase, p.now()
	p.mu.Unlock()
	if p.keeps && !p.screen.inPlace {
		p.screen.print(wrapLine(phase, 2, p.screen.width)...)
	}
	p.redraw()
}

// end ends the current phase. On a terminal its duration stays on the screen.
func (p *progress) end() {
	p.mu.Lock()
	phase, took := p.phase, p.now().Sub(p.since)
	p.phase = ""
	p.mu.Unlock()
	p.screen.redraw()
	if phase != "" && p.keeps && p.screen.inPlace {
		p.screen.print(phaseLine("✓", phase, took, p.screen.width, p.screen.paint))
	}
}

// findings adds a row for each finding.
func (p *progress) findings(all []scenario.ControlResult) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows = newFindingRows(p.product, all)
}

// changed updates the row of a finding.
func (p *progress) changed(c scenario.ControlResult) {
	p.mu.Lock()
	if p.rows == nil { // the run is over
		p.mu.Unlock()
		return
	}
	row, resolved := p.rows.update(c)
	line := ""
	if resolved && p.keeps && !p.redraws() {
		line = p.draw()[row]
		p.rows.printed = append(p.rows.printed, row)
	}
	p.mu.Unlock()
	if line != "" {
		p.screen.print(line)
	}
	p.redraw()
}

// finish prints the final state of the findings that were not printed yet.
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
		// The independent check may contradict a row that was printed already.
		if !slices.Contains(p.rows.printed, i) || line != before[i] {
			left = append(left, line)
			left = append(left, p.rows.failure(i, line, p.screen.width)...)
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

// redraws reports whether the phase and all rows can be redrawn in place.
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

// phaseLine draws a phase and its duration.
func phaseLine(mark, phase string, took time.Duration, width int, paint painting) string {
	seconds := fmt.Sprintf("%.1f s", took.Seconds())
	phase = shorten(phase, width-len(seconds)-4)
	return fmt.Sprintf("%s %s  %s", paint(text.FgGreen, mark), phase, paint(text.Faint, seconds))
}
