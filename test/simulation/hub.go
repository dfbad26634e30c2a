package simulation

import (
	"fmt"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

// place is an account and a Region.
type place struct{ account, region string }

// securityHub is Security Hub: it checks resources now and then, and sends an event whenever a
// finding is new or changed that the rule of the playbook matches.
type securityHub struct {
	world    *world
	findings map[string]*securityFinding
	ids      []string
	known    map[string]evidence // by resource and control
	events   int
}

type securityFinding struct {
	id, control string
	resource    *resource
	decide.Seen
	suppressedAt time.Time
	resolvedAt   time.Time // when Hubmend last said so
	repairedAt   time.Time // when the repair that it went by had ended
	showsAt      time.Time // of the last update
	data         time.Time // that the last check was made of
	reopenedAt   time.Time // when a person last set it to NEW
	note         string    // that Hubmend wrote
	second       secondFinding
}

// add makes a finding and checks it for the first time soon after.
func (h *securityHub) add(name, control string, r *resource) *securityFinding {
	f := &securityFinding{
		id: "arn:aws:securityhub:" + r.region + ":" + r.account + ":security-control/" + control + "/finding/" +
			name,
		control: control, resource: r, Seen: decide.Seen{Workflow: finding.New, RecordState: finding.Active},
	}
	h.findings[f.id] = f
	h.ids = append(h.ids, f.id)
	return f
}

// check does what Security Hub does twice a day, and sooner when a resource changes.
func (h *securityHub) check(f *securityFinding) {
	if f.RecordState != finding.Active {
		return
	}
	if f.resource.gone {
		f.RecordState = "ARCHIVED"
		h.world.log.Info("archived", "finding", f.id)
		return
	}
	was := f.Compliance
	f.ObservedAt = h.world.now.Add(h.world.between(-h.world.faults.Skew, h.world.faults.Skew)).Truncate(time.Second)
	f.Compliance = "PASSED"
	known := h.evidence(f)
	f.data = known.at
	if known.fails {
		f.Compliance = finding.Failed
	}
	if f.Compliance != was {
		f.Since = f.ObservedAt
	}
	switch {
	case f.Workflow == finding.Suppressed:
	case f.Compliance == "PASSED":
		f.Workflow = finding.Resolved
	case was == "PASSED":
		f.Workflow = finding.New
	}
	h.world.log.Info("checked", "finding", f.id, "compliance", f.Compliance, "workflow", f.Workflow)
	h.emit(f)
	h.world.second.checked(f)
}

// emit sends what the rule of an ENABLED group matches.
func (h *securityHub) emit(f *securityFinding) {
	if f.Compliance == finding.Failed && f.Workflow == finding.New && f.RecordState == finding.Active {
		h.events++
		h.world.findings.send(h.body(f, "Security Hub Findings - Imported", ""))
	}
}

// click is a person with the custom action.
func (h *securityHub) click(f *securityFinding) {
	h.world.log.Info("clicked", "finding", f.id)
	f.resource.askedAt = h.world.now
	h.events++
	h.world.findings.send(h.body(f, "Security Hub Findings - Custom Action",
		`"resources":["arn:aws:securityhub:us-east-1:111111111111:action/custom/CIS4142"],`))
}

func (h *securityHub) body(f *securityFinding, kind, more string) string {
	return fmt.Sprintf(`{"id":"event-%d","source":"aws.securityhub","detail-type":%q,"time":%q,%s"detail":{"findings":[{"Id":%q,`+
		`"ProductArn":"arn:aws:securityhub:%s::product/aws/securityhub","GeneratorId":"security-control/%s","AwsAccountId":%q,"Region":%q,`+
		`"LastObservedAt":%q,"FirstObservedAt":%q,"RecordState":%q,"Compliance":{"Status":%q,"SecurityControlId":%q},"Workflow":{"Status":%q},`+
		`"Resources":[{"Type":"AwsEc2SecurityGroup","Id":%q}]}]}}`,
		h.events, kind, h.world.now.Format(time.RFC3339), more, f.id, f.resource.region, f.control, f.resource.account,
		f.resource.region,
		f.ObservedAt.Format(time.RFC3339), f.Since.Format(time.RFC3339), f.RecordState, f.Compliance, f.control,
		f.Workflow, f.resource.arn)
}

// read is GetFindings.
func (h *securityHub) read(refs []decide.Ref) map[string]decide.Seen {
	seen := map[string]decide.Seen{}
	for _, r := range refs {
		if f, ok := h.findings[r.ID]; ok {
			is := f.Seen
			is.Note, is.V2 = f.note, h.world.second.seen(f)
			seen[r.ID] = is
		} else {
			seen[r.ID] = decide.Seen{}
		}
	}
	return seen
}

// update is BatchUpdateFindings for one finding.
func (h *securityHub) update(id, workflow, note string) {
	f, ok := h.findings[id]
	if !ok {
		return
	}
	h.world.checkUpdate(f, workflow)
	if workflow == finding.Resolved {
		f.resolvedAt, f.repairedAt = h.world.now, f.resource.verified[portOf[f.control]]
	}
	h.apply(f, workflow, note)
}

// suppress is a person who accepts a risk.
func (h *securityHub) suppress(f *securityFinding) { h.apply(f, finding.Suppressed, "") }

// reopen is a person who wants a finding repaired.
func (h *securityHub) reopen(f *securityFinding) {
	h.apply(f, finding.New, "")
	h.world.after(f.showsAt.Sub(h.world.now), func() { f.reopenedAt = h.world.now }) // the event says so only then
}

// apply shows an update, late and in the order in which they were made.
func (h *securityHub) apply(f *securityFinding, workflow, note string) {
	w := h.world
	w.log.Info("updated", "finding", f.id, "was", f.Workflow, "will be", workflow)
	if workflow == "" {
		return
	}
	f.showsAt = later(f.showsAt, w.now.Add(w.between(0, w.faults.SlowUpdates)))
	w.after(f.showsAt.Sub(w.now), func() {
		w.log.Info("update shows", "finding", f.id, "was", f.Workflow, "is", workflow)
		was := f.Workflow
		f.Workflow = workflow
		if note != "" {
			f.note = note
		}
		if workflow == finding.Suppressed {
			f.suppressedAt = w.now
		}
		if was != workflow {
			h.emit(f)
		}
		w.second.updated(f)
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
