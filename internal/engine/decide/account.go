package decide

import (
	"slices"
	"time"

	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/target"
)

// Account is what is known of an account in which starts fail because something is not set up yet.
type Account struct {
	ID      string
	Version int
	ToldAt  time.Time // of the last notification; zero if there was none
	Missing []Missing
	Unknown Unknown `dynamodbav:"-" json:"-"`
}

// Missing is a part of an account that is not ready.
type Missing struct {
	Place  string // see places
	Reason string // a sentence
	Tries  int
	// TriedAt is when it was last tried, and Until when it is tried again.
	TriedAt, Until time.Time
	Probe          Probe
}

// mostMissing limits the item of an account. An entry that is dropped is only tried again sooner.
const mostMissing = 50

// places names the parts of an account that an attempt needs, by their scopes.
func places(t target.Target, a Attempt) map[failure.Scope]string {
	region := t.Region + "/"
	return map[failure.Scope]string{
		failure.Account: "", failure.Region: region, failure.RegionRunbook: region + a.Runbook(t),
		failure.OneResource: "target " + t.Key(),
	}
}

// needs reports whether an attempt needs what is missing.
func (m Missing) needs(t target.Target, a Attempt) bool {
	for _, place := range places(t, a) {
		if m.Place == place {
			return true
		}
	}
	return false
}

// passes returns how an attempt fares with what is missing. A person who asks knows more than the backoff does,
// but a thousand requests must not try one after the other.
func (m Missing) passes(t target.Target, a Attempt, now time.Time, s Settings) passage {
	until := m.Until
	if a.byPerson() && a.WaitsAs() != PhaseNotReady && now.Sub(m.TriedAt) >= s.ClaimLease {
		until = m.TriedAt
	}
	return m.Probe.passes(t.Key(), until, now, s)
}

// obstacle returns what stands against an attempt in the account.
func (b Account) obstacle(t target.Target, a Attempt, now time.Time, s Settings) obstacle {
	var found obstacle
	for _, m := range b.Missing {
		if !m.needs(t, a) {
			continue
		}
		switch m.passes(t, a, now, s) {
		case blocked:
			if found.cause == "" || m.Until.After(found.until) {
				found.cause, found.until, found.reason = Unready, m.Until, m.Reason
			}
		case needsProbe:
			found.probe = true
		}
	}
	found.probe = found.probe && found.cause == ""
	return found
}

// takeProbe returns the account with the probes that an attempt asks for.
func (b Account) takeProbe(t target.Target, a Attempt, now time.Time, s Settings) (Account, bool) {
	taken := false
	b.Missing = slices.Clone(b.Missing)
	for i, m := range b.Missing {
		if m.needs(t, a) && m.passes(t, a, now, s) == needsProbe {
			b.Missing[i].Probe, taken = Probe{t.Key(), now}, true
		}
	}
	return b, taken
}

// AccountDecision is a new account and what to do, notifications first.
type AccountDecision struct {
	Account       Account
	Save          bool
	Notifications []Notification
	// Until is when the attempt that failed may be tried again.
	Until time.Time
}

// OnNotReady notes that the last attempt of a record could not start because something is missing. It notifies
// people once for each account, however much is missing in it.
func (b Account) OnNotReady(rec Record, scope failure.Scope, reason string, now time.Time, s Settings) AccountDecision {
	a := rec.Starting()
	m := Missing{Place: places(rec.Target, a)[scope], Reason: Clip(reason, storedLimit), Tries: 1, TriedAt: now}
	d := AccountDecision{Account: b, Save: true}
	d.Account.Missing = slices.DeleteFunc(slices.Clone(b.Missing), func(x Missing) bool {
		if x.Place == m.Place {
			m.Tries = x.Tries + 1
		}
		return x.Place == m.Place
	})
	// Of several that were in flight when the first failed, the others are no further tries.
	if before := b.at(m.Place); now.Before(before.Until) && before.Probe.Key != rec.Target.Key() {
		m = before
	} else {
		m.Until = now.Add(s.readyBackoff(b.ID+m.Place, m.Tries))
	}
	d.Until = m.Until
	d.Account.Missing = append(d.Account.Missing, m)
	for i := range d.Account.Missing { // what else it tried is as it was
		if d.Account.Missing[i].Probe.Key == rec.Target.Key() {
			d.Account.Missing[i].Probe = Probe{}
		}
	}
	if extra := len(d.Account.Missing) - mostMissing; extra > 0 {
		d.Account.Missing = slices.Delete(d.Account.Missing, 0, extra)
	}
	if b.shouldNotify(now, s) {
		d.Account.ToldAt = now
		told := a
		told.Class, told.Reason = failure.NotReady, Clip(reason, storedLimit)
		d.Notifications = []Notification{{Kind: AccountNotReady, Record: rec, Attempt: told, Findings: a.Findings,
			Scope: scope}}
	}
	return d
}

// reminders is after how many times ReadyWithin people are notified again of an account that still is not ready.
const reminders = 7

// shouldNotify reports whether people should be notified that the account is not ready: the first time, and later when
// it was ready in between or a week has passed.
func (b Account) shouldNotify(now time.Time, s Settings) bool {
	wait := s.ReadyWithin
	if len(b.Missing) > 0 {
		wait *= reminders
	}
	return b.ToldAt.IsZero() || now.Sub(b.ToldAt) >= wait
}

func (b Account) at(place string) Missing {
	if i := slices.IndexFunc(b.Missing, func(m Missing) bool { return m.Place == place }); i >= 0 {
		return b.Missing[i]
	}
	return Missing{}
}

// Lacks reports whether something is missing that an attempt needs.
func (b Account) Lacks(t target.Target, a Attempt) bool {
	return b.firstMissing(t, a) != nil
}

func (b Account) firstMissing(t target.Target, a Attempt) *Missing {
	if i := slices.IndexFunc(b.Missing, func(m Missing) bool { return m.needs(t, a) }); i >= 0 {
		return &b.Missing[i]
	}
	return nil
}

// OnStarted notes that an attempt has started, so that nothing is missing that it needs.
func (b Account) OnStarted(t target.Target, a Attempt) AccountDecision {
	left := slices.DeleteFunc(slices.Clone(b.Missing), func(m Missing) bool { return m.needs(t, a) })
	d := AccountDecision{Account: b, Save: len(left) < len(b.Missing)}
	d.Account.Missing = left
	return d
}

// OnNotReady has an attempt wait until its account may be ready, and tells its findings the first time. It is
// given up after a day, and an undo at once: the person who asked is waiting.
func OnNotReady(rec Record, number int, reason string, until, now time.Time, s Settings) Decision {
	if a := rec.Last(); !a.startPending(number) || a.State == Queued {
		return Decision{Record: rec, Log: []string{"the attempt is no longer to be started"}}
	}
	d := Decision{Event: EventNotReady, Record: rec.Clone(), Save: true, Log: []string{"not ready"}}
	a := d.Record.Last()
	if a.Undo != "" || a.waitedForReady(now, s) {
		a.requeue(Unready, until, false)
		d.end(Outcome{Class: failure.NotReady, Reason: reason}, nil, now, s)
		return d
	}
	if !a.toldNotReady() {
		a.UnreadySince = now
		d.answer(notify(a.Findings, notReadyNote(reason)))
	}
	a.requeue(Unready, until, false)
	return d
}

// waitedForReady reports whether the attempt has waited for its account as long as it may.
func (a Attempt) waitedForReady(now time.Time, s Settings) bool {
	return a.toldNotReady() && now.Sub(a.UnreadySince) >= s.ReadyWithin
}

func (a Attempt) byPerson() bool { return a.Trigger.ByPerson() }
