package cost

import (
	"math"
	"strings"
	"testing"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const (
		source = "region: r\nsources: [{id: s, read: 2026-10, text: t, url: u}]\n"
		good   = source + "prices: [{id: step, name: n, unit: step, usd: 1, source: s}]\n"
		sound  = "[{id: hours, value: 1, unit: hour, basis: assumed, what: w}]"
	)
	for name, tc := range map[string]struct{ prices, assumptions, want string }{
		"in order":          {good, sound, ""},
		"unknown key":       {good + "prizes: []\n", sound, "read the prices"},
		"unknown key there": {good, "[{id: hours, vaule: 1}]", "read the assumptions"},
		"nothing to pay":    {strings.Replace(good, "usd: 1", "usd: 0", 1), sound, "price step: usd"},
		"no unit":           {strings.Replace(good, "unit: step, ", "", 1), sound, "price step: usd, unit and name"},
		"unknown source":    {strings.Replace(good, "source: s}", "source: x}", 1), sound, `source "x" with a URL`},
		"source undated": {strings.Replace(good, "read: 2026-10, ", "", 1), sound,
			`source "s" with a URL and a date not found`},
		"no number": {good, strings.Replace(sound, "value: 1", "value: 0", 1), "assumption hours: a value"},
		"no basis": {good, strings.Replace(sound, "assumed", "guessed", 1),
			"assumption hours: a value, a description and a basis"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse([]byte(tc.prices), []byte(tc.assumptions))
			if (err != nil) != (tc.want != "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

// An assumption for one estimate does not change the next.
func TestAssume(t *testing.T) {
	t.Parallel()
	b := Embedded()
	if got := b.Assume("scriptSeconds", 7).Value("scriptSeconds"); got != 7 {
		t.Errorf("scriptSeconds = %g, want 7", got)
	}
	if b.Value("scriptSeconds") == 7 || Embedded().Value("scriptSeconds") == 7 {
		t.Error("the book itself changed")
	}
}

// The peer's figures are as it publishes them, and add up as the page says.
func TestPeer(t *testing.T) {
	t.Parallel()
	p := Embedded().Peer
	for i, want := range []struct{ total, sum float64 }{{14.70, 20.68}, {106.49, 136.22}, {7360, 10418.85}} {
		if e := p.Examples[i]; e.Total != want.total || math.Abs(e.Sum()-want.sum) > 0.005 {
			t.Errorf("example %d: published %g, rows add up to %g; want %g, %g", i, e.Total, e.Sum(), want.total,
				want.sum)
		}
	}
	all, beside := p.PerThousand()
	if runbook := all - beside; math.Abs(runbook-8.3) > 1e-9 {
		t.Errorf("1,000 runbooks cost %g, want 4 steps and 10 s each: 8.3", runbook)
	}
	if beside < 0.475 || beside > 0.6 {
		t.Errorf("beside the runbooks 1,000 repairs cost %g", beside)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ got, want string }{
		{USD(0), "0.00"},
		{USD(0.00042), "0.0004"},
		{USD(0.5256), "0.53"},
		{USD(10418.85), "10,418.85"},
		{number(1314000), "1,314,000"},
		{number(1234.5), "1,234"},
		{number(0.005), "0.005"},
		{number(0.2628), "0.263"},
		{number(8.5), "8.5"},
		{amount(1, "pass"), "1 pass"},
		{amount(2, "pass"), "2 passes"},
		{amount(2, "queue"), "2 queues"},
		{amount(1500, "ms"), "1,500 ms"},
		{exact(0.0000133334), "0.0000133334"},
	} {
		if tc.got != tc.want {
			t.Errorf("%q, want %q", tc.got, tc.want)
		}
	}
}
