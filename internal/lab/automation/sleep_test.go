package automation_test

import (
	"testing"
	"time"

	"hubmend/internal/lab/automation"
)

func TestSleep(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		inputs  string
		step    string
		want    time.Duration
		failure string
		late    bool
	}{
		"seconds":        {inputs: "Duration: PT10S", want: 10 * time.Second},
		"all units":      {inputs: "Duration: P1DT2H3M4S", want: 26*time.Hour + 3*time.Minute + 4*time.Second},
		"days":           {inputs: "Duration: P6D", want: 6 * 24 * time.Hour},
		"zero":           {inputs: "Duration: PT0S"},
		"the longest":    {inputs: "Duration: PT604799S", want: 604799 * time.Second},
		"too long":       {inputs: "Duration: P7D", failure: `"P7D" is longer than 167h59m59s`},
		"within timeout": {inputs: "Duration: PT10S", step: "timeoutSeconds: 11, ", want: 10 * time.Second},
		"over timeout":   {inputs: "Duration: PT10S", step: "timeoutSeconds: 4, ", want: 4 * time.Second, late: true},
		"bare number":    {inputs: "Duration: 10", failure: "input Duration must be a text"},
		"no unit":        {inputs: `Duration: "10"`, failure: "not an ISO 8601 duration"},
		"no time":        {inputs: "Duration: P1DT", failure: "not an ISO 8601 duration"},
		"nothing":        {inputs: "Duration: P", failure: "not an ISO 8601 duration"},
		"weeks":          {inputs: "Duration: P1W", failure: "not an ISO 8601 duration"},
		"months":         {inputs: "Duration: P1M", failure: "not an ISO 8601 duration"},
		"timestamp": {inputs: `Timestamp: "2026-01-01T00:00:00Z"`,
			failure: "input Timestamp of aws:sleep is not supported"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, main("  - {name: a, "+test.step+"action: aws:sleep, inputs: {"+test.inputs+"}}"),
				&world{})
			if test.failure != "" {
				wantFailure(t, got, test.failure)
				return
			}
			status := automation.Success
			if test.late {
				status = automation.TimedOut
			}
			if took := got.End.Sub(got.Start); got.Status != status || took != test.want {
				t.Errorf("%s after %s, want %s after %s: %s", got.Status, took, status, test.want, got.FailureMessage)
			}
		})
	}
}
