package decide

import (
	"slices"
	"time"

	"hubmend/internal/engine/finding"
)

// Security Hub CSPM and the new Security Hub each have a status of a finding, and no document says that AWS keeps them
// alike. Hubmend therefore takes CSPM for the truth. It sets NOTIFIED in CSPM before In Progress in the other, and
// leaves them in the opposite order. Nothing of its own is then ever In Progress in the other and not NOTIFIED in CSPM.

// Asks reports whether a finding that the new Security Hub sent asks for a repair: it is NEW, or somebody other than
// Hubmend has set it to In Progress and nobody has answered that yet.
func (s Seen) Asks(t finding.Trigger) bool {
	asks := s.Workflow == finding.New
	if t == finding.InProgress {
		asks = s.V2.Status == finding.Notified && s.Workflow != finding.Notified && !s.V2.OwnInProgress()
	}
	return asks && s.needsRepair(t)
}

// MissingInV2 returns the update that only the new Security Hub lacks: it did not know the finding yet when Hubmend
// answered it, or a check that came there late has made it New. It is written again once only, which its comment says,
// so that Hubmend and another tool never answer each other without end.
func (s Seen) MissingInV2(f Ref) (Update, bool) {
	answered := s.Note != "" && (s.Workflow == finding.Notified || s.Workflow == finding.Resolved)
	isNew := s.V2.Status == finding.New && (s.V2.Comment == "" || s.V2.WrittenOnce())
	return Update{Findings: []Ref{f}, Workflow: s.Workflow, Note: s.Note, OnlyV2: true},
		answered && isNew && s.RecordState == finding.Active
}

// isOver reports whether a finding that both Security Hubs have does not ask any more. Either may have sent its event
// long after the other, when the finding was RESOLVED already.
func (d *decider) isOver(r Request) bool {
	now := d.seen[r.Ref.ID]
	late := now.V2.UID != "" && !r.Trigger.ByPerson() && r.Trigger != finding.InProgress
	return r.FromV2 && !now.Asks(r.Trigger) || late && now.Workflow == finding.Resolved
}

// joinAgain keeps the message that brought a queued attempt, and otherwise does nothing about a finding that waits for
// it already: its note makes the new Security Hub send the finding again, so another note would have no end.
func (d *decider) joinAgain(i int, r Request, a *Attempt) string {
	if a.hasEvent(r.Ref) && d.seen[r.Ref.ID].Asks(r.Trigger) {
		d.asked = append(d.asked, r.Ref) // its note may have been lost when it came first
	}
	d.waiting = append(d.waiting, i)
	return "queued already"
}

// mayBeOld returns how long what Security Hub says of a finding may be older than an answer that it has just had. The
// new Security Hub sends each check again, minutes or days after CSPM, so that a finding that seems to be NEW need not
// have been set to NEW by a person.
func (d *decider) mayBeOld(r Request) time.Duration {
	v2 := d.seen[r.Ref.ID].V2
	if r.Trigger.ByPerson() || v2.UID == "" || r.Trigger == finding.InProgress && v2.Own() {
		return 0 // our answer shows, and somebody has set another status since
	}
	for _, a := range slices.Backward(d.Record.Attempts) {
		if a.ended() && a.hasFinding(r.Ref) {
			shown := a.EndedAt.Add(d.settings.UpdateLag)
			if a.hasEvent(r.Ref) || r.AsOf.After(a.EndedAt) {
				return 0
			}
			return max(shown.Sub(d.now), 0)
		}
	}
	return 0
}

// clickedResolved reports whether somebody has set a finding to In Progress that is RESOLVED in CSPM. To write that
// there again would make the new Security Hub send the finding again.
func (d *decider) clickedResolved(r Request) bool {
	return r.Trigger == finding.InProgress && d.seen[r.Ref.ID].Workflow == finding.Resolved
}

// clickedBefore reports whether In Progress was answered: by an attempt that it began, or by another that has ended
// since the last check. It is still there if nothing that Hubmend has written since has reached the new Security Hub.
// Without a comment it may be Hubmend's own, if Hubmend has answered the finding before.
func (d *decider) clickedBefore(r Request) bool {
	v2 := d.seen[r.Ref.ID].V2
	return r.Trigger == finding.InProgress && !v2.Own() &&
		slices.ContainsFunc(d.Record.Attempts, func(a Attempt) bool {
			answers := a.Trigger == finding.InProgress || v2.Comment == "" || !r.AsOf.After(a.EndedAt)
			return a.ended() && a.hasFinding(r.Ref) && answers
		})
}
