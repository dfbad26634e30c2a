package simulation

import (
	"fmt"
	"io"
	"time"

	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/finding"
)

// The settings of the functions' queues in the templates.
const (
	dispatchConcurrency = 30
	settleConcurrency   = 4
	settleWindow        = 2 * time.Second
	functionTime        = time.Minute // the longest that any may take
)

// Throughput is how long a wave of findings takes that all come at once.
type Throughput struct {
	Findings, Places int
	MostStarted      time.Duration  // until 99 of 100 executions were started
	Started          time.Duration  // until the last was
	Resolved         time.Duration  // until the last finding was RESOLVED
	Refused          map[string]int // calls that AWS refused because they came too often
	Notifications    int
	Longest          map[string]time.Duration // that a function took, by its queue
	Violations       []string
}

// LeastStarted is what no orchestration can beat: Systems Manager starts one execution per
// second in an account and Region.
func (t Throughput) LeastStarted() time.Duration {
	return time.Duration((t.Findings-1)/t.Places/startsPerSecond) * time.Second
}

// LeastResolved is the same for the answers: Security Hub takes ten updates per second, and
// each answer is one of its own, because it says what was done.
func (t Throughput) LeastResolved() time.Duration {
	return max(t.LeastStarted(), time.Duration(t.Findings-30)*time.Second/updatesPerSecond)
}

// Wave simulates one finding each for a number of resources in accounts and Regions, within
// the limits of the services and without faults, with the new Security Hub or without. It writes the history out if
// out is not nil.
func Wave(accounts, regions, resources int, latency Latency, v2 bool, out io.Writer) Throughput {
	w := newWorld(1)
	w.latency = latency
	w.second = &second{world: w, chance: w.second.chance, enabled: v2, late: time.Minute}
	w.tell(out)
	w.limits = newLimits(w.now)
	w.findings.concurrency, w.outcomes.concurrency = dispatchConcurrency, settleConcurrency
	w.outcomes.window = settleWindow
	for n := range resources {
		at := place{fmt.Sprintf("2222222%05d", n%accounts), fmt.Sprintf("eu-west-%d", 1+n/accounts%regions)}
		r := newResource(at, n)
		w.ssm.resources[r.arn] = r
		f := w.hub.add(fmt.Sprint("f", n), "EC2.13", r)
		w.after(0, func() { w.hub.check(f) })
	}
	w.tick()
	t := Throughput{Findings: resources, Places: accounts * regions}
	for left := resources; left > 0 && w.now.Sub(start) < 6*time.Hour; {
		w.run(w.now.Add(time.Second))
		left = 0
		for _, f := range w.hub.findings {
			if f.Workflow != finding.Resolved {
				left++
			}
		}
		t.Resolved = w.now.Sub(start)
	}
	w.run(w.now.Add(functionTime)) // the last function still tells programs
	if starts := w.limits.started; len(starts) > 0 {
		t.MostStarted, t.Started = starts[(len(starts)-1)*99/100].Sub(start), starts[len(starts)-1].Sub(start)
	}
	t.Refused, t.Longest = w.limits.refused, w.limits.longest
	t.Notifications = len(w.notices)
	t.Violations = w.violations
	w.checkWave(&t)
	return t
}

// checkWave demands that nothing was lost and nothing done twice, and that programs heard of it.
func (w *world) checkWave(t *Throughput) {
	for _, id := range w.hub.ids {
		if f := w.hub.findings[id]; f.Workflow != finding.Resolved {
			t.Violations = append(t.Violations, fmt.Sprintf("finding %s is %s", id, f.Workflow))
		}
	}
	if w.ssm.starts != t.Findings {
		t.Violations = append(t.Violations, fmt.Sprintf("%d executions for %d findings", w.ssm.starts, t.Findings))
	}
	for _, state := range []announce.State{announce.Started, announce.Repaired} {
		if n := w.states[state]; n != t.Findings {
			t.Violations = append(t.Violations, fmt.Sprintf("%d events %s for %d findings", n, state, t.Findings))
		}
	}
}
