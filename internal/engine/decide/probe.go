package decide

import (
	"time"
)

// Probe is the one target that tries whether what stopped the others still does.
type Probe struct {
	Key string // of the target; empty when none tries
	At  time.Time
}

// passage is what something that was stopped means for a target.
type passage int

const (
	free       passage = iota // it may pass
	needsProbe                // it may pass if it takes the probe
	blocked                   // it has to wait
)

// passes returns how a target fares with what is stopped until a moment. When that has come, one target is let
// through, and the others wait for its outcome.
func (p Probe) passes(key string, until, now time.Time, s Settings) passage {
	since := now.Sub(p.At)
	running := p.Key != "" && since < s.ProbeLease
	switch {
	case until.IsZero() || running && p.Key == key && since < s.ProbeLease/4:
		return free
	case running && p.Key == key: // it has not started yet, and others should wait for as long again
		return needsProbe
	case running || now.Before(until):
		return blocked
	}
	return needsProbe
}

// obstacle is what keeps an attempt from starting.
type obstacle struct {
	cause  Cause     // empty when nothing does
	until  time.Time // of cause
	reason string    // of Unready
	probe  bool      // the attempt may start if it takes the probe
}

// obstacle looks for what stands against the last attempt. A person's repair passes the breakers. Only a
// repair or undo that succeeds in starting shows that an account is ready, so that holds for everybody.
func (d *decider) obstacle(a *Attempt) obstacle {
	found := d.gate.Accounts[d.Record.Target.Account].obstacle(d.Record.Target, *a, d.now, d.settings)
	if found.cause != "" || a.Trigger.ByPerson() {
		return found
	}
	broken := d.gate.Breakers[a.Control].obstacle(d.Record.Target.Key(), d.Record.Target.Account, d.now, d.settings)
	broken.probe = broken.cause == "" && (broken.probe || found.probe)
	return broken
}
