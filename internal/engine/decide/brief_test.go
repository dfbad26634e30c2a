package decide_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"hubmend/internal/engine/decide"
)

const (
	roleARN = "arn:aws:sts::222222222222:assumed-role/hubmend-BlockBucketPublicAccess/Automation-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
	scp     = "with an explicit deny in a service control policy: " +
		"arn:aws:organizations::111111111111:policy/o-1122334455/service_control_policy/p-guard123."
)

func TestBrief(t *testing.T) {
	t.Parallel()
	denied := "step block: PutX answered AccessDenied: User: " + roleARN +
		" is not authorized to perform: s3:PutX on resource: arn:aws:s3:::b " + scp
	for name, tc := range map[string]struct {
		reason string
		limit  int
		want   string
	}{
		"fits": {denied + " " + decide.Expected + " x.", 500, denied + " " + decide.Expected + " x."},
		"the role goes": {
			denied, 260, "step block: PutX answered AccessDenied: not authorized to perform: s3:PutX on resource: " +
				"arn:aws:s3:::b " + scp,
		},
		"what was expected goes first": {strings.Repeat("no ", 10) + "no. " + decide.Expected + " x.", 34,
			strings.Repeat("no ", 10) + "no."},
		"the encoded message goes": {
			denied + " Encoded authorization failure message: " + strings.Repeat("kJ3xZ", 400) + ".", 260,
			"step block: PutX answered AccessDenied: not authorized to perform: s3:PutX on resource: arn:aws:s3:::b " +
				scp,
		},
		"EC2's own sentence goes": {
			"step x: Y answered UnauthorizedOperation: You are not authorized to perform this operation. User: " +
				roleARN + " is not authorized to perform: ec2:Y " + scp, 260,
			"step x: Y answered UnauthorizedOperation: not authorized to perform: ec2:Y " + scp,
		},
		"the resource goes": {
			"step x: Y answered AccessDenied: User: " + roleARN + " is not authorized to perform: a:Y on resource: " +
				strings.Repeat("long", 99) + " " + scp, 260,
			"step x: Y answered AccessDenied: not authorized to perform: a:Y on resource: " +
				"longlonglonglonglonglonglonglonglonglo... " + scp,
		},
		"only the policy is left": {denied, 150, "step ... " + scp},
		"only its end is left":    {denied, 40, "..." + scp[len(scp)-37:]},
		"no policy that allows it": {strings.Repeat("x", 300) +
			" because no identity-based policy allows the a:B action. More.", 80,
			strings.Repeat("x", 21) + "... because no identity-based policy allows the a:B action."},
		"what follows a denial": {denied + " step verify: " + strings.Repeat("no ", 99), 265,
			"step block: PutX answered AccessDenied: not authorized to perform: s3:PutX on resource: arn:aws:s3:::b " +
				scp + " step verify: no n..."},
		"no denial": {strings.Repeat("no ", 99), 20, "no no no no no no..."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := decide.Brief(tc.reason, tc.limit)
			if n := utf8.RuneCountInString(got); n > tc.limit {
				t.Errorf("%d characters, the limit is %d", n, tc.limit)
			}
			if got != tc.want {
				t.Errorf("Brief =\n%q, want\n%q", got, tc.want)
			}
		})
	}
}

// The history has what the record shortens, in an item that DynamoDB takes.
func TestHistoryKeepsTheReason(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]int{100: 100, 15_000: 15_000, 1 << 20: 20_000} {
		d := decide.OnOutcome(record(attempt(1, decide.Running)),
			decide.Outcome{ExecutionID: "exec-1", Reason: strings.Repeat("x", length)}, nil, noon, settings)
		if got := len(d.Ended.Outcome.Reason); got != want {
			t.Errorf("of %d characters the history keeps %d, want %d", length, got, want)
		}
	}
}
