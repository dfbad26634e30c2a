package proposal_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"hubmend/internal/engine/proposal"
)

func TestBrief(t *testing.T) {
	t.Parallel()
	const revoke, authorize = `{"Call":"ec2:RevokeSecurityGroupIngress","Parameters":{"GroupId":"sg-1"}}`,
		`{"Call":"ec2:AuthorizeSecurityGroupIngress","Parameters":{}}`
	for name, tc := range map[string]struct{ planned, want string }{
		"one call": {"[" + authorize + "]", "Would call ec2:AuthorizeSecurityGroupIngress."},
		"two calls": {"[" + authorize + "," + revoke + "," + revoke + "]",
			"Would call ec2:AuthorizeSecurityGroupIngress and ec2:RevokeSecurityGroupIngress (2 times)."},
		"three calls": {`[{"Call":"s3:A"},{"Call":"s3:B"},{"Call":"s3:A"},{"Call":"s3:C"}]`,
			"Would call s3:A (2 times), s3:B and s3:C."},
		"nothing":      {"[]", "Would change nothing."},
		"no plan":      {"", "What it would change is not known."},
		"another form": {`{"Call":"s3:A"}`, "What it would change is not known."},
		"no call":      {`[{"Call":"s3:A. Approve https://example.com"}]`, "What it would change is not known."},
	} {
		if got := proposal.Brief(tc.planned); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestBriefIsBrief(t *testing.T) {
	t.Parallel()
	var calls []map[string]string
	for i := range 40 {
		calls = append(calls, map[string]string{"Call": fmt.Sprintf("ec2:%s%d", strings.Repeat("Long", 9), i)})
		planned, _ := json.Marshal(calls)
		got := proposal.Brief(string(planned))
		if len(got) > 260 || !strings.HasSuffix(got, ".") {
			t.Errorf("%d calls: %q has %d characters", len(calls), got, len(got))
		}
		others := len(calls) - strings.Count(got, "ec2:")
		if others == 1 && !strings.Contains(got, " and 1 other API.") ||
			others > 1 && !strings.Contains(got, fmt.Sprintf(" and %d other APIs.", others)) {
			t.Errorf("%d calls: %q", len(calls), got)
		}
	}
}
