package cost

import (
	"strings"
	"testing"

	"hubmend/internal/catalog"
)

func TestHold(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		aim  Aim
		want string
	}{
		"met":                         {Aim{USD: 5, AtMost: 5}, ""},
		"missed":                      {Aim{What: "fixed", USD: 5.01, AtMost: 5}, "fixed: 5.01 USD; the aim is 5.00"},
		"accepted":                    {Aim{USD: 19, AtMost: 5, Accepted: 20, Because: "b"}, ""},
		"accepted without a reason":   {Aim{USD: 19, AtMost: 5, Accepted: 20}, "the aim is 5.00"},
		"more than that":              {Aim{USD: 21, AtMost: 5, Accepted: 20, Because: "b"}, "20.00 is accepted"},
		"met, and something accepted": {Aim{USD: 4, AtMost: 5, Accepted: 20, Because: "b"}, "accept nothing else"},
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

// A template or a runbook that costs too much breaks an aim.
func TestAimsBreak(t *testing.T) {
	t.Parallel()
	cheap := everything
	cheap.Counts = []Count{{alarm, 10, Once}, {dashboard, 3, Once}, {metric, 7, Once}}
	for name, tc := range map[string]struct {
		counts []Count
		steps  int
		broken []string
	}{
		"cheap":             {nil, 7, nil},
		"a key in accounts": {[]Count{{key, 1, PerAccount}}, 7, []string{"fixed per month"}},
		"a fourth board":    {[]Count{{dashboard, 1, Once}}, 7, []string{"fixed per month"}},
		"eight metrics":     {[]Count{{metric, 8, Once}}, 7, []string{"fixed per month"}},
		"long runbooks":     {nil, 11, []string{"1,000 repairs, half"}},
		"short runbooks":    {nil, 1, []string{"1,000 repairs, half"}}, // the aim is met, so nothing is to be accepted
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inv := cheap
			inv.Counts = append(append([]Count{}, cheap.Counts...), tc.counts...)
			controls := []Control{{Control: "X.1", Steps: tc.steps, Scripts: 1, Seconds: 3}}
			typical, err := Of(Embedded(), inv, controls, Typical)
			if err != nil {
				t.Fatal(err)
			}
			var broken []string
			for _, a := range Aims(Embedded(), typical, nil) {
				if a.Hold() != nil {
					broken = append(broken, a.What)
				}
			}
			if len(broken) != len(tc.broken) {
				t.Fatalf("broken: %q, want %q", broken, tc.broken)
			}
			for i, want := range tc.broken {
				if !strings.HasPrefix(broken[i], want) {
					t.Errorf("broken: %q, want %q", broken[i], want)
				}
			}
		})
	}
}

// What is asked changes the estimate, and not the aims, which are about the whole catalog.
func TestMake(t *testing.T) {
	t.Parallel()
	ask := func(q Question) Report {
		r, err := Make(catalog.Embedded(), everything, q)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	plain, asked := ask(Question{Size: Typical}), ask(Question{Size: Size{1, 1, 10}, Controls: []string{"IAM.3"}, Passes: 2})
	if got := asked.Estimate.Controls; len(got) != 1 || got[0].Control != "IAM.3" || asked.Estimate.Size.Repairs != 10 {
		t.Errorf("asked for one control with two passes: %+v", got)
	}
	if len(plain.Aims) != 6 || len(plain.Examples) != 3 {
		t.Errorf("%d aims, %d examples", len(plain.Aims), len(plain.Examples))
	}
	for i, a := range plain.Aims {
		if a != asked.Aims[i] {
			t.Errorf("aim %q changes with the question", a.What)
		}
	}
	if asked.Book.Value("passes") != 2 || plain.Book.Value("passes") == 2 {
		t.Error("the report does not say what it assumed")
	}
	for name, q := range map[string]Question{"no such control": {Size: Typical, Controls: []string{"X.1"}}, "no account": {}} {
		if _, err := Make(catalog.Embedded(), everything, q); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	page := func(inv Inventory) string {
		r, err := Make(catalog.Embedded(), inv, Question{Size: Typical})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := r.Page(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := page(everything)
	for _, want := range []string{"# Costs\n", "**missed**", "7,360.00 | 10,418.85", "| alarms | 12 alarms | 1.20 |", "| EC2.13 | `CloseSecurityGroupPorts` | 1 | 1 | 0 | 1 | 2.24 |", "| 5 pollers | documented |"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, a := range Embedded().Assumptions {
		if !strings.Contains(text, a.What) {
			t.Errorf("the page lacks the assumption %s", a.ID)
		}
	}
	for _, p := range Embedded().Prices {
		if !strings.Contains(text, p.Name) {
			t.Errorf("the page lacks the price %s", p.ID)
		}
	}
	const nothing = "No member account has anything that is billed by the month"
	single := everything
	single.Counts = []Count{{metric, 1, Once}}
	if strings.Contains(text, nothing) || !strings.Contains(page(single), nothing) {
		t.Error("the page is wrong about what members pay")
	}
}
