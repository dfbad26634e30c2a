package decide

import (
	"slices"

	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

// InForce is the policy that decides, and what it needs to know.
type InForce struct {
	policy.Version
	// Problem says why the policy cannot be read; empty when it can.
	Problem string
	// Controls are what conditions need of controls, by id.
	Controls map[string]policy.Control
	// Facts are those of the target, and FactsProblem says why one of them cannot be read.
	Facts        policy.Facts
	FactsProblem string
}

// consulted is what the policy says about a request.
type consulted struct {
	needs  bool      // a fact, see Decision.NeedsFact
	cause  ParkCause // empty when the repair may start
	parked Parked    // how the request is kept
}

// consult asks the policy about a request. A person's request is stopped by an exemption only, unless the person says
// that it is meant, and by whatever keeps the policy from being known.
func (d *decider) consult(r Request) consulted {
	in := d.gate.Policy
	if r.Despite != "" {
		return consulted{}
	}
	if in.Problem != "" {
		return d.unreadable(in.Problem)
	}
	v := in.Policy.Decide(d.subject(r), in.Facts, d.now)
	switch {
	case v.Needs != "" && in.FactsProblem != "":
		return d.unreadable(in.FactsProblem)
	case v.Needs != "":
		d.NeedsFact = v.Needs
		return consulted{needs: true}
	case v.Decision == policy.Allow:
		return consulted{}
	}
	p := ruleTexts(v.Rule)
	p.Policy = in.Hash
	switch {
	case v.Decision == policy.Exempt:
		p.Cause = Exempted
		p.Until = exemptUntil(p, d.now)
	case r.Trigger.ByPerson() && !(v.Decision == policy.Ask && in.Policy.Proposals.SecondPerson),
		v.Decision == policy.Ask && r.Approved != "":
		return consulted{}
	case v.Decision == policy.Ask:
		p.Cause, p.Until = Asked, d.now.Add(in.Policy.Proposals.ExpireAfter())
	default:
		p.Cause, p.Until = Delayed, v.NotBefore
	}
	return consulted{cause: p.Cause, parked: p}
}

func (d *decider) unreadable(problem string) consulted {
	p := Parked{Cause: Unreadable, Reason: Line(problem, reasonLimit), Until: d.now.Add(unreadableFor)}
	return consulted{cause: Unreadable, parked: p}
}

func (d *decider) subject(r Request) policy.Subject {
	control, known := d.gate.Policy.Controls[r.Control]
	if !known {
		control = policy.Control{ID: r.Control}
	}
	return r.Subject(d.Record.Target, control)
}

// Subject returns what a policy decides about for the request.
func (r Request) Subject(t target.Target, c policy.Control) policy.Subject {
	return policy.Subject{Control: c, Severity: r.Severity, FirstObserved: r.Since, Account: t.Account,
		Region: t.Region, Resource: t.Resource, AskedAt: r.AskedAt}
}

// first returns the request with the time at which its finding first asked.
func (d *decider) first(r Request) Request {
	r.AskedAt = d.now
	if p := d.Record.parked(r.Ref.ID); p != nil {
		r.AskedAt = earlier(p.Request.AskedAt, d.now)
	}
	if a := d.Record.Last(); a != nil {
		for _, asked := range a.Asks {
			if asked.Ref.ID == r.Ref.ID {
				r.AskedAt = earlier(asked.AskedAt, r.AskedAt)
			}
		}
	}
	return r
}

// stops parks a request that the policy does not let start. It reports whether it did, or needs a fact first.
func (d *decider) stops(r Request) (log string, stopped bool) {
	c := d.consult(r)
	switch {
	case c.needs:
		return "", true
	case c.cause == Unreadable && r.Trigger.ByPerson():
		return "", false // what a person requests stays queued until it is known whether it may start
	case c.cause != "":
		d.park(r, c.parked)
		return string(c.cause), true
	}
	return "", false
}

// keepsToPolicy asks the policy in force about everything that a queued attempt is to do, and parks what may not start
// any longer. It reports whether something is left that may.
func (d *decider) keepsToPolicy(a *Attempt) bool {
	if a.Undo != "" {
		return true
	}
	var left, stopped []Request
	var why []Parked
	for _, r := range a.asks() {
		c := d.consult(r)
		switch {
		case c.needs:
			return false
		case c.cause != "":
			stopped, why = append(stopped, r), append(why, c.parked)
		default:
			left = append(left, r)
		}
	}
	was := *a
	switch {
	case len(stopped) == 0:
		return true
	case (!a.notBegun() || a.Trigger.ByPerson()) &&
		slices.ContainsFunc(why, func(p Parked) bool { return p.Cause == Unreadable }):
		// it may run, or a person has requested it, and the policy may allow it
		d.hold(a, Busy, d.now.Add(unreadableFor))
		return false
	case a.notBegun():
		d.withdraw(a, left)
	case d.now.Sub(a.ClaimedAt) < d.settings.ProbeLease:
		d.hold(a, Busy, d.now.Add(unreadableFor)) // its outcome may still come
		return false
	default:
		// To start it again would be the way to find out whether it runs, which the policy does not allow any longer.
		d.end(Outcome{Class: TimedOut,
			Reason: "it is not known whether an earlier start succeeded, and the policy does " +
				"not allow another one any longer."}, d.seen, d.now, d.settings)
		left = nil
	}
	for i, r := range stopped {
		now, looked := d.seen[r.Ref.ID]
		if was.hasFinding(r.Ref) && (!looked || now.needsRepair(r.Trigger)) {
			d.park(r, why[i])
		}
		d.Log = append(d.Log, "withdrawn: "+string(why[i].Cause))
	}
	return len(left) > 0
}

// withdraw leaves an attempt that has not begun to the requests that are left, or removes it.
func (d *decider) withdraw(a *Attempt, left []Request) {
	d.Save = true
	if len(left) == 0 {
		d.Record.Attempts = d.Record.Attempts[:len(d.Record.Attempts)-1]
		return
	}
	a.Findings, a.Asks = nil, left
	a.Control, a.Trigger, a.By, a.Sender, a.Parameters = left[0].Control, left[0].Trigger, left[0].By, left[0].Sender,
		left[0].Parameters
	for _, r := range left {
		a.add(r)
		a.Parameters, _ = a.Parameters.Join(r.Parameters) // what was joined before can be joined again
		if r.Trigger.ByPerson() {
			a.Trigger, a.By, a.Sender = r.Trigger, r.By, r.Sender
		}
	}
}

// asks returns what the attempt's findings asked for. An attempt that an older version queued has kept nothing of that
// but what it is to do.
func (a Attempt) asks() []Request {
	if len(a.Findings) == 0 {
		return a.Asks // none needs it any longer, but it may run
	}
	var all []Request
	for _, ref := range a.Findings {
		i := slices.IndexFunc(a.Asks, func(r Request) bool { return r.Ref.ID == ref.ID })
		if i >= 0 {
			all = append(all, a.Asks[i])
			continue
		}
		all = append(all, Request{Ref: ref, Control: a.Control, Trigger: a.Trigger, By: a.By, Sender: a.Sender,
			At: a.QueuedAt, AsOf: a.QueuedAt, EvidenceLag: a.EvidenceLag, Parameters: a.Parameters,
			AskedAt: a.QueuedAt})
	}
	return all
}

// keepAsk remembers what a finding of the attempt asked for, until the attempt has ended.
func (a *Attempt) keepAsk(r Request) {
	r.AccountName = ""
	a.Asks = append(slices.DeleteFunc(a.Asks, func(x Request) bool { return x.Ref.ID == r.Ref.ID }), r)
}
