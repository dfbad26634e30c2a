package preview

import (
	"fmt"
	"slices"
	"time"

	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

// start is a repair that is to be started.
type start struct {
	rows  []int // of its findings
	place string
	of    string // control and account, which share an hourly budget
	at    time.Time
	late  bool // a budget puts it off
}

// schedule gives each repair its time, as if all findings were checked at once: the budgets of the policy first, and
// then the slots, because Systems Manager starts one execution a second for an account and Region.
func schedule(rows []Row, o Options) []*start {
	starts := startsOf(rows, o)
	slices.SortStableFunc(starts, func(a, b *start) int { return a.at.Compare(b.at) })
	spend(starts, o.Policy.Budgets)
	slices.SortStableFunc(starts, func(a, b *start) int { return a.at.Compare(b.at) })
	free := map[string]time.Time{}
	for _, s := range starts {
		if s.at.Before(free[s.place]) {
			s.at = free[s.place]
		}
		free[s.place] = s.at.Add(ledger.SlotSpacing)
	}
	return starts
}

// startsOf joins the findings that share a repair. The first of them decides when.
func startsOf(rows []Row, o Options) []*start {
	var starts []*start
	known := map[string]*start{}
	for i, r := range rows {
		if !r.Outcome.starts() {
			continue
		}
		at := o.Now
		if r.Outcome == Delayed {
			at = r.Until
		}
		s := known[r.Target]
		if s == nil {
			region := r.Region
			if region == target.Global {
				region = o.Home
			}
			s = &start{place: r.Account + "/" + region, of: r.Control + "/" + r.Account, at: at}
			known[r.Target], starts = s, append(starts, s)
		}
		s.rows = append(s.rows, i)
		if at.Before(s.at) {
			s.at = at
		}
	}
	return starts
}

const day = 24 * time.Hour

// spend puts repairs off to the first hour and day whose budgets have room for them. They come in the order of their
// times, so an hour without room for one has none for those that follow.
func spend(starts []*start, b policy.Budgets) {
	hours, days, from := map[string]int{}, map[time.Time]int{}, map[string]time.Time{}
	full := func(n, budget int) bool { return budget > 0 && n >= budget }
	for _, s := range starts {
		at := latest(s.at, from[s.of])
		for {
			if full(days[at.Truncate(day)], b.DailyPerOrganization) {
				at = at.Truncate(day).Add(day)
			} else if full(hours[hourOf(s.of, at)], b.HourlyPerControlAndAccount) {
				at = at.Truncate(time.Hour).Add(time.Hour)
			} else {
				break
			}
		}
		days[at.Truncate(day)]++
		hours[hourOf(s.of, at)]++
		s.late = at.After(s.at)
		s.at, from[s.of] = at, at
	}
}

func hourOf(of string, at time.Time) string {
	return fmt.Sprint(of, "/", at.Truncate(time.Hour).Unix())
}

func latest(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }
