package simulation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/securityhub"
)

// second is the new Security Hub. It has each finding of Security Hub CSPM again, later, with a status of its own, and
// sends an event whenever anything about it changes that a rule of the playbook matches.
type second struct {
	world   *world
	chance  *rand.Rand
	enabled bool
	clicks  bool          // In Progress starts the remediation
	sync    bool          // the workflow status of CSPM is carried over; no document says which
	denied  bool          // Hubmend's updates are refused
	wipes   bool          // each check clears the comment
	late    time.Duration // how long a check may take to come here
	rule    string        // the status that an automation rule sets at each check; empty for no rule
	events  int
}

// secondFinding is a finding as the new Security Hub has it.
type secondFinding struct {
	known        bool
	check        decide.Seen // the last that came here
	status       string
	comment      string
	showsAt      time.Time // of the last update
	suppressedAt time.Time
	others       bool // a person or a rule has set its status
}

// newSecond makes the new Security Hub of a seed. It has chances of its own, so that every seed without it keeps its
// history.
func newSecond(w *world, chance *rand.Rand) *second {
	s := &second{world: w, chance: chance, enabled: chance.IntN(2) == 0}
	if !s.enabled {
		return s
	}
	s.clicks, s.sync, s.denied, s.wipes = chance.IntN(2) == 0, chance.IntN(3) == 0, chance.IntN(6) == 0,
		chance.IntN(4) == 0
	s.late = []time.Duration{time.Minute, 20 * time.Minute, 3 * time.Hour, 30 * time.Hour}[chance.IntN(4)]
	if chance.IntN(4) == 0 {
		s.rule = []string{finding.Notified, finding.New, finding.Suppressed}[chance.IntN(3)]
	}
	return s
}

func (s *second) between(most time.Duration) time.Duration {
	return time.Duration(s.chance.Int64N(int64(most) + 1))
}

// checked has a check of CSPM come here.
func (s *second) checked(f *securityFinding) {
	if !s.enabled {
		return
	}
	check := f.Seen
	s.world.after(s.between(s.late), func() { s.imports(f, check) })
}

func (s *second) imports(f *securityFinding, check decide.Seen) {
	x := &f.second
	if x.known && check.ObservedAt.Before(x.check.ObservedAt) {
		return
	}
	passed := x.check.Compliance == "PASSED"
	if !x.known {
		x.status = finding.New
	}
	x.known, x.check = true, check
	if s.wipes {
		x.comment = ""
	}
	switch {
	case x.status == finding.Suppressed:
	case check.Compliance == "PASSED":
		x.status = finding.Resolved
	case passed:
		x.status = finding.New
	}
	if s.rule != "" && check.Compliance == finding.Failed && !s.world.calm() {
		s.set(f, s.rule, "set by a rule")
	}
	s.world.log.Info("known in V2", "finding", f.id, "compliance", check.Compliance, "status", x.status)
	s.emit(f)
}

// set is what a person or an automation rule does.
func (s *second) set(f *securityFinding, status, comment string) {
	x := &f.second
	x.status, x.others = status, true
	if comment != "" {
		x.comment = comment
	}
	switch status {
	case finding.Suppressed:
		x.suppressedAt = s.world.now
	case finding.Notified:
		f.resource.clicks++
		f.reopenedAt = s.world.now // whoever clicks wants a repair
	}
}

// meddle is what people do here with a finding.
func (s *second) meddle(f *securityFinding) {
	if !s.enabled || s.world.calm() {
		return
	}
	s.world.after(s.between(8*time.Hour), func() { s.meddle(f) })
	if !f.second.known {
		return
	}
	comment := ""
	if s.chance.IntN(2) == 0 {
		comment = "I have looked at it."
	}
	switch s.chance.IntN(8) {
	case 0, 1, 2:
		s.set(f, finding.Notified, comment)
	case 3:
		s.set(f, finding.Suppressed, comment)
	case 4:
		s.set(f, finding.New, comment)
	default:
		return
	}
	s.world.log.Info("set in V2", "finding", f.id, "status", f.second.status, "comment", comment)
	s.emit(f)
}

// updated has a status of CSPM that shows make an event here too.
func (s *second) updated(f *securityFinding) {
	if !s.enabled || !f.second.known {
		return
	}
	if s.sync {
		f.second.status = f.Workflow
	}
	s.emit(f)
}

// update is BatchUpdateFindingsV2 for one finding. It shows late.
func (s *second) update(id string, u decide.Update) {
	f, ok := s.world.hub.findings[id]
	if !ok || !f.second.known || s.denied {
		return // the finding, or the right, is missing: that is logged and passed over
	}
	if !u.OnlyV2 { // which says what CSPM has said before
		s.world.checkUpdate(f, u.Workflow)
	}
	x, w := &f.second, s.world
	x.showsAt = later(x.showsAt, w.now.Add(s.between(w.faults.SlowUpdates)))
	w.after(x.showsAt.Sub(w.now), func() {
		if u.Workflow != "" && x.status != finding.Suppressed {
			x.status = u.Workflow
		}
		x.comment = finding.Comment(u.Note, u.Workflow, u.OnlyV2)
		w.log.Info("update shows in V2", "finding", f.id, "status", x.status, "comment", x.comment)
		s.emit(f)
	})
}

// emit sends what the rules of the playbook match.
func (s *second) emit(f *securityFinding) {
	x := &f.second
	routed := x.status == finding.New || x.status == finding.Notified && s.clicks
	if !x.known || !routed || x.check.Compliance != finding.Failed || x.check.RecordState != finding.Active {
		return
	}
	s.events++
	s.world.findings.send(s.body(f))
}

func (s *second) body(f *securityFinding) string {
	x := &f.second
	return fmt.Sprintf(`{"id":"v2-event-%d","source":"aws.securityhub","detail-type":"Findings Imported V2","time":%q,`+
		`"detail":{"findings":[{"class_uid":2003,"activity_id":1,"status_id":%d,"comment":%q,`+
		`"cloud":{"account":{"uid":%q},"provider":"AWS","region":%q},`+
		`"compliance":{"control":%q,"status":"Fail","status_id":3},`+
		`"finding_info":{"uid":%q,"first_seen_time_dt":%q,"last_seen_time_dt":%q},`+
		`"metadata":{"product":{"uid":"arn:aws:securityhub:%s::productv2/aws/securityhub"},"uid":%q,"version":"1.8.0"},`+
		`"resources":[{"type":"AWS::EC2::SecurityGroup","uid":%q,"uid_alt":%q}]}]}}`,
		s.events, s.world.now.Format(time.RFC3339), statusIDs[x.status], x.comment,
		f.resource.account, f.resource.region, f.control,
		f.id, x.check.Since.Format(time.RFC3339), x.check.ObservedAt.Format(time.RFC3339), f.resource.region,
		uidOf(f), f.resource.arn, f.resource.arn)
}

var statusIDs = map[string]int{finding.New: 1, finding.Notified: 2, finding.Suppressed: 3, finding.Resolved: 4}

func uidOf(f *securityFinding) string { return "v2-" + f.id }

// seen is what GetFindingsV2 gives.
func (s *second) seen(f *securityFinding) finding.V2 {
	if !s.enabled || !f.second.known {
		return finding.V2{}
	}
	return finding.V2{UID: uidOf(f), Status: f.second.status, Comment: f.second.comment}
}

// Update updates findings in both, in the order that package securityhub keeps.
func (c *client) Update(ctx context.Context, u decide.Update) error {
	parts := []func(context.Context, decide.Update) error{c.updateCSPM, c.updateV2}
	if u.Workflow == finding.New || u.Workflow == finding.Resolved {
		parts[0], parts[1] = parts[1], parts[0]
	}
	for _, part := range parts {
		if err := part(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) updateV2(ctx context.Context, u decide.Update) error {
	if !c.second.enabled {
		return nil
	}
	return exec(ctx, c, func() error {
		for _, f := range u.Findings {
			if c.chance(c.faults.Partial) {
				return fmt.Errorf("update finding %s: ConflictException", f.ID)
			}
			c.second.update(f.ID, u)
		}
		return nil
	})
}

func (c *client) updateCSPM(ctx context.Context, u decide.Update) error {
	if u.OnlyV2 {
		return nil
	}
	_, err := limited(ctx, c, "updates", home, securityhub.MaxAttempts,
		func(l *limits) bool { return l.updates.take(c.now) }, func() (struct{}, error) {
			if n := len([]rune(u.Note)); n == 0 || n > 512 {
				c.violate("a note of %d characters", n)
			}
			for _, f := range u.Findings {
				if c.chance(c.faults.Partial) {
					return struct{}{}, fmt.Errorf("update finding %s: InternalFailure", f.ID)
				}
				c.hub.update(f.ID, u.Workflow, u.Note)
			}
			return struct{}{}, nil
		})
	return err
}

// noteClick demands that somebody else set a finding to In Progress for each attempt that began so.
func (w *world) noteClick(rec decide.Record) {
	a := rec.Last()
	if a == nil || a.Trigger != finding.InProgress || a.Undo != "" {
		return
	}
	r := w.ssm.resources[rec.Target.Resource]
	if slices.Contains(r.clicked, a.Number) {
		return
	}
	r.clicked = append(r.clicked, a.Number)
	if a.Cause == decide.Retry {
		r.clicks++ // the click of the attempt before counts for it too
	}
	if len(r.clicked) > r.clicks {
		w.violate("attempt %d of %s began with In Progress, which others set %d times", a.Number, rec.Target, r.clicks)
	}
}

// checkBoth demands that in the end both have the same status, unless others have set one, or Hubmend has written it
// again already.
func (w *world) checkBoth(f *securityFinding) {
	x := f.second
	v := finding.V2{Comment: x.comment}
	switch {
	case !x.known || x.others || w.second.denied || w.second.wipes || f.RecordState != finding.Active:
	case f.Compliance != finding.Failed || f.Workflow == finding.Suppressed || f.note == "":
	case x.status != f.Workflow && (x.comment == "" || v.WrittenOnce()):
		w.violate("finding %s is %s in CSPM and %s in V2", f.id, f.Workflow, x.status)
	}
}
