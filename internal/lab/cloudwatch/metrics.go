package cloudwatch

import (
	"encoding/json"
	"time"

	"hubmend/internal/lab/apicall"
)

// sample is a value in a line of a function.
type sample struct {
	metric
	at    time.Time
	value float64
}

// embedded is a line in the embedded metric format. The lab knows metrics without dimensions.
type embedded struct {
	Meta struct {
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name string }
		}
	} `json:"_aws"`
}

// Line reads the metrics in a line that a function wrote to its log group.
func (a *Alarms) Line(at apicall.Place, text string) {
	var e embedded
	var root map[string]any
	if json.Unmarshal([]byte(text), &root) != nil || json.Unmarshal([]byte(text), &e) != nil {
		return // CloudWatch looks at JSON only
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range e.Meta.CloudWatchMetrics {
		if len(d.Dimensions) != 1 || len(d.Dimensions[0]) > 0 {
			a.lab.Problem(at, "the lab supports only metrics without dimensions, not %v of %s", d.Dimensions,
				d.Namespace)
			continue
		}
		for _, m := range d.Metrics {
			value, ok := root[m.Name].(float64)
			if !ok {
				a.lab.Problem(at, "a line names the metric %s and has no number of that name: %s", m.Name, text)
				continue
			}
			a.lines = append(a.lines, sample{metric{at, d.Namespace, m.Name}, time.Now(), value})
		}
	}
}

// Age moves the metrics into the past.
func (a *Alarms) Age(by time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.lines {
		a.lines[i].at = a.lines[i].at.Add(-by)
	}
}

// breached reports whether the sums of enough periods in a row were beyond the threshold. The first period begins with
// the first sample. A period without samples is not beyond it.
func (one alarm) breached(lines []sample) bool {
	inRow, last := 0, -1
	for _, p := range one.sums(lines) {
		if !operators[one.operator](p.sum, one.threshold) {
			continue // the next period starts a new row
		}
		if p.number > last+1 {
			inRow = 0
		}
		inRow, last = inRow+1, p.number
		if inRow >= one.periods {
			return true
		}
	}
	return false
}

// period is a period with samples.
type period struct {
	number int // 0 for the first
	sum    float64
}

// sums adds up the samples of the metric of an alarm, in the order of time.
func (one alarm) sums(lines []sample) []period {
	var all []period
	var begin time.Time
	for _, s := range lines {
		if s.metric != one.metric {
			continue
		}
		if begin.IsZero() {
			begin = s.at
		}
		n := int(s.at.Sub(begin) / one.period)
		if len(all) == 0 || all[len(all)-1].number != n {
			all = append(all, period{number: n})
		}
		all[len(all)-1].sum += s.value
	}
	return all
}
