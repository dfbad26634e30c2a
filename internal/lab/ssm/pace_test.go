package ssm

import (
	"testing"
	"time"

	"hubmend/internal/lab/apicall"
)

func TestPace(t *testing.T) {
	t.Parallel()
	var p pace
	begin := time.Now()
	for i, tc := range []struct {
		account string
		after   time.Duration
		want    bool
	}{
		{"222222222222", 0, true}, {"222222222222", 300 * time.Millisecond, true}, {"222222222222",
			999 * time.Millisecond, false},
		{"111111111111", 999 * time.Millisecond, true},
		{"222222222222", time.Second, true}, {"222222222222", 1200 * time.Millisecond, false}, {"222222222222",
			1300 * time.Millisecond, true},
	} {
		if got := p.take(apicall.Place{Account: tc.account, Region: "us-east-1"}, 2,
			begin.Add(tc.after)); got != tc.want {
			t.Errorf("start %d: %v, want %v", i, got, tc.want)
		}
	}
}
