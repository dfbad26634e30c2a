package events

import (
	"testing"
	"time"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]time.Duration{
		"rate(1 minute)": time.Minute, "rate(5 minutes)": 5 * time.Minute, "rate(1 hour)": time.Hour,
		"rate(12 hours)": 12 * time.Hour, "rate(1 day)": 24 * time.Hour, "rate(7 days)": 7 * 24 * time.Hour,
		"rate(1 minutes)": 0, "rate(5 minute)": 0, "rate(0 minutes)": 0, "rate(5 weeks)": 0, "cron(0 12 * * ? *)": 0,
		"rate(5 minutes) ": 0,
	} {
		got, err := parseRate(expression)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("ParseRate(%q) = %v, %v, want %v", expression, got, err, want)
		}
	}
}

// invocations records which functions are invoked.
type invocations chan string

func (i invocations) InvokeAsync(_ apicall.Place, function string, _ policy.Request, _ []byte) error {
	i <- function
	return nil
}

func TestScheduleFiresAgainAndAgain(t *testing.T) {
	t.Parallel()
	w := &world.World{Context: t.Context(), Story: story.New(nil)}
	invoked := make(invocations, 3)
	b := New(w, nil, nil, invoked)
	b.startSchedule(busID{apicall.Place{Account: "111111111111", Region: "us-east-1"}, DefaultBus}, &rule{name: "sweep",
		every:   time.Millisecond,
		targets: []eventTarget{{ARN: "arn:aws:lambda:us-east-1:111111111111:function:sweeps"}}})
	for range 3 {
		select {
		case function := <-invoked:
			if function != "sweeps" {
				t.Errorf("function %s is invoked", function)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the rule does not fire")
		}
	}
}
