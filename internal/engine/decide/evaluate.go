package decide

import (
	"slices"
	"strings"
	"time"

	"hubmend/internal/engine/finding"
)

// Security Hub checks some resources only once or twice a day. After a repair, AWS Config can be asked to evaluate the
// rule behind a check again. A repair never depends on it: the next check comes anyway.

const (
	// EvaluateEvery is how long Config is not asked again to evaluate the same rule of an account and Region. Each
	// evaluation is of all resources of the rule, so one serves all repairs that ended before it.
	EvaluateEvery = 10 * time.Minute
	// NotOffered is for how long a rule is not tried again that Config does not evaluate for Hubmend.
	NotOffered = 7 * 24 * time.Hour

	// mostRules limits the calls for one repair. A finding has one rule in its Region.
	mostRules = 25
	// evaluationLag is how long after an evaluation was requested a check may show its result. Config evaluates what it
	// recorded last, which may be from before the repair.
	evaluationLag = 15 * time.Minute
	// evaluationTime is how long the sweep looks for a check after an evaluation was requested.
	evaluationTime = 30 * time.Minute
)

// ConfigRule is a rule of AWS Config in an account and Region.
type ConfigRule struct{ Account, Region, Name string }

// Key names the rule in the ledger.
func (c ConfigRule) Key() string { return "evaluation/" + c.Account + "/" + c.Region + "/" + c.Name }

// RulesToEvaluate returns the rules behind the findings of a repair that no check has confirmed yet. A global resource
// has findings in several Regions, each with a rule there.
func (r Record) RulesToEvaluate(number int) []ConfigRule {
	i := r.unproven(number)
	if i < 0 {
		return nil
	}
	var all []ConfigRule
	for _, f := range r.Attempts[i].Findings {
		for _, name := range r.Attempts[i].ConfigRules {
			rule := ConfigRule{r.Target.Account, f.region(), name}
			if slices.Contains(r.Unconfirmed, f) && !slices.Contains(all, rule) && len(all) < mostRules {
				all = append(all, rule)
			}
		}
	}
	return all
}

// unproven returns the place of a repair with a number, if nothing was tried since and no check has confirmed it; -1
// otherwise.
func (r Record) unproven(number int) int {
	last := len(r.Attempts) - 1
	if last < 0 || r.Attempts[last].Number != number || !r.Attempts[last].repaired() ||
		!r.Attempts[last].ConfirmedAt.IsZero() {
		return -1
	}
	return last
}

// region is that of the finding's ARN.
func (r Ref) region() string { return append(strings.SplitN(r.ID, ":", 5), "", "", "", "")[3] }

// EvaluationRequested records when Config was first asked after a repair to evaluate its rules again.
func EvaluationRequested(rec Record, number int, at time.Time) Decision {
	d := Decision{Record: rec.Clone()}
	if i := rec.unproven(number); i >= 0 && rec.Attempts[i].EvaluatedAt.IsZero() {
		d.Record.Attempts[i].EvaluatedAt, d.Save = at, true
	}
	return d
}

// awaitsEvaluation reports whether the check that was requested may still come soon, so that each sweep looks for it.
func (r Record) awaitsEvaluation() bool {
	at := r.LastSuccess().EvaluatedAt
	return !at.IsZero() && r.CheckedAt.Before(at.Add(evaluationTime))
}

// confirm records when the first check passed that was made after the repair of a finding.
func (r *Record) confirm(f Ref, found Seen) {
	if found.RecordState != finding.Active || found.Compliance != finding.Passed {
		return // it was archived, or has nothing to check
	}
	for i, a := range slices.Backward(r.Attempts) {
		if !a.repaired() || !a.hasFinding(f) {
			continue
		}
		at := found.ObservedAt
		if found.Since.After(a.EndedAt) {
			at = found.Since // later checks passed too
		}
		if a.ConfirmedAt.IsZero() || at.Before(a.ConfirmedAt) {
			r.Attempts[i].ConfirmedAt = at
		}
		return
	}
}
