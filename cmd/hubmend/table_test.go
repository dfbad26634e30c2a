package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/sys/unix"
)

// onTerminal gives what is drawn on a terminal of a width, in colour unless NO_COLOR is set.
func onTerminal(t *testing.T, width int, draw func(out *output) string) string {
	t.Helper()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there is no terminal to open: %v", err)
	}
	defer terminal.Close()
	//nolint:gosec // a file's number is small
	if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ,
		&unix.Winsize{Row: 24, Col: uint16(width)}); err != nil {
		t.Fatal(err)
	}
	return draw(&output{file: terminal})
}

func waiting() listing {
	l := listing{columns: []column{
		{name: "State", color: func(string) text.Color { return text.FgRed }}, {name: "Since (UTC)", show: minutes},
		{name: "Resource"}, {name: "Account"}, {name: "Region"}, {name: "Tries", right: true}, {name: "Why"},
	}}
	l.add("failed", "2026-01-31T18:00:09Z", "security-group/sg-0123456789abcdef0", "222222222222", "us-east-1", "3",
		"The security group still allows SSH (TCP 22) from 0.0.0.0/0 after the repair.")
	l.add("held", "2026-01-30T18:00:00Z", "user/ann", "222222222222", "eu-west-1", "12", "")
	return l
}

// A table that does not fit a narrow terminal becomes records.
func TestRender(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	t.Setenv("COLUMNS", "")
	records := func(why ...string) []string {
		return append(append([]string{
			"All 2: Account 222222222222",
			"",
			"State:       failed",
			"Since (UTC): 2026-01-31 18:00",
			"Resource:    security-group/sg-0123456789abcdef0",
			"Region:      us-east-1",
			"Tries:       3"}, why...),
			"",
			"State:       held",
			"Since (UTC): 2026-01-30 18:00",
			"Resource:    user/ann",
			"Region:      eu-west-1",
			"Tries:       12")
	}
	for width, want := range map[int][]string{
		60: records(
			"Why:         The security group still allows SSH (TCP 22)",
			"             from 0.0.0.0/0 after the repair."),
		80: records(
			"Why:         The security group still allows SSH (TCP 22) from 0.0.0.0/0 after",
			"             the repair."),
		110: {
			"All 2: Account 222222222222",
			"",
			"State   Since (UTC)       Resource                             Region     Tries  Why",
			"------  ----------------  -----------------------------------  ---------  -----  " +
				"-----------------------------",
			"failed  2026-01-31 18:00  security-group/sg-0123456789abcdef0  us-east-1      3  The security group still",
			"                                                                                 allows SSH (TCP 22) from",
			"                                                                                 0.0.0.0/0 after " +
				"the repair.",
			"held    2026-01-30 18:00  user/ann                             eu-west-1     12",
		},
		160: {
			"All 2: Account 222222222222",
			"",
			"State   Since (UTC)       Resource                             Region     Tries  Why",
			"------  ----------------  -----------------------------------  ---------  -----  " +
				"------------------------------" +
				"-----------------------------------------------",
			"failed  2026-01-31 18:00  security-group/sg-0123456789abcdef0  us-east-1      3  The security group still " +
				"allows SSH (TCP 22) from 0.0.0.0/0 after the repair.",
			"held    2026-01-30 18:00  user/ann                             eu-west-1     12",
		},
	} {
		got := onTerminal(t, width, func(out *output) string { return waiting().render(out) })
		if diff := cmp.Diff(want, strings.Split(got, "\n")); diff != "" {
			t.Errorf("at %d columns: -want +got:\n%s", width, diff)
		}
	}
}

// A small table stays one on a narrow terminal.
func TestRenderSmall(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	t.Setenv("COLUMNS", "")
	l := listing{columns: []column{{name: "Control"}, {name: "Failed", right: true}, {name: "Undone", right: true}}}
	l.add("EC2.2", "0", "10")
	l.add("EC2.13", "0", "2")
	want := "All 2: Failed 0\n\nControl  Undone\n-------  ------\nEC2.2        10\nEC2.13        2"
	got := onTerminal(t, 60, func(out *output) string { return l.render(out) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A long text that repeats from row to row is there once.
func TestRenderRepeats(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	t.Setenv("COLUMNS", "")
	const policy = "The account's password policy meets CIS 1.5 to 1.11."
	l := listing{columns: []column{{name: "Control"}, {name: "Risk"}, {name: "Remediation"}}}
	for _, id := range []string{"IAM.11", "IAM.12", "IAM.13"} {
		l.add(id, "medium", policy)
	}
	l.add("KMS.4", "low", "Automatic rotation of the key is on.")
	want := []string{
		"Control  Risk    Remediation",
		"-------  ------  ----------------------------------------------------",
		"IAM.11   medium  " + policy,
		"IAM.12   medium  (same as above)",
		"IAM.13   medium  (same as above)",
		"KMS.4    low     Automatic rotation of the key is on.",
	}
	got := onTerminal(t, 160, func(out *output) string { return l.render(out) })
	if diff := cmp.Diff(want, strings.Split(got, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if piped := l.render(&bytes.Buffer{}); strings.Count(piped, policy) != 3 {
		t.Errorf("to a pipe it prints\n%s", piped)
	}
}

// Values that all rows share become a record if they do not fit on a line.
func TestRenderInCommon(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	t.Setenv("COLUMNS", "")
	l := listing{columns: []column{{name: "Region"}, {name: "Why"}, {name: "Empty"}, {name: "Key", csvOnly: true},
		{name: "Resource"}}}
	const why = "The runbook's role may not do this in the account of the resource."
	l.add("us-east-1", why, "", "1", "user/ann")
	l.add("us-east-1", why, "", "2", "user/bob")
	want := "All 2:\nRegion: us-east-1\nWhy:    The runbook's role may not do this in the account of the\n" +
		"        resource.\n\nResource\n--------\nuser/ann\nuser/bob"
	got := onTerminal(t, 64, func(out *output) string { return l.render(out) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Off a terminal nothing is left out, unless COLUMNS says how much room there is.
func TestRenderPiped(t *testing.T) {
	t.Setenv("COLUMNS", "")
	long := strings.Repeat("word ", 200)
	l := waiting()
	l.add("failed", "2026-01-29T18:00:00Z", "user/bob", "222222222222", "us-east-1", "1", long)
	got := l.render(&bytes.Buffer{})
	if strings.Count(got, "222222222222") != 3 || strings.Count(got, "word") != 200 || strings.Contains(got, "\x1b") ||
		strings.Count(got, "\n") != 4 {
		t.Errorf("prints\n%s", got)
	}
	t.Setenv("COLUMNS", "60")
	if n := text.LongestLineLen(l.render(&bytes.Buffer{})); n > 60 {
		t.Errorf("with COLUMNS a line has %d characters", n)
	}
}

// Whatever the cells, no line is longer than the terminal, and no word is lost.
func TestRenderFits(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	t.Setenv("COLUMNS", "")
	l := listing{columns: []column{{name: "One"}, {name: "Two"}, {name: "Three"}, {name: "Four"}, {name: "Five"}}}
	l.add(strings.Repeat("a", 90), strings.Repeat("b ", 90), strings.Repeat("c", 36), "Ääh", "x")
	l.add("d", "e", strings.Repeat("f", 36), strings.Repeat("word ", 30), "y")
	for width := 40; width < 240; width++ {
		got := onTerminal(t, width, func(out *output) string { return l.render(out) })
		if n := text.LongestLineLen(got); n > width {
			t.Errorf("at %d columns a line has %d:\n%s", width, n, got)
		}
		if strings.Count(got, "a") != 90 || strings.Count(got, "b") != 90 || strings.Count(got, "word") != 30 {
			t.Errorf("at %d columns something is cut:\n%s", width, got)
		}
	}
}

// Colours are of the 8 that every terminal has, and none is for a part of a line that others share.
func TestRenderColours(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	t.Setenv("COLUMNS", "")
	for width, want := range map[int][]string{
		80:  {"\x1b[1mState:\x1b[0m       \x1b[31mfailed\x1b[0m\n"},
		160: {"\x1b[1mState\x1b[0m   \x1b[1mSince (UTC)\x1b[0m", "\x1b[31mheld\x1b[0m    2026"},
	} {
		got := onTerminal(t, width, func(out *output) string { return waiting().render(out) })
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("at %d columns there is no %q in\n%q", width, part, got)
			}
		}
	}
}
