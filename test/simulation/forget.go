package simulation

import (
	"maps"
	"strings"
	"time"

	"hubmend/internal/engine/decide"
)

// forget makes the ledger forget a resource, as it does when a record expires or an administrator
// deletes it. Then somebody opens the resource again. Systems Manager still knows every execution,
// and EventBridge may deliver the event of an old one again.
func (w *world) forget(r *resource) {
	var done []string
	w.memory.Each(func(rec decide.Record) {
		if rec.Target.Resource == r.arn && !rec.Open() && !rec.Held() {
			done = append(done, rec.Target.Key())
		}
	})
	for _, key := range done {
		w.log.Info("forgotten", "key", key)
		w.memory.Delete(key)
		// A record that the ledger has deleted counts neither for the guard nor as evidence.
		r.automatic, r.repaired = nil, nil
		maps.DeleteFunc(w.rules.applied, func(id, _ string) bool { return strings.HasPrefix(id, key) })
		clear(r.verified)
		for _, port := range portOf {
			r.open[port] = true
		}
		for _, e := range w.ssm.executions() {
			if e.key == key && e.ended {
				for range 3 {
					w.after(w.between(0, 2*time.Hour), func() { w.ssm.report(e) })
				}
			}
		}
		w.changed(r)
	}
	if !w.calm() {
		w.after(w.between(time.Hour, 8*time.Hour), func() { w.forget(r) })
	}
}
