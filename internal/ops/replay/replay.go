// Package replay says what Hubmend would have done in a past period: it sends the findings of an export, with their
// times, through the functions themselves, with a simulated clock, an in-memory ledger and simulated executions.
//
// It calls no AWS API. The same findings always give the same report.
package replay

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/preview"
)

// Options say what is replayed.
type Options struct {
	Catalog  *catalog.Catalog
	Enabled  []catalog.Group
	Policy   policy.Policy // in force all the time
	Facts    preview.Facts
	Settings decide.Settings
	Home     string        // the Region where global resources are repaired from
	USD      float64       // that a repair costs
	RunTime  time.Duration // of an execution
	// Since is how long the period is. It ends at the latest check of the export.
	Since time.Duration
}

// Report is what would have happened.
type Report struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Enabled []string  `json:"enabled"` // ids of control groups
	Days    []Day     `json:"days"`
	Total   Day       `json:"total"`
	// Suspended are the resources whose automatic repair the loop guard would have stopped, the worst first.
	Suspended []Suspended `json:"suspended"`
	Findings  int         `json:"findings"` // of the controls that are assumed to be ENABLED
	Failing   int         `json:"failing"`  // of them, at the end
	// Parked are the findings that wait at the end because of the policy, by why: exempt, ask, delay, or a fact that is
	// not known.
	Parked  map[string]int `json:"parked"`
	Assumed []string       `json:"assumed"`
}

// Day is what would have happened on a day in UTC.
type Day struct {
	Date      string         `json:"date,omitempty"`
	Events    int            `json:"events"`   // findings that failed and were NEW
	Attempts  int            `json:"attempts"` // executions that repair
	Plans     int            `json:"plans"`    // executions that plan a repair that a person is asked for
	Resolved  int            `json:"resolved"` // findings
	Suspended int            `json:"suspended"`
	Emails    int            `json:"emails"`
	EmailsBy  map[string]int `json:"emailsBy"` // by kind
	USD       float64        `json:"usd"`
}

// Suspended is a resource whose automatic repair was stopped.
type Suspended struct {
	Control  string `json:"control"`
	Account  string `json:"account"`
	Region   string `json:"region"`
	Resource string `json:"resource"`
	Times    int    `json:"times"`
	Attempts int    `json:"attempts"`

	at time.Time // the last time
}

// Assumed says what a replay assumes.
var Assumed = []string{
	"The groups were ENABLED at the beginning. Findings that were open then arrive at their next check, within 24 " +
		"hours.",
	"Repairs succeed, and take as long as docs/costs.md assumes. Security Hub checks a repaired resource after 5 " +
		"minutes, or when the data of its check can be newer than the repair.",
	"A resource that failed again in the export fails again here, at the same time.",
	"FirstObservedAt is when the result of a finding last changed. Changes before that are known only if the export " +
		"has earlier versions of the finding.",
	"Findings are NEW when they fail, unless they are SUPPRESSED. No custom action is used, no repair is undone, and " +
		"no proposal is approved.",
}

// aftermath is how long a replay goes on after the latest check, so that its repair ends.
const aftermath = time.Hour

// Make replays the versions of findings.
func Make(o Options, versions []Finding) Report {
	w := newWorld(o)
	r := Report{Days: []Day{}, Suspended: []Suspended{}, Assumed: Assumed}
	for _, v := range versions {
		if v.ObservedAt.After(r.To) {
			r.To = v.ObservedAt.UTC()
		}
	}
	r.From = r.To.Add(-o.Since)
	w.from, w.at = r.From, r.From
	enabled := map[string]bool{}
	for _, g := range o.Enabled {
		r.Enabled = append(r.Enabled, g.ID)
		for _, id := range g.Controls {
			enabled[id] = true
		}
	}
	slices.Sort(r.Enabled)
	r.Enabled = slices.Compact(r.Enabled)
	for _, h := range historiesOf(versions) {
		control, known := o.Catalog.Control(h.latest.Finding.Finding)
		if !known || !enabled[control.ID] || h.latest.Workflow == finding.Suppressed {
			continue
		}
		r.Findings++
		w.add(h, control.EvidenceLag)
	}
	w.sweep()
	w.run(r.To.Add(aftermath))
	for _, f := range w.replayed {
		if f.fails {
			r.Failing++
		}
	}
	r.Parked = w.parked()
	r.sum(w)
	return r
}

// add plans what happens to a finding's resource.
func (w *world) add(h history, lag time.Duration) {
	f := &replayed{Finding: h.latest, lag: lag, seen: decide.Seen{Workflow: finding.New, RecordState: finding.Active}}
	w.replayed[f.ID] = f
	asks := f.Finding.Finding.Finding
	asks.Compliance, asks.Workflow, asks.RecordState = finding.Failed, finding.New, finding.Active
	if t, request, err := dispatch.Automatic(w.Catalog, asks, w.from); err == nil {
		f.target, f.parameters = t, request.Parameters
		w.ofTarget[t.Key()] = append(w.ofTarget[t.Key()], f)
	}
	for _, s := range h.spells {
		if !s.to.IsZero() && !s.to.After(w.from) {
			continue
		}
		noticed := s.from
		if s.from.Before(w.from) { // it is noticed at its next check
			noticed = w.from.Add(f.ObservedAt.Sub(w.from) % checkEvery)
		}
		w.plan(latest(s.from, w.from), func() { w.setFails(f, true, noticed) })
		if !s.to.IsZero() {
			w.plan(s.to, func() { w.setFails(f, false, s.to) })
		}
	}
}

func latest(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }

const day = 24 * time.Hour

// day returns the counts of today.
func (w *world) day() *Day {
	date := w.now().Truncate(day)
	if w.days[date] == nil {
		w.days[date] = &Day{EmailsBy: map[string]int{}}
	}
	return w.days[date]
}

// attemptsOf returns the counts of a target. The control is the one that it was last repaired for.
func (w *world) attemptsOf(t target.Target, control string) *Suspended {
	key := t.Key()
	if w.attempts[key] == nil {
		w.attempts[key] = &Suspended{Account: t.Account, Region: t.Region, Resource: t.Resource}
	}
	w.attempts[key].Control = cmp.Or(control, w.attempts[key].Control)
	return w.attempts[key]
}

// sum writes down what happened.
func (r *Report) sum(w *world) {
	r.Total.EmailsBy = map[string]int{}
	for date := r.From.Truncate(day); !date.After(r.To.Add(aftermath)); date = date.Add(day) {
		d := Day{EmailsBy: map[string]int{}}
		if known := w.days[date]; known != nil {
			d = *known
		}
		d.Date = date.Format(time.DateOnly)
		r.Days = append(r.Days, d)
		r.Total.add(d)
	}
	for _, s := range w.attempts {
		if s.Times > 0 {
			r.Suspended = append(r.Suspended, *s)
		}
	}
	slices.SortFunc(r.Suspended, func(a, b Suspended) int {
		return cmp.Or(b.Times-a.Times, b.Attempts-a.Attempts, cmp.Compare(a.Account, b.Account),
			cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Control, b.Control))
	})
}

func (d *Day) add(other Day) {
	d.Events += other.Events
	d.Attempts += other.Attempts
	d.Plans += other.Plans
	d.Resolved += other.Resolved
	d.Suspended += other.Suspended
	d.Emails += other.Emails
	d.USD += other.USD
	for kind, n := range other.EmailsBy {
		d.EmailsBy[kind] += n
	}
}

// dueAt lists the keys that are due, those first that have been for longest.
func dueAt(due map[string]time.Time, at time.Time) []string {
	keys := slices.DeleteFunc(slices.Collect(maps.Keys(due)), func(k string) bool { return due[k].After(at) })
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(due[a].Compare(due[b]), cmp.Compare(a, b)) })
	return keys
}
