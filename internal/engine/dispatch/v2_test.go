package dispatch_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

// ocsf is the same finding as sg gives, in OCSF, with a status such as New.
func ocsf(name, control, group, status string, edits ...object) object {
	arn := "arn:aws:ec2:eu-west-1:222222222222:security-group/" + group
	f := object{
		"class_uid": 2003, "activity_id": 2, "status": status,
		"cloud":      object{"account": object{"uid": "222222222222"}, "region": "eu-west-1"},
		"compliance": object{"control": control, "status": "Fail"},
		"finding_info": object{
			"uid": "arn:aws:securityhub:eu-west-1:222222222222:security-control/" + control +
				"/finding/" + name,
			"last_seen_time_dt": noon.Add(-time.Minute).Format(time.RFC3339)},
		"metadata": object{"uid": "v2-" + name,
			"product": object{"uid": "arn:aws:securityhub:eu-west-1::productv2/aws/securityhub"}},
		"resources": []object{{"type": "AWS::EC2::SecurityGroup", "uid": group, "uid_alt": arn}},
	}
	for _, e := range edits {
		for key, value := range e {
			f[key] = value
		}
	}
	return f
}

func importedV2(id string, findings ...object) events.SQSMessage {
	return sqsMessage(id, object{"detail-type": "Findings Imported V2"}, findings)
}

// as is how a finding is in both, with a note of Hubmend in CSPM and a comment in V2.
func as(workflow, status, note, comment string) decide.Seen {
	return asks(func(s *decide.Seen) {
		s.Workflow, s.Note = workflow, note
		s.V2 = finding.V2{UID: "v2-f", Status: status, Comment: comment}
	})
}

func TestFindingsOfTheNewSecurityHub(t *testing.T) {
	t.Parallel()
	const group = "sg-11111111"
	two := object{"resources": []object{{"type": "AWS::EC2::SecurityGroup", "uid": "sg-1"},
		{"type": "AWS::EC2::SecurityGroup", "uid": "sg-2"}}}
	own := finding.Comment("Hubmend is repairing this.", finding.Notified, false)
	for name, tc := range map[string]struct {
		message events.SQSMessage
		off     bool // the new Security Hub is not enabled
		seen    decide.Seen
		started int
		updates []string // of findings
		log     string
	}{
		"New": {message: importedV2("m", ocsf("f", "EC2.13", group, "New")),
			seen: as("NEW", "NEW", "", ""), started: 1, updates: []string{"update f NOTIFIED"}},
		"New, and CSPM is NOTIFIED": {message: importedV2("m", ocsf("f", "EC2.13", group, "New")),
			seen: as("NOTIFIED", "NEW", "", "")},
		"New, answered by Hubmend before it came": {message: importedV2("m", ocsf("f", "EC2.13", group, "New")),
			seen: as("RESOLVED", "NEW", "Repaired.", ""), updates: []string{"update f RESOLVED in V2"}},
		"New, and suppressed since": {message: importedV2("m", ocsf("f", "EC2.13", group, "New")),
			seen: as("NEW", "SUPPRESSED", "", ""), log: "SUPPRESSED"},
		"In Progress": {message: importedV2("m", ocsf("f", "EC2.13", group, "In Progress")),
			seen: as("NEW", "NOTIFIED", "", ""), started: 1, updates: []string{"update f NOTIFIED"}},
		"our own In Progress": {message: importedV2("m", ocsf("f", "EC2.13", group, "In Progress",
			object{"comment": own})), seen: as("NEW", "NOTIFIED", "", ""), log: "Hubmend has set it"},
		"our own In Progress, read": {message: importedV2("m", ocsf("f", "EC2.13", group, "In Progress")),
			seen: as("NEW", "NOTIFIED", "", own)},
		"In Progress for CSPM's NOTIFIED": {message: importedV2("m", ocsf("f", "EC2.13", group, "In Progress")),
			seen: as("NOTIFIED", "NOTIFIED", "", "")},
		"Suppressed": {message: importedV2("m", ocsf("f", "EC2.13", group, "Suppressed")),
			seen: as("NEW", "SUPPRESSED", "", ""), log: "SUPPRESSED"},
		"Resolved": {message: importedV2("m", ocsf("f", "EC2.13", group, "Resolved")),
			seen: as("NEW", "RESOLVED", "", ""), log: "the finding is RESOLVED"},
		"two resources": {message: importedV2("m", ocsf("f", "EC2.13", group, "In Progress", two)),
			seen: as("NEW", "NOTIFIED", "", ""), updates: []string{"update f NOTIFIED"}, log: "names 2 resources"},
		"two resources, answered": {message: importedV2("m", ocsf("f", "EC2.13", group, "In Progress", two)),
			seen: as("NOTIFIED", "NOTIFIED", "", ""), log: "does not ask any more"},
		"for a person": {message: importedV2("m", ocsf("f", "IAM.6", group, "In Progress")),
			seen: as("NEW", "NOTIFIED", "", ""), updates: []string{"update f NOTIFIED"},
			log: "Sign in as the root user"},
		"of no control of ours": {message: importedV2("m", ocsf("f", "Foo.1", group, "In Progress")),
			seen: as("NEW", "NOTIFIED", "", ""), log: "no control repairs Foo.1"},
		"a coverage finding": {message: importedV2("m", ocsf("f", "EC2.13", group, "New", object{"metadata": object{
			"uid": "v2", "product": object{
				"uid": "arn:aws:securityhub:eu-west-1::productv2/aws/securityhub-coverage"}}})),
			log: "coverage"},
		"an exposure": {message: importedV2("m", ocsf("f", "EC2.13", group, "New", object{"class_uid": 2004})),
			log: "exposure"},
		"a finding that CSPM does not have": {message: importedV2("m", ocsf("f", "EC2.13", group, "New")),
			seen: decide.Seen{}},
		"of CSPM, suppressed in V2": {message: imported("m", sg("f", "EC2.13", group)),
			seen: as("NEW", "SUPPRESSED", "", ""), log: "SUPPRESSED"},
		"a custom action, suppressed in V2": {message: custom("m", sg("f", "EC2.13", group)),
			seen: as("NEW", "SUPPRESSED", "", ""), updates: []string{"update f"}, log: "SUPPRESSED"},
		"of CSPM": {message: imported("m", sg("f", "EC2.13", group)),
			seen: as("NEW", "NEW", "", ""), started: 1, updates: []string{"update f NOTIFIED"}},
		"of CSPM, and V2 is off": {message: imported("m", sg("f", "EC2.13", group)), off: true,
			seen: as("NEW", "SUPPRESSED", "", ""), started: 1, updates: []string{"update f NOTIFIED"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.v2, w.seen["f"] = !tc.off, tc.seen
			if failed := w.handle(t, tc.message); failed != nil {
				t.Errorf("%q come back", failed)
			}
			updates := slices.DeleteFunc(w.take(), func(s string) bool { return !strings.HasPrefix(s, "update ") })
			if diff := cmp.Diff(tc.updates, updates); w.started != tc.started || len(tc.updates)+len(updates) > 0 &&
				diff != "" {
				t.Errorf("%d executions, updates (-want +got):\n%s", w.started, diff)
			}
			if tc.log != "" && !w.logged("event-m", tc.log) {
				t.Errorf("nothing was logged about it:\n%s", w.log.String())
			}
		})
	}
}

// The two events of one check are one request, in either order, and the id that V2 has is kept.
func TestBothEventsOfACheck(t *testing.T) {
	t.Parallel()
	first, second := imported("m1", sg("f", "EC2.13", "sg-11111111")), importedV2("m2",
		ocsf("f", "EC2.13", "sg-11111111", "New"))
	for range 2 {
		first, second = second, first
		w := newWorld()
		w.v2, w.seen["f"] = true, as("NEW", "NEW", "", "")
		w.handle(t, first)
		w.seen["f"] = as("NOTIFIED", "NEW", "", "")
		w.handle(t, second)
		if a := w.attempt(t, "sg-11111111"); w.started != 1 || len(a.Findings) != 1 {
			t.Errorf("%d executions for %v", w.started, a.Findings)
		}
		id := w.attempt(t, "sg-11111111").V2IDs["arn:aws:securityhub:eu-west-1:222222222222:security-control/EC2.13/finding/f"]
		if id == "" {
			t.Error("the id that V2 has is not kept")
		}
		w = newWorld()
		w.v2, w.seen["f"] = true, as("NEW", "NEW", "", "")
		w.handle(t, first, second)
		if w.started != 1 {
			t.Errorf("together: %d executions", w.started)
		}
	}
}

// A message of V2 shows that it is enabled, so that a finding of CSPM in the same batch is looked at, too.
func TestV2ThatWasEnabledJustNow(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.v2Late = true
	w.seen["f1"], w.seen["f2"] = as("NEW", "NEW", "", ""), as("NEW", "SUPPRESSED", "", "")
	w.handle(t, importedV2("m1", ocsf("f1", "EC2.13", "sg-11111111", "New")),
		imported("m2", sg("f2", "EC2.13", "sg-22222222")))
	if w.started != 1 || !w.logged("event-m2", "SUPPRESSED") {
		t.Errorf("%d executions", w.started)
	}
}

// One call reads all findings of a batch, and if it fails only the messages that need it come back.
func TestFindingsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fail["Read"] = true
	failed := w.handle(t, importedV2("m1", ocsf("f1", "EC2.13", "sg-11111111", "New")),
		imported("m2", sg("f2", "EC2.13", "sg-22222222")),
		importedV2("m3", ocsf("f3", "EC2.14", "sg-33333333", "In Progress")))
	if diff := cmp.Diff([]string{"m1", "m3"}, failed); diff != "" || w.started != 1 {
		t.Errorf("%d executions, messages that come back (-want +got):\n%s", w.started, diff)
	}
	if diff := cmp.Diff([]string{"f1+f3"}, w.read); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}
