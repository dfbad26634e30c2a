package report

import (
	"time"

	"hubmend/internal/ops/outcomes"
)

// mostBars is how many bars are still distinct on a phone.
const mostBars = 92

const day = 24 * time.Hour

// timeline is the chart of attempts over time: bars of stacked outcomes, each of one or more days.
type timeline struct {
	Days    int // of a bar
	Bars    []bar
	Width   int // of the drawing, in its own units; its height is chartHeight
	Top     int // the number at the top of the scale
	Used    []outcomes.Outcome
	Highest int // attempts in the highest bar
}

type bar struct {
	From   time.Time
	Counts []count // of the outcomes that occur in the chart
	Parts  []part
}

type count struct {
	Outcome outcomes.Outcome
	N       int
}

// part is the rectangle of an outcome in a bar.
type part struct {
	count
	X, Y, Width, Height float64
}

const (
	chartHeight = 100
	barPitch    = 10 // from one bar to the next
	barWidth    = 8
)

// newTimeline draws entries that ended in a period.
func newTimeline(p Period, entries []Entry) timeline {
	first := p.From.UTC().Truncate(day)
	days := int((p.To.Sub(first) + day - 1) / day)
	t := timeline{Days: 1}
	for (days+t.Days-1)/t.Days > mostBars {
		t.Days *= 7
	}
	width := time.Duration(t.Days) * day
	n := make([]map[outcomes.Outcome]int, (days+t.Days-1)/t.Days)
	all := map[outcomes.Outcome]int{}
	for _, e := range entries {
		i := int(e.EndedAt.Sub(first) / width)
		if n[i] == nil {
			n[i] = map[outcomes.Outcome]int{}
		}
		n[i][e.Outcome]++
		all[e.Outcome]++
	}
	for _, o := range outcomes.All() {
		if all[o] > 0 {
			t.Used = append(t.Used, o)
		}
	}
	for _, counts := range n {
		sum := 0
		for _, c := range counts {
			sum += c
		}
		t.Highest = max(t.Highest, sum)
	}
	t.Top, t.Width = roundUp(t.Highest), len(n)*barPitch
	for i, counts := range n {
		t.Bars = append(t.Bars, t.stack(i, first.Add(time.Duration(i)*width), counts))
	}
	return t
}

// stack draws bar i.
func (t timeline) stack(i int, from time.Time, counts map[outcomes.Outcome]int) bar {
	b, top := bar{From: from}, float64(chartHeight)
	for _, o := range t.Used {
		c := count{o, counts[o]}
		b.Counts = append(b.Counts, c)
		if c.N > 0 {
			height := float64(c.N) / float64(t.Top) * chartHeight
			top -= height
			b.Parts = append(b.Parts, part{c, float64(i*barPitch) + (barPitch-barWidth)/2, top, barWidth, height})
		}
	}
	return b
}

// Half is the number in the middle of the scale.
func (t timeline) Half() int { return t.Top / 2 }

// roundUp gives the upper end of a scale that includes n: a round number that is even, or 1.
func roundUp(n int) int {
	for unit := 1; ; unit *= 10 {
		for _, step := range []int{1, 2, 4, 6, 8, 10, 12, 14, 16, 18} {
			if n <= step*unit {
				return step * unit
			}
		}
	}
}

// class is a row of the chart of times to remediate.
type class struct {
	Name  string
	N     int
	Share float64 // of the largest, in percent
}

var spans = []struct {
	upTo time.Duration
	name string
}{
	{15 * time.Second, "up to 15 s"}, {30 * time.Second, "up to 30 s"}, {time.Minute, "up to 1 min"},
	{2 * time.Minute, "up to 2 min"},
	{5 * time.Minute, "up to 5 min"}, {15 * time.Minute, "up to 15 min"}, {time.Hour, "up to 1 h"}, {day, "up to 1 d"},
	{1<<63 - 1, "longer"},
}

// histogram counts repairs by duration, from the shortest class with a repair to the longest.
func histogram(entries []Entry) []class {
	n := make([]int, len(spans))
	first, last, largest := len(spans), -1, 0
	for _, e := range entries {
		if e.Outcome != outcomes.Repaired {
			continue
		}
		i := 0
		for e.Took() > spans[i].upTo {
			i++
		}
		n[i]++
		first, last, largest = min(first, i), max(last, i), max(largest, n[i])
	}
	var all []class
	for i := first; i <= last; i++ {
		all = append(all, class{spans[i].name, n[i], 100 * float64(n[i]) / float64(largest)})
	}
	return all
}
