package securityhub

import (
	"testing"
	"time"

	"hubmend/internal/lab/apicall"
)

// Security Hub takes a burst of calls, and then a number of calls per second.
func TestHubRates(t *testing.T) {
	t.Parallel()
	var a allowance
	begin := time.Now()
	taken := func(account, api string, after time.Duration, calls int) (n int) {
		for range calls {
			if a.take(apicall.Place{Account: account, Region: "us-east-1"}, api, begin.Add(after)) {
				n++
			}
		}
		return n
	}
	for i, tc := range []struct {
		account, api string
		after        time.Duration
		calls, want  int
	}{
		{"111111111111", "BatchUpdateFindings", 0, 40, 30},
		{"222222222222", "BatchUpdateFindings", 0, 1, 1},
		{"111111111111", "GetFindings", 0, 10, 6},
		{"111111111111", "DescribeHub", 0, 100, 100},
		{"111111111111", "BatchUpdateFindings", 500 * time.Millisecond, 10, 5},
		{"111111111111", "GetFindings", time.Second, 10, 3},
		{"111111111111", "BatchUpdateFindings", time.Minute, 40, 30},
	} {
		if got := taken(tc.account, tc.api, tc.after, tc.calls); got != tc.want {
			t.Errorf("%d: %d of %d calls are taken, want %d", i, got, tc.calls, tc.want)
		}
	}
}
