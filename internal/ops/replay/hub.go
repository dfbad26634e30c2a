package replay

import (
	"encoding/json"
	"fmt"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

// checkEvery is how often Security Hub checks a resource that does not change, and recheckAfter how long it takes until
// it checks one that did.
const (
	checkEvery   = 24 * time.Hour
	recheckAfter = 5 * time.Minute
)

// replayed is a finding as Security Hub would have it if Hubmend had been there.
type replayed struct {
	Finding
	seen       decide.Seen
	target     target.Target // of the repair; zero when nothing would start
	parameters target.Parameters
	lag        time.Duration // how old the data of its checks may be
	fails      bool          // its resource fails the control now
	turn       int           // counts changes of fails, so that a check that was planned before one is not made
}

// setFails has a resource fail a control from now on, or no longer. Security Hub notices at a time.
func (w *world) setFails(f *replayed, fails bool, noticed time.Time) {
	if f.fails == fails {
		return
	}
	f.fails = fails
	f.turn++
	w.planCheck(f, noticed)
}

// planCheck has Security Hub check a finding's resource at a time, and again while it fails.
func (w *world) planCheck(f *replayed, at time.Time) {
	turn := f.turn
	w.plan(at, func() {
		if f.turn != turn {
			return
		}
		w.check(f)
		if f.fails {
			w.planCheck(f, w.now().Add(checkEvery))
		}
	})
}

// check does what Security Hub does: a finding that fails after it has passed is NEW, and one that passes is RESOLVED.
func (w *world) check(f *replayed) {
	was := f.seen.Compliance
	f.seen.Compliance, f.seen.ObservedAt = "PASSED", w.now()
	if f.fails {
		f.seen.Compliance = finding.Failed
	}
	if was != f.seen.Compliance {
		f.seen.Since = w.now()
		f.seen.Workflow = finding.New
	}
	if !f.fails {
		f.seen.Workflow = finding.Resolved
	}
	if f.fails && f.seen.Workflow == finding.New {
		w.day().Events++
		w.findings.send(w.event(f))
	}
}

// event is the message that EventBridge would send.
func (w *world) event(f *replayed) string {
	w.sent++
	type object = map[string]any
	resources := make([]object, f.Resources)
	for i := range resources {
		resources[i] = object{"Type": f.ResourceType, "Id": f.ResourceID}
	}
	compliance := object{"Status": finding.Failed}
	if f.ControlID != "" {
		compliance["SecurityControlId"] = f.ControlID
	}
	first := f.seen.Since
	if !f.Since.IsZero() && f.Since.Before(w.from) {
		first = f.Since // it was failing when the replay began
	}
	text, err := json.Marshal(object{
		"id": fmt.Sprint("event-", w.sent), "source": "aws.securityhub", "time": w.now().UTC().Format(time.RFC3339),
		"detail-type": "Security Hub Findings - Imported",
		"detail": object{"findings": []object{{
			"Id": f.ID, "ProductArn": f.ProductARN, "GeneratorId": f.GeneratorID, "AwsAccountId": f.Account,
			"AwsAccountName": f.AccountName, "Region": f.Region, "Title": f.Title, "Resources": resources,
			"LastObservedAt":  f.seen.ObservedAt.Format(time.RFC3339Nano),
			"FirstObservedAt": first.Format(time.RFC3339Nano), "Severity": object{"Label": f.Severity},
			"RecordState": finding.Active, "Compliance": compliance, "Workflow": object{"Status": f.seen.Workflow},
		}}},
	})
	if err != nil {
		panic(err) // texts and numbers always can be written
	}
	return string(text)
}
