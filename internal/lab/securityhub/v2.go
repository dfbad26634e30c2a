package securityhub

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/events"
	"hubmend/internal/lab/ocsf"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// v2 is the new Security Hub in all accounts. It has a status and a comment of its own for each finding.
type v2 struct {
	findings map[string]*v2Finding // by metadata.uid
	order    []string
	switched map[apicall.Place]bool // where a call enabled or disabled it
	conflict int                    // findings that updates were about, for Faults.ConcurrentUpdates
}

type v2Finding struct {
	ocsf.Document
	workflow string // in CSPM, when it was last read
}

// feed lets the new Security Hub know what CSPM has of a finding now. After a check the automation rules run.
func (h *Hub) feed(key string, checked bool) {
	h.later(h.lab.V2.KnownAfter, func() func() {
		d := h.ingest(h.findings[key], checked)
		if d == nil {
			return func() {}
		}
		return func() { h.emitV2(d, "imported") }
	})
}

// ingest stores a finding of CSPM. It gives nil for what the new Security Hub does not take. The caller holds the
// mutex.
func (h *Hub) ingest(f map[string]any, checked bool) ocsf.Document {
	d, is := ocsf.FromASFF(f)
	if !is || !h.hasV2(apicall.Place{Account: apicall.Text(f["AwsAccountId"]), Region: region(f)}) {
		return nil
	}
	workflow := field(f, "Workflow", "Status")
	old := h.v2.findings[uidOf(d)]
	switch {
	case old != nil:
		ocsf.Update(d, old.Document, f["RecordState"] == "ARCHIVED")
	case ocsf.Passes(d):
		ocsf.SetStatus(d, ocsf.Resolved)
	}
	if h.lab.V2.Sync && (old == nil || old.workflow != workflow) {
		id, _ := ocsf.StatusOf(workflow)
		ocsf.SetStatus(d, id)
	}
	if checked && !ocsf.Passes(d) {
		h.automate(d)
	}
	h.keepV2(&v2Finding{d, workflow})
	return d
}

// automate runs the automation rules on a finding.
func (h *Hub) automate(d ocsf.Document) {
	for _, rule := range h.lab.V2.AutomationRules {
		if id, known := ocsf.StatusOf(rule.Status); known && rule.Control == field(d, "compliance", "control") {
			ocsf.SetStatus(d, id)
			if rule.Comment != "" {
				d["comment"] = rule.Comment
			}
		}
	}
}

// keepV2 stores a finding. The caller holds the mutex.
func (h *Hub) keepV2(f *v2Finding) {
	uid := uidOf(f.Document)
	if h.v2.findings[uid] == nil {
		h.v2.order = append(h.v2.order, uid)
	}
	h.v2.findings[uid] = f
}

// emitV2 sends the event of a finding that is new or was updated.
func (h *Hub) emitV2(d ocsf.Document, how string) {
	at := placeOfV2(d)
	h.lab.Story.Tell(story.KindFinding, at.Account, at.Region, "V2: finding %s on %s %s: %s, %s, comment %q",
		cmp.Or(field(d, "compliance", "control"), apicall.Text(d["class_name"])), field(d, "resources", "uid"), how,
		field(d, "compliance", "status"), apicall.Text(d["status"]), apicall.Text(d["comment"]))
	places := h.places(at)
	h.mu.Lock()
	places = slices.DeleteFunc(places, func(p apicall.Place) bool { return !h.hasV2(p) })
	h.mu.Unlock()
	h.send(places, h.lab.V2.OCSFAfter, events.Event{Source: "aws.securityhub", DetailType: "Findings Imported V2",
		Resources: []string{uidOf(d)}, Detail: map[string]any{"findings": []any{d}}})
}

// hasV2 reports whether the new Security Hub is enabled somewhere. The caller holds the mutex.
func (h *Hub) hasV2(at apicall.Place) bool {
	if enabled, known := h.v2.switched[at]; known {
		return enabled
	}
	return h.lab.V2.Enabled
}

// FindingV2 gives a finding of the new Security Hub by its finding_info.uid.
func (h *Hub) FindingV2(id string) (map[string]any, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.v2.findings {
		if field(f.Document, "finding_info", "uid") == id {
			return f.Document, true
		}
	}
	return nil, false
}

// ImportV2 stores a finding in OCSF and sends its event.
func (h *Hub) ImportV2(d map[string]any) error {
	if uidOf(d) == "" || field(d, "finding_info", "uid") == "" || field(d, "cloud", "account", "uid") == "" {
		return fmt.Errorf("a finding in OCSF needs metadata.uid, finding_info.uid and cloud.account.uid")
	}
	h.mu.Lock()
	enabled := h.hasV2(placeOfV2(d))
	if enabled {
		h.keepV2(&v2Finding{Document: d})
	}
	h.mu.Unlock()
	if !enabled {
		return fmt.Errorf("the new Security Hub is not enabled in account %s; set v2.enabled", placeOfV2(d).Account)
	}
	h.emitV2(d, "imported")
	return nil
}

// places are where the events of a finding go: the home Region of the administrator, and the finding's own Region.
func (h *Hub) places(own apicall.Place) []apicall.Place {
	return slices.Compact([]apicall.Place{{Account: h.lab.Admin, Region: h.lab.Home}, own})
}

func placeOfV2(d ocsf.Document) apicall.Place {
	return apicall.Place{Account: field(d, "cloud", "account", "uid"), Region: field(d, "cloud", "region")}
}

func uidOf(d ocsf.Document) string { return field(d, "metadata", "uid") }

// later does something after a delay. It is done with the mutex held, and gives what follows without it.
func (h *Hub) later(after world.Duration, do func() (then func())) {
	if after == world.Never {
		return
	}
	h.mu.Lock()
	h.lagging = append(h.lagging, lagging{time.Now().Add(time.Duration(after)), do})
	h.mu.Unlock()
	h.showDue()
}

// send sends an event after a delay.
func (h *Hub) send(to []apicall.Place, after world.Duration, e events.Event) {
	switch after {
	case world.Never:
	case 0:
		for _, place := range to {
			h.events.Emit(place, events.DefaultBus, e)
		}
	default:
		h.mu.Lock()
		h.underway = append(h.underway, underway{time.Now().Add(time.Duration(after)), to, e})
		h.mu.Unlock()
	}
}
