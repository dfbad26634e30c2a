package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/scenario"
)

func TestVerdictLines(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		verdict scenario.Verdict
		width   int
		paint   painting
		want    []string
	}{
		"holds": {scenario.Verdict{Text: "finding ok is RESOLVED", Passed: true}, 0, coloured,
			[]string{"  \x1b[32mok\x1b[0m   finding ok is RESOLVED"}},
		"does not hold": {scenario.Verdict{Text: "7 executions", Got: "0"}, 0, plain,
			[]string{"  FAIL 7 executions", "       actual: 0"}},
		"narrow": {scenario.Verdict{Text: "notifications [a]", Got: "[b, c, d]"}, 20, plain,
			[]string{"  FAIL notifications", "       [a]", "       actual: [b,", "       c, d]"}},
	} {
		if diff := cmp.Diff(tc.want, verdictLines(tc.verdict, tc.width, tc.paint)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}
