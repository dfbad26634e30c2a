package function

// This file tests from inside: the environment of the process is shared by all tests.

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/naming"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		environment map[string]string
		edit        func(*decide.Settings) // of the defaults
	}{
		"the design's": {nil, func(*decide.Settings) {}},
		"all": {
			map[string]string{
				naming.EnvMaxAttempts: "5", naming.EnvWindowHours: "48", naming.EnvBreakerFailures: "7",
				naming.EnvBreakerMinutes: "90", naming.EnvConfirmEveryMinutes: "30",
			},
			func(s *decide.Settings) {
				s.MaxAttempts, s.Window, s.BreakerFailures = 5, 48*time.Hour, 7
				s.BreakerWindow, s.ConfirmEvery = 90*time.Minute, 30*time.Minute
			},
		},
		"one": {map[string]string{naming.EnvMaxAttempts: "1"}, func(s *decide.Settings) { s.MaxAttempts = 1 }},
		"each time": {map[string]string{naming.EnvConfirmEveryMinutes: "0"},
			func(s *decide.Settings) { s.ConfirmEvery = 0 }},
		"empty": {map[string]string{naming.EnvMaxAttempts: ""}, func(*decide.Settings) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := decide.Defaults
			tc.edit(&want)
			got, err := settings(func(name string) string { return tc.environment[name] })
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("settings = %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestBadSettings(t *testing.T) {
	t.Parallel()
	all := []string{naming.EnvMaxAttempts, naming.EnvWindowHours, naming.EnvBreakerFailures, naming.EnvBreakerMinutes,
		naming.EnvConfirmEveryMinutes}
	for _, text := range []string{"-1", "1.5", "many", " 3", "99999999999999999999"} {
		_, err := settings(func(string) string { return text })
		for _, name := range all { // each is named, so that one look is enough
			if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), text) {
				t.Errorf("%q: settings = %v, want %s named", text, err, name)
			}
		}
	}
	for _, name := range all {
		_, err := settings(func(n string) string {
			if n == name {
				return "0"
			}
			return ""
		})
		if zero := name == naming.EnvConfirmEveryMinutes; (err == nil) != zero {
			t.Errorf("%s of 0: %v", name, err)
		}
	}
}
