package decide_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/failure"
)

// ends lets targets end one after the other, a minute apart. Each letter is a target; a
// capital succeeds.
func ends(t *testing.T, b decide.Breaker, targets string, s decide.Settings) (decide.Breaker, []decide.Notification) {
	t.Helper()
	var notifications []decide.Notification
	for i, r := range targets {
		at := noon.Add(time.Duration(i) * time.Minute)
		state := decide.Failed
		if r < 'a' {
			state = decide.Succeeded
		}
		d := b.OnEnded(decide.Ended{Attempt: decide.Attempt{State: state}, Counts: true}, failureOf(r, at), at, s)
		if len(d.Notifications) != len(d.Metrics) {
			t.Errorf("%d notifications and the metrics %v", len(d.Notifications), d.Metrics)
		}
		notifications = append(notifications, d.Notifications...)
		if d.Save {
			b = d.Breaker
		}
	}
	return b, notifications
}

func failureOf(r rune, at time.Time) decide.TargetFailure {
	key := strings.ToLower(string(r))
	return decide.TargetFailure{Key: key, Account: fmt.Sprint("account ", (key[0]-'a')%2), Resource: "arn:" + key,
		At: at}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		targets string
		open    bool
	}{
		"four targets":                        {"abcd", false},
		"five targets":                        {"abcde", true},
		"one target five times":               {"aaaaa", false},
		"five targets, one of them twice":     {"abbcde", true},
		"a success between":                   {"abcZde", false},
		"five after a success":                {"abcZdefgh", true},
		"a success closes it":                 {"abcdeZ", false},
		"the success of a target that failed": {"abcdA", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, told := ends(t, decide.Breaker{Control: "X.22"}, tc.targets, settings)
			if open := b.OpenUntil.After(noon.Add(10 * time.Minute)); open != tc.open {
				t.Errorf("the breaker is open until %s", b.OpenUntil)
			}
			if tc.open && len(told) != 1 {
				t.Errorf("%d notifications", len(told))
			}
		})
	}
}

// Failures count only when they come within the window.
func TestBreakerWindow(t *testing.T) {
	t.Parallel()
	for spacing, open := range map[time.Duration]bool{14 * time.Minute: true, 15 * time.Minute: false} {
		b := decide.Breaker{Control: "X.22"}
		for i := range 5 {
			at := noon.Add(time.Duration(i) * spacing)
			b = b.OnEnded(decide.Ended{Attempt: decide.Attempt{State: decide.Failed}, Counts: true},
				failureOf(rune('a'+i), at), at, settings).Breaker
		}
		if !b.OpenUntil.IsZero() != open {
			t.Errorf("five failures, %s apart: open until %s", spacing, b.OpenUntil)
		}
	}
}

// When its time has passed, the first failure opens it again and a success closes it for good.
func TestBreakerTries(t *testing.T) {
	t.Parallel()
	b, _ := ends(t, decide.Breaker{Control: "X.22"}, "abcde", settings)
	later := b.OpenUntil.Add(time.Minute)
	failed := decide.Ended{Attempt: decide.Attempt{State: decide.Failed}, Counts: true}
	if d := b.OnEnded(failed, failureOf('x', later), later, settings); !d.Save ||
		!d.Breaker.OpenUntil.Equal(later.Add(settings.BreakerWindow)) || len(d.Notifications) != 1 {
		t.Errorf("after a failure: %+v", d)
	}
	before := b.OpenUntil.Add(-time.Minute)
	if d := b.OnEnded(failed, failureOf('x', before), before, settings); !d.Breaker.OpenUntil.Equal(b.OpenUntil) ||
		len(d.Notifications) > 0 {
		t.Errorf("a failure while it is open moves it: %+v", d)
	}
	succeeded := decide.Ended{Attempt: decide.Attempt{State: decide.Succeeded}, Counts: true}
	d := b.OnEnded(succeeded, failureOf('x', later), later, settings)
	if !d.Save || !d.Breaker.OpenUntil.IsZero() || len(d.Breaker.Accounts) > 0 {
		t.Errorf("after a success: %+v", d)
	}
}

// Outcomes that are not about the control do not count: throttled, cancelled or not started.
func TestBreakerCountsOnlyWhatTheRunbookDid(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		outcome decide.Outcome
		counts  bool
	}{
		"verification": {decide.Outcome{ExecutionID: "exec-1", Class: decide.Verification}, true},
		"permission":   {decide.Outcome{ExecutionID: "exec-1", Class: decide.Permission}, false},
		"gone":         {decide.Outcome{ExecutionID: "exec-1", Class: failure.Gone}, false},
		"conflict":     {decide.Outcome{ExecutionID: "exec-1", Class: failure.Conflict}, false},
		"timeout":      {decide.Outcome{ExecutionID: "exec-1", Class: decide.TimedOut}, true},
		"success":      {decide.Outcome{ExecutionID: "exec-1", Succeeded: true}, true},
		"throttling":   {decide.Outcome{ExecutionID: "exec-1", Class: decide.Throttling}, false},
		"internal":     {decide.Outcome{ExecutionID: "exec-1", Class: decide.Internal}, false},
		"refused":      {decide.Outcome{ExecutionID: "exec-1", Class: decide.Refused}, false},
		"cancelled":    {decide.Outcome{ExecutionID: "exec-1", Class: decide.Cancelled}, false},
	} {
		d := decide.OnOutcome(record(attempt(1, decide.Running)), tc.outcome, nil, noon, settings)
		if d.Ended == nil || d.Ended.Counts != tc.counts {
			t.Errorf("%s: ended = %+v", name, d.Ended)
		}
	}
	d := decide.OnStartRefused(record(attempt(1, decide.Claimed)), 1, decide.Permission, "no runbook", noon, settings)
	if d.Ended == nil || d.Ended.Counts {
		t.Errorf("not started: ended = %+v", d.Ended)
	}
}

func TestBreakerIsNotChanged(t *testing.T) {
	t.Parallel()
	b, _ := ends(t, decide.Breaker{Control: "X.22"}, "abcd", settings)
	before := fmt.Sprint(b)
	ends(t, b, "efgA", settings)
	if after := fmt.Sprint(b); after != before {
		t.Errorf("it was %s and is %s", before, after)
	}
}

func TestBreakerNotification(t *testing.T) {
	t.Parallel()
	_, told := ends(t, decide.Breaker{Control: "X.22"}, "abcde", settings)
	checkSubject(t, told[0].Subject())
	if want := "Hubmend: automatic repair of X.22 is paused until 2026-03-01 13:04 UTC"; told[0].Subject() != want {
		t.Errorf("the subject is %q, want %q", told[0].Subject(), want)
	}
	if f := told[0].Breaker.Failures; told[0].Kind != decide.ControlPaused || len(f) != 5 || f[0].Resource != "arn:a" ||
		f[4].Resource != "arn:e" {
		t.Errorf("it tells of %+v", told[0])
	}
}
