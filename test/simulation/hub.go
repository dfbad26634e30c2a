package simulation

import (
	"fmt"
	"time"

	"hubmend/internal/decide"
	"hubmend/internal/finding"
)

// place is an account and a Region.
type place struct{ account, region string }

// securityHub is Security Hub: it checks resources now and then, and sends an event whenever a
// finding is new or changed that the rule of the playbook matches.
type securityHub struct {
	world    *world
	findings map[string]*securityFinding
	ids      []string
	events   int
}

type securityFinding struct {
	id, control string
	resource    *resource
	decide.Seen
	suppressedAt time.Time
	answered     bool // by Hubmend, since it was last NEW
	resolvedAt   time.Time
}

// add makes a finding and checks it for the first time soon after.
func (h *securityHub) add(name, control string, r *resource) *securityFinding {
	f := &securityFinding{
		id:      "arn:aws:securityhub:" + r.region + ":" + r.account + ":security-control/" + control + "/finding/" + name,
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
	was := f.Compliance
	f.ObservedAt = h.world.now.Add(h.world.between(-h.world.faults.Skew, h.world.faults.Skew)).Truncate(time.Second)
	f.Compliance = "PASSED"
	if f.resource.fails(f.control) {
		f.Compliance = finding.Failed
	}
	switch {
	case f.Workflow == finding.Suppressed:
	case f.Compliance == "PASSED":
		f.Workflow = finding.Resolved
	case was == "PASSED":
		f.Workflow, f.answered = finding.New, false
	}
	h.world.log.Info("checked", "finding", f.id, "compliance", f.Compliance, "workflow", f.Workflow)
	h.emit(f)
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
	h.world.findings.send(h.body(f, "Security Hub Findings - Custom Action", `"resources":["arn:aws:securityhub:us-east-1:111111111111:action/custom/CIS4142"],`))
}

func (h *securityHub) body(f *securityFinding, kind, more string) string {
	return fmt.Sprintf(`{"id":"event-%d","source":"aws.securityhub","detail-type":%q,"time":%q,%s"detail":{"findings":[{"Id":%q,`+
		`"ProductArn":"arn:aws:securityhub:%s::product/aws/securityhub","GeneratorId":"security-control/%s","AwsAccountId":%q,"Region":%q,`+
		`"LastObservedAt":%q,"RecordState":%q,"Compliance":{"Status":%q,"SecurityControlId":%q},"Workflow":{"Status":%q},`+
		`"Resources":[{"Type":"AwsEc2SecurityGroup","Id":%q}]}]}}`,
		h.events, kind, h.world.now.Format(time.RFC3339), more, f.id, f.resource.region, f.control, f.resource.account, f.resource.region,
		f.ObservedAt.Format(time.RFC3339), f.RecordState, f.Compliance, f.control, f.Workflow, f.resource.arn)
}

// read is GetFindings.
func (h *securityHub) read(refs []decide.Ref) map[string]decide.Seen {
	seen := map[string]decide.Seen{}
	for _, r := range refs {
		if f, ok := h.findings[r.ID]; ok {
			seen[r.ID] = f.Seen
		} else {
			seen[r.ID] = decide.Seen{}
		}
	}
	return seen
}

// update is BatchUpdateFindings for one finding.
func (h *securityHub) update(id, workflow string) {
	f, ok := h.findings[id]
	if !ok {
		return
	}
	h.world.checkUpdate(f, workflow)
	h.world.log.Info("updated", "finding", id, "was", f.Workflow, "is", workflow)
	was := f.Workflow
	if workflow != "" {
		f.Workflow = workflow
	}
	f.answered = workflow != finding.New
	if workflow == finding.Resolved {
		f.resolvedAt = h.world.now
	}
	if was != f.Workflow {
		h.emit(f)
	}
}

// suppress is a person who accepts a risk.
func (h *securityHub) suppress(f *securityFinding) {
	h.world.log.Info("suppressed", "finding", f.id)
	f.Workflow, f.suppressedAt = finding.Suppressed, h.world.now
}
