package simulation

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// Result is what came of a simulation.
type Result struct {
	Seed       uint64
	Faults     Faults
	Violations []string // each with its moment; empty when everything holds
	Executions int
	Messages   int
	Dead       int
	Steps      map[Step]int // of phases, and how many there were of each
}

const (
	// chaosTime is how long everything goes wrong, and calmTime how long nothing does after it.
	chaosTime = 30 * time.Hour
	calmTime  = 4 * 24 * time.Hour
)

// Simulate runs the history of a seed, and writes it out if out is not nil.
func Simulate(seed uint64, out io.Writer) Result {
	w := newWorld(seed)
	w.tell(out)
	w.faults = Chaos(w.rng)
	faults := w.faults
	w.lag()
	w.govern(rand.New(rand.NewPCG(seed, 4))) // apart, as the others
	w.populate(seed)
	w.tick()
	w.run(start.Add(chaosTime))
	w.faults, w.paused = Faults{}, false
	w.run(start.Add(chaosTime + calmTime))
	w.checkEnd()
	return Result{
		Seed: seed, Faults: faults, Violations: w.violations, Executions: w.ssm.starts,
		Messages: w.findings.sent + w.outcomes.sent, Dead: len(w.findings.dead) + len(w.outcomes.dead), Steps: w.steps,
	}
}

// calm reports whether people and programs no longer interfere.
func (w *world) calm() bool { return w.now.Sub(start) >= chaosTime }

// populate plans what happens in the world.
func (w *world) populate(seed uint64) {
	for i := range 1 + w.rng.IntN(3) {
		r := newResource(place{"222222222222", home}, i)
		r.open["3389"], r.fights = w.rng.IntN(2) == 0, w.rng.IntN(4) == 0
		if w.rng.IntN(2) == 0 {
			r.behaviour = behaviour(w.rng.IntN(int(behaviors)))
		}
		w.inhabit(r, i)
		if w.rng.IntN(2) == 0 {
			w.after(w.between(time.Hour, chaosTime), func() { w.takeBack(r) })
		}
		if w.rng.IntN(4) == 0 {
			w.after(w.between(time.Hour, chaosTime), func() { w.forget(r) })
		}
	}
	w.account("222222222222").readyAt = start
	if w.rng.IntN(3) == 0 { // it was made a while ago, and its roles come late
		w.account("222222222222").readyAt = start.Add(w.between(0, 40*time.Hour))
	}
	w.account("333333333333").readyAt = start
	if w.rng.IntN(3) == 0 { // something is wrong with it: every repair fails
		for i := range 2 + w.rng.IntN(4) {
			r := newResource(place{"333333333333", home}, 10+i)
			r.behaviour = fails
			w.inhabit(r, 10+i)
		}
	}
	if w.rng.IntN(2) == 0 {
		w.after(w.between(0, 20*time.Hour), func() {
			w.paused, w.pausedAt = true, w.now
			w.after(w.between(0, 8*time.Hour), func() { w.paused = false })
		})
	}
	if w.rng.IntN(4) == 0 {
		w.after(w.between(0, time.Hour), func() { w.findings.send("poison") })
	}
	// apart, so that every other seed keeps its history
	if chance := rand.New(rand.NewPCG(seed, 2)); chance.IntN(4) == 0 {
		w.after(time.Duration(chance.Int64N(int64(20*time.Hour))), func() { w.rollBack(chance) })
	}
	w.rush(rand.New(rand.NewPCG(seed, 3)))
}

// rush now and then has Systems Manager accept no start for a while, and a check fail for more resources at once than
// can be started without waiting for a slot. Each time a person wants a repair undone.
func (w *world) rush(chance *rand.Rand) {
	if chance.IntN(4) == 0 {
		w.after(time.Duration(chance.Int64N(int64(20*time.Hour))), func() {
			w.busyUntil = w.now.Add(time.Duration(chance.Int64N(int64(40 * time.Minute))))
			w.takeBack(w.first())
		})
	}
	if chance.IntN(8) > 0 {
		return
	}
	at := time.Duration(chance.Int64N(int64(20 * time.Hour)))
	w.after(at+time.Duration(chance.Int64N(int64(8*time.Second))), func() { w.takeBack(w.first()) })
	for i := range 12 {
		r := newResource(place{"222222222222", home}, 100+i)
		w.ssm.resources[r.arn] = r
		f := w.hub.add(fmt.Sprint("rush", i), "EC2.13", r)
		w.after(at, func() { w.rounds(f) })
		if chance.IntN(4) == 0 {
			w.after(at+time.Duration(chance.Int64N(int64(20*time.Second))), func() { w.meddle(f) })
		}
	}
}

// first is the resource that every world has.
func (w *world) first() *resource {
	return w.ssm.resources[newResource(place{"222222222222", home}, 0).arn]
}

// inhabit adds a resource with its findings, which somebody may delete.
func (w *world) inhabit(r *resource, i int) {
	w.ssm.resources[r.arn] = r
	for n := range 1 + w.rng.IntN(3) {
		f := w.hub.add(fmt.Sprintf("f%d-%d", i, n), []string{"EC2.13", "EC2.14"}[n%2], r)
		w.after(w.between(0, time.Hour), func() { w.rounds(f) })
		w.after(w.between(0, chaosTime), func() { w.meddle(f) })
		w.second.meddle(f)
	}
	if w.rng.IntN(5) == 0 {
		w.after(w.between(0, 2*time.Hour), func() { w.log.Info("deleted", "resource", r.arn); r.gone = true })
	}
}

// rounds is Security Hub's periodic check. It ends a day before the world does, so that the
// last one can be answered.
func (w *world) rounds(f *securityFinding) {
	w.hub.check(f)
	if w.now.Sub(start) < chaosTime+calmTime-24*time.Hour {
		w.after(w.between(12*time.Hour, 18*time.Hour), func() { w.rounds(f) })
	}
}

// meddle is what people do with a finding.
func (w *world) meddle(f *securityFinding) {
	switch w.rng.IntN(6) {
	case 0, 1:
		w.hub.click(f)
	case 2:
		w.hub.suppress(f)
		if w.rng.IntN(2) == 0 {
			w.after(w.between(time.Minute, 8*time.Hour), func() {
				w.hub.reopen(f)
			})
		}
	case 3:
		w.after(w.between(0, time.Hour), func() { w.hub.click(f) })
		w.hub.click(f)
	}
	if w.rng.IntN(2) == 0 && !w.calm() {
		w.after(w.between(time.Minute, 6*time.Hour), func() { w.meddle(f) })
	}
}
