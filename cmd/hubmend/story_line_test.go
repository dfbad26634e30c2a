package main

import (
	"testing"
	"time"

	"hubmend/internal/lab"
)

func TestStoryLine(t *testing.T) {
	t.Parallel()
	resolved := lab.Entry{At: 7401 * time.Millisecond, Kind: lab.KindFinding, Account: "222222222222",
		Region: "us-east-1",
		Text: "finding EC2.13 on sg-0123456789abcdef0 is RESOLVED: Repaired and verified by Hubmend. Closed TCP 22 " +
			"to the world."}
	problem := lab.Entry{Kind: lab.KindProblem, Text: "serve: no"}
	for name, tc := range map[string]struct {
		entry lab.Entry
		width int
		paint painting
		want  string
	}{
		"piped": {resolved, 0, plain,
			"    7.401 s  finding      222222222222 us-east-1   finding EC2.13 on sg-0123456789abcdef0 is RESOLVED: " +
				"Repaired and verified by Hubmend. Closed TCP 22 to the world.\n"},
		"80": {resolved, 80, plain, "    7.401 s  finding      222222222222 us-east-1  finding EC2.13 on\n" +
			"                          sg-0123456789abcdef0 is RESOLVED: Repaired and\n" +
			"                          verified by Hubmend. Closed TCP 22 to the world.\n"},
		"120": {resolved, 120, coloured,
			"    7.401 s  finding      222222222222 us-east-1   finding EC2.13 on sg-0123456789abcdef0 is " +
				"\x1b[32mRESOLVED\x1b[0m: Repaired and\n" +
				"                                                   verified by Hubmend. Closed TCP 22 to the world.\n"},
		"problem": {problem, 0, coloured,
			"\x1b[31m    0.000 s  problem                               serve: no\x1b[0m\n"},
	} {
		if got := storyLine(tc.entry, tc.width, tc.paint); got != tc.want {
			t.Errorf("%s: draws\n%q\nwant\n%q", name, got, tc.want)
		}
	}
}

func TestWrapLine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		line          string
		indent, width int
		want          []string
	}{
		"no terminal":      {"one two three", 2, 0, []string{"one two three"}},
		"fits":             {"one two three", 2, 13, []string{"one two three"}},
		"between words":    {"one two three", 2, 9, []string{"one two", "  three"}},
		"a long word":      {"a 0123456789", 2, 6, []string{"a", "  0123", "  4567", "  89"}},
		"no room to speak": {"one two", 50, 4, []string{"one", "  tw", "  o"}},
		"begins indented":  {"    one two", 4, 9, []string{"    one", "    two"}},
	} {
		got := wrapLine(tc.line, tc.indent, tc.width)
		if len(got) != len(tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
			continue
		}
		for i := range got {
			if got[i] != tc.want[i] {
				t.Errorf("%s: %q, want %q", name, got, tc.want)
			}
		}
	}
}
