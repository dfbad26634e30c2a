package cost

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// everything is an inventory with something of each price.
var everything = Inventory{
	Counts: []Count{{alarm, 12, Once}, {dashboard, 4, Once}, {metric, 11, Once}, {key, 1, PerPlace}},
	Polled: 2, Schedules: []Schedule{{"hubmend-sweep", 5 * time.Minute}},
	Memory:   map[string]float64{"hubmend-dispatch": 256, "hubmend-settle": 256, "hubmend-sweep": 256},
	Recovery: true, LogDays: 365,
}

func estimate(t *testing.T, b Book, inv Inventory, size Size) Estimate {
	t.Helper()
	e, err := Of(b, inv, size)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// find gives the only line of a price with some words.
func find(t *testing.T, lines []Line, price, words string) Line {
	t.Helper()
	i := slices.IndexFunc(lines, func(l Line) bool { return l.Price == price && strings.Contains(l.What, words) })
	if i < 0 {
		t.Fatalf("no line of price %s has %q", price, words)
	}
	return lines[i]
}

// The numbers were worked out by hand.
func TestEstimate(t *testing.T) {
	t.Parallel()
	e := estimate(t, Embedded(), everything, Size{Accounts: 10, Regions: 2, Repairs: 500})
	for _, tc := range []struct {
		line          Line
		quantity, usd float64
	}{
		{find(t, e.Fixed, alarm, ""), 12, 1.20},
		{find(t, e.Fixed, dashboard, ""), 4, 12},
		{find(t, e.Fixed, metric, ""), 11, 3.30},
		{find(t, e.Fixed, key, ""), 20, 20},
		{find(t, e.Fixed, message, "polls 2 queues"), 1_314_000, 0.5256}, // 2 x 5 pollers x 730 h x 180
		{find(t, e.Fixed, request, "hubmend-sweep"), 8760, 0.001752},     // 730 h x 12
		{find(t, e.Fixed, compute, "hubmend-sweep"), 1095, 0.014600073},  // x 0.5 s x 0.25 GB
		{find(t, e.Fixed, archive, "hubmend-sweep"), 0.2628, 0.007884},   // 8,760 x 2,500 bytes x 12 months
		{find(t, e.Variable, step, ""), 1000, 2},
		{find(t, e.Variable, script, ""), 8000, 0.24},                         // 8 s each
		{find(t, e.Variable, compute, "hubmend-dispatch"), 750, 0.01000005},   // 2,000 findings x 1.5 s x 0.25 GB
		{find(t, e.Variable, message, "findings and outcomes"), 9000, 0.0036}, // (2,000 + 1,000) x 3
		{find(t, e.Variable, event, ""), 1000, 0.001},
		{find(t, e.Variable, write, ""), 13000, 0.008125},
		{find(t, e.Variable, recovery, ""), 0.015, 0.003}, // 5,000 bytes x 3 months
	} {
		if math.Abs(tc.line.Quantity-tc.quantity) > 1e-6*tc.quantity || math.Abs(tc.line.USD-tc.usd) > 1e-6*tc.usd {
			t.Errorf("%s: %g for %g USD, want %g for %g USD", tc.line.What, tc.line.Quantity, tc.line.USD, tc.quantity,
				tc.usd)
		}
	}
	if got, want := e.MonthUSD, e.FixedUSD+e.PerThousandUSD/2; math.Abs(got-want) > 1e-9 || e.FixedUSD < 37 ||
		e.PerThousandUSD < 2.24 {
		t.Errorf("a month costs %g, fixed %g, 1,000 repairs %g", got, e.FixedUSD, e.PerThousandUSD)
	}
	// 2 alarms, 1 dashboard, 1 metric, 20 keys; 314,000 + 4,500 requests; all steps, scripts and what else
	// has no free tier.
	if got, want := e.MonthFreeTierUSD, 0.20+3+0.30+20+0.1274+1+0.12; math.Abs(got-want) > 0.02 || got < want {
		t.Errorf("with the free tier %g, want a little more than %g", got, want)
	}
}

// A price or an assumption that changes nothing would be on the page for nothing.
func TestEveryNumberCounts(t *testing.T) {
	t.Parallel()
	b, size := Embedded(), Size{Accounts: 1, Regions: 1, Repairs: 1000}
	total := func(b Book) float64 {
		e, err := Of(b, everything, size)
		if err != nil {
			t.Fatal(err)
		}
		return e.MonthUSD
	}
	before := total(b)
	for i := range b.Prices {
		dearer := b
		dearer.Prices = slices.Clone(b.Prices)
		dearer.Prices[i].USD *= 2
		if total(dearer) <= before {
			t.Errorf("price %s is not used", b.Prices[i].ID)
		}
	}
	for _, a := range b.Assumptions {
		if total(b.Assume(a.ID, 2*a.Value)) == before {
			t.Errorf("assumption %s is not used", a.ID)
		}
	}
}

func TestOfRefuses(t *testing.T) {
	t.Parallel()
	good := Size{Accounts: 1, Regions: 1}
	for name, tc := range map[string]struct {
		inv  Inventory
		size Size
		want string
	}{
		"no account":  {everything, Size{Regions: 1}, "at least one"},
		"no Region":   {everything, Size{Accounts: 1}, "at least one"},
		"repairs":     {everything, Size{1, 1, -1}, "must not be negative"},
		"no function": {Inventory{Memory: map[string]float64{"f": 1}}, good, "no function hubmend-dispatch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Of(Embedded(), tc.inv, tc.size); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one that says %q", err, tc.want)
			}
		})
	}
}
