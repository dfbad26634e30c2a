package cost

import (
	"slices"
	"strings"
	"testing"
)

func TestHold(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		aim  Aim
		want string
	}{
		"met":    {Aim{USD: 5, AtMost: 5}, ""},
		"missed": {Aim{What: "fixed", USD: 5.01, AtMost: 5}, "fixed: 5.01 USD; the limit is 5.00 USD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tc.aim.Hold()
			if (err != nil) != (tc.want != "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

// A template that costs too much breaks an aim, and so does a script that runs too long.
func TestAimsBreak(t *testing.T) {
	t.Parallel()
	cheap := everything
	cheap.Counts = []Count{{alarm, 10, Once}, {dashboard, 3, Once}, {metric, 7, Once}}
	for name, tc := range map[string]struct {
		counts  []Count
		seconds float64
		broken  string
	}{
		"cheap":             {nil, 8, ""},
		"a key in accounts": {[]Count{{key, 1, PerAccount}}, 8, "fixed per month"},
		"a fourth board":    {[]Count{{dashboard, 1, Once}}, 8, "fixed per month"},
		"eight metrics":     {[]Count{{metric, 8, Once}}, 8, "fixed per month"},
		"slow scripts":      {nil, 30, "1,000 repairs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inv, book := cheap, Embedded().Assume("scriptSeconds", tc.seconds)
			inv.Counts = append(append([]Count{}, cheap.Counts...), tc.counts...)
			typical, err := Of(book, inv, Typical)
			if err != nil {
				t.Fatal(err)
			}
			var broken []string
			for _, a := range Aims(book, typical, nil) {
				if a.Hold() != nil {
					broken = append(broken, a.What)
				}
			}
			if got := strings.Join(broken, "; "); got != tc.broken && !strings.HasPrefix(got, tc.broken+",") {
				t.Errorf("broken: %q, want %q", got, tc.broken)
			}
		})
	}
}

// The size changes the estimate, but not the limits.
func TestMake(t *testing.T) {
	t.Parallel()
	plain, err := Make(everything, Typical)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := Make(everything, Size{1, 1, 10})
	if err != nil || asked.Estimate.Size.Repairs != 10 || asked.Estimate.MonthUSD >= plain.Estimate.MonthUSD {
		t.Errorf("asked for ten repairs: %+v, %v", asked.Estimate.Size, err)
	}
	if len(plain.Aims) != 6 || len(plain.Examples) != 3 || !slices.Equal(plain.Aims, asked.Aims) {
		t.Errorf("%d aims, %d examples; asked otherwise, %v", len(plain.Aims), len(plain.Examples), asked.Aims)
	}
	if _, err := Make(everything, Size{}); err == nil {
		t.Error("no account is estimated")
	}
}
