package securityhub

import (
	"net/http"
	"sync"
	"time"

	"hubmend/internal/lab/aging"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
)

// lagging is an update that is accepted and does not show yet.
type lagging struct {
	key string
	in  updateInput
	due time.Time
}

// showDue applies the updates that are due, and sends their events.
func (h *Hub) showDue() {
	h.mu.Lock()
	now := time.Now()
	var shown []map[string]any
	var later []lagging
	for _, u := range h.lagging {
		if u.due.After(now) {
			later = append(later, u)
			continue
		}
		shown = append(shown, h.apply(u.key, u.in))
	}
	h.lagging = later
	h.mu.Unlock()
	for _, f := range shown {
		h.tellUpdated(f)
	}
}

// Hasten makes updates that do not show yet show sooner.
func (h *Hub) Hasten(by time.Duration) {
	h.mu.Lock()
	for i := range h.lagging {
		h.lagging[i].due = h.lagging[i].due.Add(-by)
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
		h.findings[key], _ = aging.Aged(f, by).(map[string]any)
	}
}
