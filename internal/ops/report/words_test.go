package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/ops/outcomes"
)

func TestReadable(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]string{
		`["{\"a\":1}","plain"]`: "{\n  \"a\": 1\n}\nplain", `not JSON`: "not JSON", `{"a":1}`: "{\n  \"a\": 1\n}",
		"[\"x\u202ey\"]": `x\u202ey`,
	} {
		if got, cut := readable(before); got != want || cut {
			t.Errorf("%s gives %q, %v", before, got, cut)
		}
	}
	if got, cut := readable(strings.Repeat("日", keptLimit+1)); !cut || got != strings.Repeat("日", keptLimit) {
		t.Errorf("a long one: %d bytes, %v", len(got), cut)
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		one, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return one
	}
	for want, p := range map[string]Period{
		"1 March to 31 March 2026":                   {at("2026-03-01 00:00"), at("2026-04-01 00:00")},
		"1 March 2026":                               {at("2026-03-01 00:00"), at("2026-03-02 00:00")},
		"31 May to 30 June 2026":                     {at("2026-05-31 12:00"), at("2026-06-30 12:00")},
		"31 December 2025 to 1 January 2026":         {at("2025-12-31 00:00"), at("2026-01-02 00:00")},
		"1 March 2026, 10:00 to 1 March 2026, 11:30": {at("2026-03-01 10:00"), at("2026-03-01 11:30")},
	} {
		if got := p.title(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration, o outcomes.Outcome) Entry { return Entry{Outcome: o, EndedAt: from.Add(d)} }
	tl := newTimeline(Period{from, from.Add(2 * day)},
		[]Entry{at(0, outcomes.Repaired), at(time.Hour, outcomes.Failed), at(11*time.Hour, outcomes.Repaired),
			at(47*time.Hour, outcomes.Undone)})
	if len(tl.Bars) != 3 || tl.Days != 1 || tl.Top != 4 || tl.Half() != 2 || tl.Highest != 3 || tl.Width != 30 {
		t.Fatalf("%+v", tl)
	}
	if diff := cmp.Diff([]outcomes.Outcome{outcomes.Repaired, outcomes.Failed, outcomes.Undone}, tl.Used); diff != "" {
		t.Error(diff)
	}
	want := []part{{count{outcomes.Repaired, 2}, 1, 50, 8, 50}, {count{outcomes.Failed, 1}, 1, 25, 8, 25}}
	if diff := cmp.Diff(want, tl.Bars[0].Parts, cmp.AllowUnexported(part{}, count{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(tl.Bars[1].Parts) != 0 || tl.Bars[2].Parts[0].Outcome != outcomes.Undone || len(tl.Bars[1].Counts) != 3 {
		t.Errorf("%+v", tl.Bars)
	}
	for days, want := range map[int][2]int{1: {1, 1}, 92: {1, 92}, 93: {7, 14}, 3650: {49, 75}} {
		whole := from.Truncate(day)
		tl := newTimeline(Period{whole, whole.Add(time.Duration(days) * day)},
			[]Entry{{Outcome: outcomes.Repaired, EndedAt: whole.Add(time.Duration(days)*day - 1)}})
		if tl.Days != want[0] || len(tl.Bars) != want[1] || len(tl.Bars[len(tl.Bars)-1].Parts) != 1 {
			t.Errorf("%d days: %d bars of %d days", days, len(tl.Bars), tl.Days)
		}
	}
}

func TestScale(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{0: 1, 1: 1, 2: 2, 3: 4, 9: 10, 11: 12, 19: 20, 21: 40, 199: 200, 5001: 6000} {
		if got := roundUp(n); got != want {
			t.Errorf("%d: %d, want %d", n, got, want)
		}
	}
}

func TestHistogram(t *testing.T) {
	t.Parallel()
	took := func(d time.Duration, o outcomes.Outcome) Entry { return Entry{Outcome: o, EndedAt: time.Time{}.Add(d)} }
	got := histogram([]Entry{took(15*time.Second, outcomes.Repaired), took(16*time.Second, outcomes.Repaired),
		took(20*time.Second, outcomes.Repaired), took(90*time.Second, outcomes.Repaired),
		took(time.Hour, outcomes.Failed)})
	want := []class{{"up to 15 s", 1, 50}, {"up to 30 s", 2, 100}, {"up to 1 min", 0, 0}, {"up to 2 min", 1, 50}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := histogram([]Entry{took(time.Hour, outcomes.Failed)}); got != nil {
		t.Errorf("of no repair: %+v", got)
	}
	if got := histogram([]Entry{took(40*day, outcomes.Repaired)}); len(got) != 1 || got[0].Name != "longer" {
		t.Errorf("of a long one: %+v", got)
	}
}
