package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/sys/unix"
)

// A table fits a terminal, and is as wide as it likes elsewhere.
func TestRender(t *testing.T) {
	t.Parallel()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there is no terminal to open: %v", err)
	}
	defer terminal.Close()
	table := func() table.Writer {
		w := table.NewWriter()
		w.AppendHeader(table.Row{"State", "Why", "What"})
		w.AppendRow(table.Row{"failed", strings.Repeat("why ", 30), strings.Repeat("what ", 30)})
		return w
	}
	const most = 50
	of := func(width uint16) string {
		//nolint:gosec // a file's number is small
		if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ,
			&unix.Winsize{Row: 24, Col: width}); err != nil {
			t.Fatal(err)
		}
		return render(&output{file: terminal}, table(), wrapped(2, most), wrapped(3, most))
	}
	elsewhere := render(&bytes.Buffer{}, table(), wrapped(2, most), wrapped(3, most))
	for width, want := range map[uint16][2]int{200: {110, 120}, 80: {70, 80}, 60: {50, 60}, 10: {30, 45},
		0: {110, 120}} {
		got := of(width)
		if n := text.LongestLineLen(got); n < want[0] || n > want[1] {
			t.Errorf("in %d characters it takes %d:\n%s", width, n, got)
		}
		if strings.Count(got, "why") != 30 || strings.Count(got, "what") != 30 {
			t.Errorf("something is cut:\n%s", got)
		}
		if width == 200 && got != elsewhere {
			t.Errorf("elsewhere it is\n%s", elsewhere)
		}
	}
	if render(&bytes.Buffer{}, table()) != table().Render() {
		t.Error("a table without such columns is another")
	}
}
