package decide

import (
	"slices"
	"time"
)

// Breaker counts the targets of a control whose repair failed in a way that speaks against its runbook. When
// several accounts have too many, automatic repair of the control is paused everywhere. When one account has
// them, something is likely wrong with the account, and only its repairs are paused.
type Breaker struct {
	Control string
	Version int
	// Failures are the latest failure of each target, oldest first, since the last success in its account.
	Failures []TargetFailure
	// SucceededAt is the last success in any account. Failures before it do not speak against the runbook.
	SucceededAt time.Time
	// OpenUntil is when one repair is let through again; zero when the control is not paused. Its outcome, or
	// any other failure after that moment, decides whether the pause goes on.
	OpenUntil time.Time
	Probe     Probe
	Accounts  []AccountPause
	Unknown   Unknown `dynamodbav:"-" json:"-"`
}

// AccountPause is a pause of a control in one account.
type AccountPause struct {
	Account   string
	OpenUntil time.Time
	Probe     Probe
}

// TargetFailure is one failed target.
type TargetFailure struct {
	Key      string // of the target
	Account  string
	Resource string
	At       time.Time
}

// BreakerDecision is a new breaker and what to do, notifications first.
type BreakerDecision struct {
	Breaker       Breaker
	Save          bool
	Notifications []Notification
	Metrics       []Metric
}

// obstacle returns what stands against automatic repair of a target.
func (b Breaker) obstacle(key, account string, now time.Time, s Settings) obstacle {
	var found obstacle
	stop := func(p Probe, until time.Time) {
		switch p.passes(key, until, now, s) {
		case blocked:
			if found.cause == "" || until.After(found.until) {
				found.cause, found.until = Broken, until
			}
		case needsProbe:
			found.probe = true
		}
	}
	stop(b.Probe, b.OpenUntil)
	if pause := b.pause(account); pause != nil {
		stop(pause.Probe, pause.OpenUntil)
	}
	found.probe = found.probe && found.cause == ""
	return found
}

// takeProbe returns the breaker with the probes that a target asks for.
func (b Breaker) takeProbe(key, account string, now time.Time, s Settings) (Breaker, bool) {
	b, taken := b.clone(), false
	if b.Probe.passes(key, b.OpenUntil, now, s) == needsProbe {
		b.Probe, taken = Probe{key, now}, true
	}
	if pause := b.pause(account); pause != nil && pause.Probe.passes(key, pause.OpenUntil, now, s) == needsProbe {
		pause.Probe, taken = Probe{key, now}, true
	}
	return b, taken
}

// OnEnded counts the end of an attempt. Counting the same end twice does no harm. An end that does not count
// lets the next repair through when it was the probe.
func (b Breaker) OnEnded(e Ended, t TargetFailure, now time.Time, s Settings) BreakerDecision {
	d := BreakerDecision{Breaker: b.clone()}
	switch {
	case e.Attempt.Undo != "":
	case e.Counts && e.Attempt.State == Succeeded:
		d.succeed(t, now)
	case e.Counts:
		d.fail(t, now, s)
	default:
		d.releaseProbe(t)
	}
	return d
}

// succeed closes the breaker, because a success shows that the runbook works, and ends the pause of the account.
func (d *BreakerDecision) succeed(t TargetFailure, now time.Time) {
	b := &d.Breaker
	counted := slices.ContainsFunc(b.Failures, func(f TargetFailure) bool { return f.At.After(b.SucceededAt) })
	before := len(b.Failures) + len(b.Accounts)
	b.Failures = slices.DeleteFunc(b.Failures, func(f TargetFailure) bool { return f.Account == t.Account })
	b.Accounts = slices.DeleteFunc(b.Accounts, func(p AccountPause) bool { return p.Account == t.Account })
	if !counted && b.OpenUntil.IsZero() && before == len(b.Failures)+len(b.Accounts) {
		return
	}
	b.SucceededAt, b.OpenUntil, b.Probe, d.Save = now, time.Time{}, Probe{}, true
}

// moreFailures is how many failures are kept beyond what opens a breaker.
const moreFailures = 100

func (d *BreakerDecision) fail(t TargetFailure, now time.Time, s Settings) {
	b := &d.Breaker
	b.Failures = slices.DeleteFunc(b.Failures, func(x TargetFailure) bool {
		paused := !b.OpenUntil.IsZero() || b.pause(x.Account) != nil
		return x.Key == t.Key || now.Sub(x.At) >= s.BreakerWindow && !paused
	})
	b.Failures = append(b.Failures, t)
	if extra := len(b.Failures) - s.BreakerFailures - moreFailures; extra > 0 {
		b.Failures = slices.Delete(b.Failures, 0, extra)
	}
	d.Save = true
	account := d.failAccount(t, now, s)
	opens := b.OpenUntil.IsZero() && b.countedFailures(s) >= s.BreakerFailures
	if opens || !b.OpenUntil.IsZero() && !now.Before(b.OpenUntil) {
		b.OpenUntil, b.Probe = now.Add(s.BreakerWindow), Probe{}
		d.notifyPaused("")
	} else if account {
		d.notifyPaused(t.Account)
	}
}

// failAccount pauses the control in the account of a failure when it has too many, or goes on with the pause.
func (d *BreakerDecision) failAccount(t TargetFailure, now time.Time, s Settings) bool {
	b := &d.Breaker
	pause := b.pause(t.Account)
	switch {
	case pause != nil && now.Before(pause.OpenUntil):
		return false
	case pause == nil && len(b.of(t.Account)) < s.BreakerFailures:
		return false
	case pause == nil:
		b.Accounts = append(b.Accounts, AccountPause{Account: t.Account})
		pause = b.pause(t.Account)
	}
	pause.OpenUntil, pause.Probe = now.Add(s.BreakerWindow), Probe{}
	return true
}

// countedFailures counts the failures that speak against the runbook: those since the last success anywhere, from two
// accounts at least, and of each account at most half of what opens the breaker.
func (b Breaker) countedFailures(s Settings) int {
	each := map[string]int{}
	for _, f := range b.Failures {
		if f.At.After(b.SucceededAt) {
			each[f.Account] = min(each[f.Account]+1, (s.BreakerFailures+1)/2)
		}
	}
	if len(each) < 2 {
		return 0
	}
	sum := 0
	for _, n := range each {
		sum += n
	}
	return sum
}

// releaseClaim lets the next repair through when the target was the one that tried.
func (d *BreakerDecision) releaseProbe(t TargetFailure) {
	if d.Breaker.Probe.Key == t.Key {
		d.Breaker.Probe, d.Save = Probe{}, true
	}
	if pause := d.Breaker.pause(t.Account); pause != nil && pause.Probe.Key == t.Key {
		pause.Probe, d.Save = Probe{}, true
	}
}

// notifyPaused notifies people of a pause, of one account or of all.
func (d *BreakerDecision) notifyPaused(account string) {
	told := d.Breaker
	if account != "" {
		told = told.In(account)
	}
	d.Notifications = []Notification{{Kind: ControlPaused, Breaker: told, Account: account}}
	d.Metrics = []Metric{MetricBreaker}
}

// In returns the breaker as one account has it: with its failures, and its own pause.
func (b Breaker) In(account string) Breaker {
	b.Failures, b.OpenUntil, b.Probe = b.of(account), time.Time{}, Probe{}
	if pause := b.pause(account); pause != nil {
		b.OpenUntil, b.Probe = pause.OpenUntil, pause.Probe
	}
	return b
}

// of returns the failures of an account.
func (b Breaker) of(account string) []TargetFailure {
	return slices.DeleteFunc(slices.Clone(b.Failures), func(f TargetFailure) bool { return f.Account != account })
}

func (b *Breaker) pause(account string) *AccountPause {
	if i := slices.IndexFunc(b.Accounts, func(p AccountPause) bool { return p.Account == account }); i >= 0 {
		return &b.Accounts[i]
	}
	return nil
}

func (b Breaker) clone() Breaker {
	b.Failures, b.Accounts = slices.Clone(b.Failures), slices.Clone(b.Accounts)
	return b
}
