package aging

import (
	"testing"
	"time"
)

func TestEarlier(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"2026-03-01T10:00:00Z":           "2026-03-01T09:00:00Z",
		"2026-03-01T00:30:00+02:00":      "2026-02-28T23:30:00+02:00",
		"2026-03-01T10:00:00.5Z":         "2026-03-01T09:00:00.5Z",
		"2026-03-01T10:00:00.500Z":       "2026-03-01T09:00:00.500Z",
		"2026-03-01T10:00:00.123456789Z": "2026-03-01T09:00:00.123456789Z",
		"0001-01-01T00:00:00Z":           "0001-01-01T00:00:00Z",
		"2026-03-01":                     "2026-03-01",
		"at 2026-03-01T10:00:00Z":        "at 2026-03-01T10:00:00Z",
		"":                               "",
	} {
		if got := earlier(written, time.Hour); got != want {
			t.Errorf("%q becomes %q, want %q", written, got, want)
		}
	}
}
