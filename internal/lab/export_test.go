package lab

import "time"

// ParseRate reads a ScheduleExpression.
var ParseRate = parseRate

// Earlier moves a time that is written in a text into the past.
var Earlier = earlier

// Pace remembers when executions were started.
type Pace struct{ pace }

// Take counts a start.
func (p *Pace) Take(account, region string, perSecond int, now time.Time) bool {
	return p.take(place{account, region}, perSecond, now)
}

// Hurry gives a scheduled rule another, shorter schedule.
func (l *Lab) Hurry(rule string, every time.Duration) {
	id := busID{place{l.world.admin, l.world.home}, defaultBus}
	r := *l.events.bus(id).rules[rule]
	r.every = every
	l.events.startSchedule(id, &r)
}

// Allowance is what is left of Security Hub's rates.
type Allowance struct{ allowance }

// Take counts a call.
func (a *Allowance) Take(account, region, api string, now time.Time) bool {
	return a.take(place{account, region}, api, now)
}
