package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// pipedWidth is the line length when the output is not a terminal.
const pipedWidth = 100

// screen prints permanent lines. On a terminal it also redraws a block of lines below them.
type screen struct {
	out     io.Writer
	paint   painting
	inPlace bool
	width   int // of a line
	rows    int // how many can be redrawn; a terminal cannot redraw what has scrolled away

	mu     sync.Mutex
	below  []string
	closed bool
}

func newScreen(out io.Writer) *screen {
	s := &screen{out: out, paint: painter(out), inPlace: styled(out), width: pipedWidth}
	if columns, rows := terminalSize(out); columns > 0 {
		s.width, s.rows = columns-1, rows-1 // some terminals wrap a line of full width
	}
	return s
}

// print prints permanent lines above those that are redrawn.
func (s *screen) print(lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprint(s.out, frame(len(s.below), lines, s.below))
}

// redraw replaces the block below the permanent lines. Without lines it removes the block.
func (s *screen) redraw(lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.inPlace || s.closed || slices.Equal(lines, s.below) {
		return
	}
	fmt.Fprint(s.out, frame(len(s.below), nil, lines))
	s.below = lines
}

// close removes the redrawn block and shows the cursor. Later calls of redraw do nothing.
func (s *screen) close() {
	s.redraw()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
)

// frame replaces the drawn lines above the cursor. The cursor stays hidden while there is a block to redraw.
func frame(drawn int, stay, below []string) string {
	var b strings.Builder
	start := ""
	if drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r", drawn)
		start = "\x1b[K"
	}
	switch {
	case drawn == 0 && len(below) > 0:
		b.WriteString(hideCursor)
	case drawn > 0 && len(below) == 0:
		b.WriteString(showCursor)
	}
	lines := slices.Concat(stay, below)
	for _, line := range lines {
		b.WriteString(start + line + "\n")
	}
	if len(lines) < drawn {
		b.WriteString("\x1b[J")
	}
	return b.String()
}

// terminalSize returns the columns and rows of a terminal, or 0. COLUMNS overrides the columns: `watch` sets it for
// programs that write to a pipe.
func terminalSize(out io.Writer) (columns, rows int) {
	if file, ok := out.(interface{ Fd() uintptr }); ok {
		columns, rows = windowSize(file.Fd())
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		columns = n
	}
	return columns, rows
}
