package decide

import (
	"slices"
	"time"

	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// A check of Security Hub judges what AWS knew of a resource some time before. IAM's credential report
// is made once in four hours, and AWS Config may record once a day. A check that failed after a repair
// was verified therefore proves nothing until that data must be newer than the repair.

// validFrom is when checks begin that must know of a repair.
func (a Attempt) validFrom(s Settings) time.Time {
	return a.knownFrom(max(a.EvidenceLag, s.EvidenceLag))
}

// knownFrom is when checks begin whose data, which may be as old as lag, is newer than a repair.
func (a Attempt) knownFrom(lag time.Duration) time.Time {
	return later(a.EndedAt.Add(lag), a.EvaluatedAt.Add(evaluationLag))
}

// mayHaveUndone reports whether an undo may have changed what a repair left. One that never ran has not.
func (a Attempt) mayHaveUndone() bool {
	return a.Undo != "" && a.Class != Refused && (a.MayHaveRun() || !a.ended())
}

// repairOf returns the place of the repair that does what parameters say, if it was verified and none was tried
// since, nor an undo.
func (r Record) repairOf(p target.Parameters) (int, bool) {
	for i, a := range slices.Backward(r.Attempts) {
		switch {
		case a.mayHaveUndone():
			return 0, false
		case a.Undo == "" && a.Parameters.Covers(p):
			return i, a.State == Succeeded
		}
	}
	return 0, false
}

// repairFor returns the latest repair that answered a finding, and when checks begin that must know of it and
// of all after it that may have done the same. Of a finding whose repair is not known any longer, that may be
// any.
func (r Record) repairFor(f Ref, s Settings) (repair Attempt, knownFrom time.Time) {
	repair, since := r.LastSuccess(), 0
	var parameters target.Parameters
	for i, a := range r.Attempts {
		if a.repaired() && a.hasFinding(f) {
			repair, since, parameters = a, i, a.Parameters
		}
	}
	knownFrom = repair.validFrom(s)
	for _, a := range r.Attempts[since:] {
		if a.repaired() && !a.Parameters.Disjoint(parameters) {
			knownFrom = later(knownFrom, a.validFrom(s))
		}
	}
	return repair, knownFrom
}

func (a Attempt) repaired() bool { return a.Undo == "" && a.State == Succeeded }

// resolvedAt is when findings of the record were last set RESOLVED.
func (r Record) resolvedAt() time.Time { return later(r.LastSuccess().EndedAt, r.ResolvedAt) }

// resolved reports whether a finding was set RESOLVED by an attempt that the record knows.
func (r Record) resolved(f Ref) bool {
	return slices.ContainsFunc(r.Attempts, func(a Attempt) bool { return a.repaired() && a.hasFinding(f) })
}

// checkedOldData reports whether the check behind an automatic request may have used data from before a repair.
//
// It has not if the finding was resolved after the repair and has passed since. It does not matter if a person has
// set the finding to NEW.
func (d *decider) checkedOldData(r Request, repair Attempt) bool {
	lag := max(r.EvidenceLag, repair.EvidenceLag, d.settings.EvidenceLag)
	passedSince := repair.hasFinding(r.Ref) && r.Since.After(d.Record.resolvedAt())
	askedAgain := d.Record.resolved(r.Ref) && r.At.After(repair.EndedAt) && !r.AsOf.After(repair.EndedAt)
	return !r.Trigger.ByPerson() && !r.AsOf.After(repair.knownFrom(lag)) && !passedSince && !askedAgain
}

// keepResolved answers a finding whose check knows nothing of the repair: it is RESOLVED, and stays among
// those that a later check has to confirm.
func (d *decider) keepResolved(r Request, repair *Attempt) string {
	return d.resolve(r, repair, oldCheckNote(d.Record.Target, *repair, d.settings),
		"repaired, and the check may not know of it")
}

// resolve sets a finding RESOLVED by a repair that has ended. The record is saved first: it must be known
// which findings a later check has to confirm. A message that comes back updates its finding again only if
// the update was lost, and no check has contradicted the repair since.
func (d *decider) resolve(r Request, repair *Attempt, note, log string) string {
	known := repair.hasEvent(r.Ref)
	if known && !(slices.Contains(d.Record.Unconfirmed, r.Ref) && d.seen[r.Ref.ID].Workflow == finding.New) {
		return "answered already"
	}
	if !known {
		repair.EvidenceLag = max(repair.EvidenceLag, r.EvidenceLag)
		repair.Findings = addRefs(repair.Findings, []Ref{r.Ref})
		d.Record.Unconfirmed = addRefs(d.Record.Unconfirmed, []Ref{r.Ref})
		d.Record.ResolvedAt, d.Save = later(d.now, r.Since), true
	}
	d.Announce = append(d.Announce, Update{Findings: []Ref{r.Ref}, Workflow: finding.Resolved, Note: note,
		OnlyV2: d.clickedResolved(r)})
	return log
}

// verdict returns what a finding that was resolved has come to.
type verdict string

const (
	waiting         verdict = "waiting" // no check that counts yet, or nobody can tell
	proven          verdict = "proven"  // a later check passed, or there is nothing to check any longer
	contradicted    verdict = "contradicted"
	changedByOthers verdict = "in other hands" // somebody else has changed the finding since
	overdue         verdict = "overdue"
)

// judge compares a finding that was resolved with what Security Hub has.
func (r Record) judge(f Ref, found Seen, now time.Time, s Settings) verdict {
	resolved, last := r.resolvedAt(), r.Last()
	repair, valid := r.repairFor(f, s)
	if last.mayHaveUndone() {
		valid = repair.EndedAt // it is unknown what an undo that failed has left, so every check counts
	}
	late := now.Sub(repair.EndedAt) >= s.ConfirmWithin+repair.EvidenceLag
	if late {
		valid = repair.validFrom(s) // whatever was repaired since: somebody has to look at it
	}
	checked := found.ObservedAt.After(repair.EndedAt)
	passedSince := checked && found.Since.After(resolved) && valid.Equal(repair.validFrom(s))
	counts := found.ObservedAt.After(valid) || passedSince
	switch {
	case found.RecordState != finding.Active || checked && found.Compliance != finding.Failed &&
		found.Compliance != finding.Warning:
		return proven
	case !last.ended() && last.hasFinding(f):
		return waiting // the outcome of the attempt decides
	case found.Workflow != finding.Resolved && now.Sub(resolved) < s.UpdateLag:
		return waiting // RESOLVED may not show yet, and what does may be our own NOTIFIED
	case found.Workflow != finding.Resolved:
		return changedByOthers
	case found.V2.Status == finding.Suppressed && !late:
		return waiting // that may end
	case found.V2.Status == finding.Suppressed:
		return changedByOthers
	case counts && found.Compliance == finding.Failed:
		return contradicted
	case late:
		return overdue
	}
	return waiting
}
