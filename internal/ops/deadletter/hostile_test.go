package deadletter_test

import (
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"hubmend/internal/ops/deadletter"
)

// A line about a message stays a line, and costs what the message is worth, whatever is in it: a
// dead letter is the one place where nobody has checked anything. These have what SQS takes at
// most, 1 MiB.
func TestHostileLetters(t *testing.T) { //nolint:paralleltest // it measures what all tests take together
	fill := func(before, one, behind string) string {
		return before + strings.Repeat(one, (1<<20-len(before)-len(behind))/len(one)) + behind
	}
	for name, body := range map[string]string{
		"many findings": fill(`{"source":"aws.securityhub","detail":{"findings":[0`, ",0", `]}}`),
		"many resources": fill(`{"source":"aws.securityhub","detail":{"findings":[{"Resources":[{}`, ",{}",
			`]}]}}`),
		"a long control": fill(
			`{"source":"aws.securityhub","detail":{"findings":[{"Compliance":{"SecurityControlId":"`, "X", `"}}]}}`),
		"findings of a type":  `{"source":"aws.securityhub","detail":{"findings":{"Id":[]}}}`,
		"a finding of a type": `{"source":"aws.securityhub","detail":{"findings":[{"Id":{},"Resources":"x","Compliance":[]}]}}`,
		"a long execution":    fill(`{"source":"aws.ssm","detail":{"ExecutionId":"`, "x", `"}}`),
		"a long key":          fill(`{"source":"hubmend.sweep","detail":{"key":"`, "x", `"}}`),
		"deep":                fill(`{"source":"aws.securityhub","detail":`, "[", ""),
		"no JSON":             fill("", "\x00", ""),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		about := deadletter.About(body)
		runtime.ReadMemStats(&after)
		if taken := (after.TotalAlloc - before.TotalAlloc) / uint64(len(body)); taken > 100 && len(body) > 100_000 {
			t.Errorf("%s: About takes %d bytes for each", name, taken)
		}
		if n := utf8.RuneCountInString(about); about == "" || n > 500 || strings.ContainsAny(about, "\n\x00") {
			t.Errorf("%s: the line has %d characters", name, n)
		}
	}
}
