package simulation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/failure"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/reverted"
	"hubmend/internal/engine/target"
)

// rules is the policy of the world, and what depends on it.
type rules struct {
	versions        []applied
	unreadable      bool // the policy cannot be read for a while
	unreadableSince time.Time
	noTags          bool              // the tags cannot be read for a while
	budgets         map[string]int    // starts that were counted, by window
	counted         map[string]bool   // by target and attempt
	applied         map[string]string // executions that changed something, by target and round of the proposal
	proposed        map[string]string // digests of the plans that were open, by proposal
}

// applied is a version of the policy and when it was put in force.
type applied struct {
	policy.Version
	at time.Time
}

func newRules() *rules {
	return &rules{budgets: map[string]int{}, counted: map[string]bool{},
		applied: map[string]string{}, proposed: map[string]string{}}
}

// govern has administrators apply policies, people answer proposals, and reads of both fail now and then.
func (w *world) govern(chance *rand.Rand) {
	if chance.IntN(2) == 0 {
		return
	}
	for range 1 + chance.IntN(4) {
		w.after(time.Duration(chance.Int64N(int64(24*time.Hour))), func() { w.applyPolicy(w.randomPolicy(chance)) })
	}
	w.after(chaosTime-time.Hour, func() { w.applyPolicy(policy.Policy{Format: policy.Format}) })
	for _, broken := range []*bool{&w.rules.unreadable, &w.rules.noTags} {
		if chance.IntN(2) == 0 {
			w.after(time.Duration(chance.Int64N(int64(20*time.Hour))), func() {
				*broken, w.rules.unreadableSince = true, w.now
				w.after(time.Duration(chance.Int64N(int64(3*time.Hour))), func() { *broken = false })
			})
		}
	}
	w.after(time.Minute, func() { w.answerProposals(chance) })
}

func (w *world) applyPolicy(p policy.Policy) {
	v := policy.Version{Number: len(w.rules.versions) + 1, Policy: p, Hash: p.Hash(), At: w.now}
	w.log.Info("policy applied", "version", v.Number, "hash", v.Hash)
	w.rules.versions = append(w.rules.versions, applied{v, w.now})
}

// randomPolicy has rules of all kinds, which may overlap.
func (w *world) randomPolicy(chance *rand.Rand) policy.Policy {
	p := policy.Policy{Format: policy.Format}
	for i := range chance.IntN(4) {
		r := policy.Rule{Name: fmt.Sprint("rule ", i),
			Decision: []policy.Decision{policy.Exempt, policy.Ask, policy.Delay,
				policy.Allow}[chance.IntN(4)], Reason: "a reason", Owner: "ann@example.com"}
		if chance.IntN(2) == 0 {
			r.Until = w.now.Add(time.Duration(chance.Int64N(int64(12 * time.Hour))))
		}
		if r.Decision == policy.Delay {
			r.Delay = time.Duration(chance.Int64N(int64(3 * time.Hour)))
		}
		switch chance.IntN(4) {
		case 0:
			r.When.Controls = []string{"EC2.13"}
		case 1:
			r.When.Controls = []string{"EC2.14"}
		case 2:
			r.When.Tags = []string{"team=a*"}
		}
		p.Rules = append(p.Rules, r)
	}
	if chance.IntN(3) == 0 {
		p.Budgets = policy.Budgets{HourlyPerControlAndAccount: chance.IntN(3), DailyPerOrganization: chance.IntN(6)}
	}
	p.Proposals.Expire = time.Hour + time.Duration(chance.Int64N(int64(8*time.Hour)))
	return p
}

// inForce is the version in force now.
func (r *rules) inForce() policy.Version {
	if len(r.versions) == 0 {
		return policy.Version{}
	}
	return r.versions[len(r.versions)-1].Version
}

// memorySwept is the hash of the policy for which the sweep has looked at everything.
func (w *world) memorySwept() string {
	hash, _ := w.memory.LoadSweptPolicy(context.Background())
	return hash
}

var errUnreadable = errors.New("it cannot be read")

func (c *client) Current(ctx context.Context) (policy.Version, error) {
	return call(ctx, c, func() (policy.Version, error) {
		if c.rules.unreadable {
			return policy.Version{}, errUnreadable
		}
		return c.rules.inForce(), nil
	})
}

func (c *client) OUs(ctx context.Context, _ string) ([]string, error) {
	return call(ctx, c, func() ([]string, error) { return []string{"r-root"}, nil })
}

func (c *client) Tags(ctx context.Context, t target.Target) (map[string]string, error) {
	return call(ctx, c, func() (map[string]string, error) {
		if c.rules.noTags {
			return nil, errUnreadable
		}
		return c.tagsOf(t.Resource), nil
	})
}

// tagsOf gives every second resource a tag.
func (w *world) tagsOf(arn string) map[string]string {
	if strings.HasSuffix(arn, "0") || strings.HasSuffix(arn, "2") {
		return map[string]string{"team": "alpha"}
	}
	return map[string]string{}
}

func (c *client) Take(ctx context.Context, key string, limit int, ends time.Time) (bool, error) {
	return call(ctx, c, func() (bool, error) { return c.memory.Take(ctx, key, limit, ends) })
}

func (c *client) LoadSweptPolicy(ctx context.Context) (string, error) {
	return call(ctx, c, func() (string, error) { return c.memory.LoadSweptPolicy(ctx) })
}

func (c *client) SaveSweptPolicy(ctx context.Context, hash string) error {
	return exec(ctx, c, func() error { return c.memory.SaveSweptPolicy(ctx, hash) })
}

func (c *client) Plan(ctx context.Context, t target.Target, p target.Parameters, token string) (string, error) {
	at := place{t.Account, t.Region}
	return limited(ctx, c, "starts", at.region, 1,
		func(l *limits) bool { return of(l.starts, at, startsPerSecond, c.now).take(c.now) },
		func() (string, error) { return c.ssm.plan(t, p, token) })
}

// RevertedBy finds out that a colleague opened every third resource again.
func (c *client) RevertedBy(ctx context.Context, t target.Target, _, until time.Time) (reverted.By, error) {
	return call(ctx, c, func() (reverted.By, error) {
		if !strings.HasSuffix(t.Resource, "0") {
			return reverted.By{}, nil
		}
		return reverted.By{Principal: "role deploy-prod", Tool: "Terraform", Event: "AuthorizeSecurityGroupIngress",
			At: until, Likely: true}, nil
	})
}

// plan starts an execution in planning mode.
func (s *ssm) plan(t target.Target, p target.Parameters, token string) (string, error) {
	if e := s.byToken[token]; e != nil {
		if !e.planning || !maps.EqualFunc(e.parameters, p.Input(), slices.Equal) {
			return "", fmt.Errorf("start: %w", errMismatch)
		}
		return e.id, nil
	}
	r := s.resources[t.Resource]
	if err := s.world.checkReady(r); err != nil {
		return "", err
	}
	if s.world.now.Before(s.world.busyUntil) || s.world.chance(s.world.faults.Throttle) {
		return "", fmt.Errorf("start: %w", errThrottled)
	}
	s.starts++
	e := &execution{id: fmt.Sprintf("e0000000-0000-4000-8000-%012d", s.starts), key: t.Key(), target: t, resource: r,
		ports: slices.Clone(p["Ports"].Values), document: naming.Document(t.Runbook), began: s.world.now,
		parameters: p.Input(), planning: true}
	s.byToken[token], s.byID[e.id] = e, e
	s.world.after(s.world.between(time.Second, 20*time.Second), func() { s.endPlan(e) })
	return e.id, nil
}

func (s *ssm) endPlan(e *execution) {
	e.ended = true
	e.outcome = decide.Outcome{ExecutionID: e.id, StartedAt: e.began, Planning: true, Succeeded: true,
		Change: "Would close it.", Digest: e.digest()}
	switch {
	case e.resource.gone:
		e.outcome = decide.Outcome{ExecutionID: e.id, StartedAt: e.began, Planning: true, Class: failure.Gone,
			Reason: "It was not found."}
	case !slices.ContainsFunc(e.ports, func(p string) bool { return e.resource.open[p] }):
		e.outcome.Change = "Nothing to change: it is closed."
	}
	s.report(e)
}

// digest stands for what the execution reads.
func (e *execution) digest() string {
	sum := sha256.Sum256([]byte(fmt.Sprint(slices.Sorted(maps.Keys(e.resource.open)))))
	return hex.EncodeToString(sum[:])
}

// answerProposals is people who approve or reject what is proposed, twice now and then, or not at all.
func (w *world) answerProposals(chance *rand.Rand) {
	w.memory.Each(func(rec decide.Record) {
		if rec.Proposal.State != decide.Open || chance.IntN(3) > 0 {
			return
		}
		a := messages.Answer{Key: rec.Target.Key(), Round: rec.Proposal.Round, Approve: chance.IntN(3) > 0,
			By: "arn:aws:iam::111111111111:user/ann", At: w.now}
		for range 1 + chance.IntN(2) {
			w.answers++
			a.ID = fmt.Sprintf("b0000000-0000-4000-8000-%012d", w.answers)
			w.findings.send(a.Body())
		}
		if r := w.ssm.resources[rec.Target.Resource]; a.Approve {
			r.askedAt = w.now
		}
		w.log.Info("proposal answered", "target", rec.Target.String(), "round", a.Round, "approve", a.Approve)
	})
	if !w.calm() {
		w.after(time.Duration(chance.Int64N(int64(2*time.Hour))), func() { w.answerProposals(chance) })
	}
}

// policySlack is how long a function may go by the policy that it read: it waits for its slot, and is as slow
// as it may.
const policySlack = 3 * time.Minute

// checkPolicy demands that an execution starts only if a policy that was in force a moment ago allows it.
func (w *world) checkPolicy(e *execution, a decide.Attempt) {
	if e.undo != nil || a.Despite != "" {
		return
	}
	if since := w.rules.unreadableSince; !e.trigger.ByPerson() && w.rules.unreadable &&
		w.now.Sub(since) > policySlack {
		w.violate("an execution starts for %s although the policy cannot be read", e.resource.arn)
	}
	var verdicts []string
	for i, v := range slices.Backward(w.rules.versions) {
		verdict, allowed := w.verdictOn(v.Policy, a, e)
		if allowed {
			return
		}
		verdicts = append(verdicts, fmt.Sprintf("version %d: %s", i+1, verdict))
		if w.now.Sub(v.at) > policySlack {
			w.violate("an execution starts for %s although the policy stops it: %s", e.resource.arn,
				strings.Join(verdicts, ", "))
			return
		}
	}
}

// verdictOn reports whether a policy allows an attempt, and what stops it.
func (w *world) verdictOn(p policy.Policy, a decide.Attempt, e *execution) (string, bool) {
	for _, r := range a.Asks {
		c, _ := w.catalog.ByID(r.Control)
		s := policy.Subject{Control: dispatch.PolicyControl(c, w.catalog.Groups(c.ID)), Severity: r.Severity,
			FirstObserved: r.Since, Account: e.target.Account, Region: e.target.Region, Resource: e.target.Resource,
			AskedAt: r.AskedAt}
		f := policy.Facts{OUs: []string{"r-root"}, Tags: w.tagsOf(e.target.Resource)}
		passes := func(at time.Time) bool {
			v := p.Decide(s, f, at)
			return v.Decision == policy.Allow || v.Decision != policy.Exempt && r.Trigger.ByPerson()
		}
		// A rule that began or ended a moment ago was not when the function looked.
		if !passes(w.now) && !passes(w.now.Add(-policySlack)) {
			v := p.Decide(s, f, w.now)
			return string(v.Decision) + " by " + v.Rule.Name, false
		}
	}
	return "", true
}

// noteBudget counts an automatic start for its budgets and demands that they are kept.
func (w *world) noteBudget(rec decide.Record) {
	a := rec.Last()
	if a == nil || a.State != decide.Claimed || a.BudgetAt.IsZero() {
		return
	}
	id := fmt.Sprint(rec.Target.Key(), " ", a.Number, " ", a.BudgetAt.Truncate(time.Hour))
	if w.rules.counted[id] {
		return
	}
	w.rules.counted[id] = true
	// The largest limit that was ever in force: the policy may have changed within the window. A start that was counted
	// while a budget had no limit is not counted for it.
	most, now := policy.Budgets{}, policy.Budgets{}
	for _, v := range w.rules.versions {
		b := v.Policy.Budgets
		most.HourlyPerControlAndAccount = max(most.HourlyPerControlAndAccount, b.HourlyPerControlAndAccount)
		most.DailyPerOrganization = max(most.DailyPerOrganization, b.DailyPerOrganization)
		if v.at.Before(a.BudgetAt.Add(-policySlack)) {
			now = b
		}
	}
	if now.HourlyPerControlAndAccount == 0 {
		most.HourlyPerControlAndAccount = 0
	}
	if now.DailyPerOrganization == 0 {
		most.DailyPerOrganization = 0
	}
	for _, window := range decide.BudgetWindows(most, a.Control, rec.Target.Account, a.BudgetAt) {
		w.rules.budgets[window.Key]++
		if n := w.rules.budgets[window.Key]; n > window.Limit {
			w.violate("budget %s allows %d starts, and this is %d", window.Key, window.Limit, n)
		}
	}
}

// noteApproved demands that what was approved is applied once, and only as it was planned.
func (w *world) noteApproved(e *execution) {
	if e.proposal == 0 || !e.outcome.Succeeded || strings.HasPrefix(e.outcome.Change, "Nothing") {
		return
	}
	if e.expected == "" {
		w.violate("proposal %d of %s is not bound to its plan", e.proposal, e.target)
	}
	id := fmt.Sprint(e.key, " ", e.proposal)
	if other := w.rules.applied[id]; other != "" && other != e.id {
		w.violate("proposal %d of %s was applied twice, by %s and %s", e.proposal, e.target, other, e.id)
	}
	w.rules.applied[id] = e.id
}

// checkParked demands that nothing stays parked in the end: the last policy has no rules.
func (w *world) checkParked(rec decide.Record) {
	for _, p := range rec.Parked {
		if p.ReturnedAt.IsZero() {
			w.violate("%s is parked in the end (%s by %q until %s)", rec.Target, p.Cause, p.Rule, p.Until)
		}
	}
	if rec.Proposal.State != "" {
		w.violate("the proposal of %s is %s in the end", rec.Target, rec.Proposal.State)
	}
}

// checkExemptions demands that no exemption lasts longer than its rule.
func (w *world) checkExemptions(rec decide.Record) {
	for _, p := range rec.Parked {
		if p.Cause == decide.Exempted && p.ReturnedAt.IsZero() && !p.RuleEnds.IsZero() &&
			w.now.Sub(p.RuleEnds) > time.Hour && w.calm() {
			w.violate("%s is still exempt although %q ended at %s", rec.Target, p.Rule, p.RuleEnds)
		}
	}
}
