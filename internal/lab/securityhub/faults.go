package securityhub

import (
	"net/http"
	"sync"
	"time"

	"hubmend/internal/lab/aging"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/events"
	"hubmend/internal/lab/ocsf"
	"hubmend/internal/lab/story"
)

// lagging is what is accepted and does not show yet.
type lagging struct {
	due time.Time
	do  func() (then func())
}

// underway is an event that is still on its way.
type underway struct {
	due   time.Time
	to    []apicall.Place
	event events.Event
}

// showDue does what is due, and sends the events that are.
func (h *Hub) showDue() {
	h.mu.Lock()
	now := time.Now()
	var then []func()
	var later []lagging
	for _, l := range h.lagging {
		if l.due.After(now) {
			later = append(later, l)
			continue
		}
		then = append(then, l.do())
	}
	h.lagging = later
	var onTheirWay []underway
	for _, u := range h.underway {
		if u.due.After(now) {
			onTheirWay = append(onTheirWay, u)
			continue
		}
		then = append(then, func() { h.send(u.to, 0, u.event) })
	}
	h.underway = onTheirWay
	h.mu.Unlock()
	for _, do := range then {
		do()
	}
}

// Hasten makes what does not show yet show sooner.
func (h *Hub) Hasten(by time.Duration) {
	h.mu.Lock()
	for i := range h.lagging {
		h.lagging[i].due = h.lagging[i].due.Add(-by)
	}
	for i := range h.underway {
		h.underway[i].due = h.underway[i].due.Add(-by)
	}
	h.mu.Unlock()
	h.showDue()
}

// isConcurrent reports whether an update fails with ConcurrentUpdateError, as Faults.ConcurrentUpdates requests.
func (h *Hub) isConcurrent() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.concurrent++
	return h.concurrent <= h.lab.Faults.ConcurrentUpdates
}

// hubRates are the rates and bursts of Security Hub in an account and Region.
var hubRates = map[string]struct{ perSecond, burst float64 }{
	"BatchImportFindings": {10, 30}, "BatchUpdateFindings": {10, 30}, "GetFindings": {3, 6},
	"BatchUpdateFindingsV2": {10, 30}, "GetFindingsV2": {10, 30}, // as for all calls that AWS does not list
}

// allowance is a token bucket for each call of each account and Region.
type allowance struct {
	mu    sync.Mutex
	calls map[string]tokens
}

type tokens struct {
	left float64
	at   time.Time
}

// take reports whether a call is within its rate.
func (a *allowance) take(at apicall.Place, api string, now time.Time) bool {
	rate, limited := hubRates[api]
	if !limited {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	key := at.Account + " " + at.Region + " " + api
	t, known := a.calls[key]
	if !known {
		t = tokens{rate.burst, now}
	}
	t.left = min(rate.burst, t.left+now.Sub(t.at).Seconds()*rate.perSecond)
	t.at = now
	allowed := t.left >= 1
	if allowed {
		t.left--
	}
	if a.calls == nil {
		a.calls = map[string]tokens{}
	}
	a.calls[key] = t
	return allowed
}

// throttle gives the error for a call beyond the rates, if the faults request rates.
func (h *Hub) throttle(q apicall.Request) error {
	at := q.Place()
	if !h.lab.Faults.HubRates || q.Caller.IsOperator() || h.allowance.take(at, q.API, time.Now()) {
		return nil
	}
	h.lab.Story.Tell(story.KindFault, at.Account, at.Region, "securityhub:%s is throttled", q.API)
	return &apicall.Error{Status: http.StatusTooManyRequests, Code: "TooManyRequestsException",
		Message: "Too Many Requests"}
}

// Age moves every time in the findings into the past.
func (h *Hub) Age(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, f := range h.findings {
		h.findings[key] = aged(f, by)
	}
	for _, f := range h.v2.findings {
		f.Document = aged(f.Document, by)
	}
	for i := range h.underway {
		e := &h.underway[i].event
		f, _ := e.Detail["findings"].([]any)[0].(map[string]any)
		e.Detail = map[string]any{"findings": []any{aged(f, by)}}
	}
}

// aged gives a copy of a finding, in either format, in which all times are earlier.
func aged(f map[string]any, by time.Duration) map[string]any {
	if f["class_uid"] != nil {
		return ocsf.Aged(f, by)
	}
	older, _ := aging.Aged(f, by).(map[string]any)
	return older
}
