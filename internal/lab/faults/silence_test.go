package faults

import (
	"testing"
	"time"

	"hubmend/internal/lab/world"
)

func TestSilence(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	type call struct {
		region string
		after  time.Duration
		silent bool
	}
	for name, tc := range map[string]struct {
		faults world.Faults
		calls  []call
	}{
		"always": {world.Faults{SilentRegions: []string{"a"}},
			[]call{{"b", 0, false}, {"a", 0, true}, {"a", time.Hour, true}}},
		"a while": {world.Faults{SilentRegions: []string{"a"}, SilentFor: world.Duration(10 * time.Second)},
			[]call{{"a", time.Hour, true}, {"a", time.Hour + 9*time.Second, true},
				{"a", time.Hour + 10*time.Second, false}}},
		"no Region": {world.Faults{SilentFor: world.Duration(time.Second)}, []call{{"a", 0, false}}},
	} {
		var s silence
		for i, c := range tc.calls {
			if got := s.holds(tc.faults, c.region, begin.Add(c.after)); got != c.silent {
				t.Errorf("%s: call %d: silent %t, want %t", name, i, got, c.silent)
			}
		}
	}
}
