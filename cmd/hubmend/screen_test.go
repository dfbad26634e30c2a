package main

import "testing"

func TestFrame(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		drawn       int
		stay, below []string
		want        string
	}{
		"a line that stays":         {0, []string{"a"}, nil, "a\n"},
		"the first to redraw":       {0, nil, []string{"a", "b"}, hideCursor + "a\nb\n"},
		"redrawn":                   {2, nil, []string{"c", "d"}, "\x1b[2A\r\x1b[Kc\n\x1b[Kd\n"},
		"one stays, above the rest": {1, []string{"a"}, []string{"b"}, "\x1b[1A\r\x1b[Ka\n\x1b[Kb\n"},
		"fewer":                     {2, nil, []string{"c"}, "\x1b[2A\r\x1b[Kc\n\x1b[J"},
		"the end":                   {2, nil, nil, "\x1b[2A\r" + showCursor + "\x1b[J"},
		"nothing":                   {0, nil, nil, ""},
	} {
		if got := frame(tc.drawn, tc.stay, tc.below); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
