package report_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/ops/report"
)

func oscal(t *testing.T, r report.Report) map[string]any {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteOSCAL(&b); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Results map[string]any `json:"assessment-results"`
	}
	if err := json.Unmarshal(b.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	return document.Results
}

// visit calls with every value and the name of its field.
func visit(name string, value any, with func(name string, value any)) {
	with(name, value)
	switch v := value.(type) {
	case map[string]any:
		for n, one := range v {
			visit(n, one, with)
		}
	case []any:
		for _, one := range v {
			visit(name, one, with)
		}
	}
}

var (
	uuid5  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	token  = regexp.MustCompile(`^[\pL_][\pL\pN._-]*$`)
	line   = regexp.MustCompile(`^\S(.*\S)?$`)
	moment = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
)

func full(t *testing.T) report.Report {
	broken := past(groupOf("sg-2"), 1, day, failed(decide.Verification, "It is\nstill open. "))
	repaired := past(groupOf("sg-5"), 1, day)
	return reportOf(t, past(groupOf("sg-1"), 1, day), past(groupOf("sg-1"), 2, time.Hour, undo(1, decide.Succeeded)),
		broken, repaired, past(groupOf("sg-4"), 1, day, compliant),
		decide.Record{Target: repaired.Target, Version: 1, Attempts: []decide.Attempt{repaired.Attempt},
			Unconfirmed: []decide.Ref{{ID: "f-5"}}},
		decide.Record{Target: broken.Target, Version: 1, Attempts: []decide.Attempt{broken.Attempt}},
		exempted("sg-6", "EC2.14", "f-6"), openFinding("EC2.14", "f", "eu-west-1", groupOf("sg-3").Resource))
}

// exempted is a record of a group whose findings a rule exempts.
func exempted(name, control string, ids ...string) decide.Record {
	rec := decide.Record{Target: groupOf(name), Version: 1}
	for _, id := range ids {
		rec.Parked = append(rec.Parked, decide.Parked{Cause: decide.Exempted, Rule: "Payments\n", Reason: "It moves.",
			Owner: "ann@example.com", Ticket: "T-1", RuleEnds: noon.Add(30 * day),
			Request: decide.Request{Ref: decide.Ref{ID: id}, Control: control, AskedAt: ago(day)}})
	}
	return rec
}

// An exemption is a risk with an approved deviation. Its rule is not met, whatever else was repaired.
func TestOSCALExempt(t *testing.T) {
	t.Parallel()
	repair := past(groupOf("sg-1"), 1, day)
	forever := exempted("sg-2", "EC2.13", "f-2")
	forever.Parked[0].RuleEnds = time.Time{}
	r := reportOf(t, repair, exempted("sg-3", "EC2.13", "f-3", "f-4"), forever,
		openFinding("EC2.13", "f-3", "eu-west-1", groupOf("sg-3").Resource))
	result := oscal(t, r)["results"].([]any)[0].(map[string]any)
	risks := result["risks"].([]any)
	if len(risks) != 2 {
		t.Fatalf("%d risks", len(risks))
	}
	var deadlines []any
	props := map[string]any{}
	for _, one := range risks {
		risk := one.(map[string]any)
		deadlines = append(deadlines, risk["deadline"])
		for _, p := range risk["props"].([]any) {
			props[p.(map[string]any)["name"].(string)] = p.(map[string]any)["value"]
		}
		if risk["status"] != "deviation-approved" {
			t.Errorf("the status is %v", risk["status"])
		}
	}
	if !slices.Contains(deadlines, any(nil)) || !slices.Contains(deadlines, any("2026-04-30T12:00:00Z")) {
		t.Errorf("deadlines %v", deadlines)
	}
	want := map[string]any{"control": "EC2.13", "rule": "Payments", "owner": "ann@example.com", "ticket": "T-1",
		"since": "2026-03-30T12:00:00Z"}
	if diff := cmp.Diff(want, props); diff != "" {
		t.Errorf("props (-want +got):\n%s", diff)
	}
	for _, one := range result["findings"].([]any) {
		f := one.(map[string]any)
		status := f["target"].(map[string]any)["status"].(map[string]any)
		if status["state"] != "not-satisfied" || status["reason"] != "other" || len(f["related-risks"].([]any)) != 2 {
			t.Errorf("the finding is %v", f)
		}
	}
}

// Names, ids, texts and references have the form that the format requires.
func TestOSCALForm(t *testing.T) {
	t.Parallel()
	document := oscal(t, full(t))
	ids, used := map[string]int{}, []string{}
	visit("", document, func(name string, value any) {
		text, isText := value.(string)
		if list, ok := value.([]any); ok && len(list) == 0 {
			t.Errorf("%s is an empty list", name)
		}
		if !isText {
			return
		}
		form := line
		switch name {
		case "uuid":
			form = uuid5
			ids[text]++
		case "subject-uuid", "observation-uuid", "risk-uuid":
			form = uuid5
			used = append(used, text)
		case "name", "control-id", "target-id", "methods", "types", "type", "state", "reason":
			form = token
		case "start", "end", "collected", "last-modified", "deadline":
			form = moment
		}
		if !form.MatchString(text) {
			t.Errorf("%s is %q, which is not %s", name, text, form)
		}
	})
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%s is the id of %d things", id, n)
		}
	}
	for _, id := range used {
		if ids[id] == 0 {
			t.Errorf("nothing has the id %s", id)
		}
	}
	if plan := document["import-ap"].(map[string]any)["href"].(string); ids[strings.TrimPrefix(plan, "#")] != 1 {
		t.Errorf("there is no plan %s", plan)
	}
	if len(used) < 4 {
		t.Errorf("only %d references", len(used))
	}
}

// The findings tell rules that are met from those that are not.
func TestOSCALFindings(t *testing.T) {
	t.Parallel()
	repair := past(groupOf("sg-1"), 1, day)
	broken := past(groupOf("sg-2"), 1, day, failed(decide.Verification, "no"))
	waits := decide.Record{Target: broken.Target, Version: 1, Attempts: []decide.Attempt{broken.Attempt}}
	elsewhere := openFinding("EC2.14", "f", "eu-west-1", groupOf("sg-3").Resource)
	const ssh, rdp = "cis-aws-foundations-benchmark_1.2.0_4.1", "cis-aws-foundations-benchmark_1.2.0_4.2"
	for name, tc := range map[string]struct {
		entries []any
		want    map[string]string
	}{
		"nothing":                              {nil, map[string]string{}},
		"repaired, but nobody knows what else": {[]any{repair}, map[string]string{}},
		"compliant, and nothing is open": {[]any{past(groupOf("sg-1"), 1, day, compliant), elsewhere},
			map[string]string{ssh: "satisfied", rdp: "not-satisfied"}},
		"repaired, and nothing is open": {[]any{repair, elsewhere},
			map[string]string{ssh: "satisfied", rdp: "not-satisfied"}},
		"repaired, and another is open": {[]any{repair,
			openFinding("EC2.13", "f", "eu-west-1", groupOf("sg-3").Resource)},
			map[string]string{ssh: "not-satisfied"}},
		"repaired, and another failed": {[]any{repair, broken, waits, elsewhere},
			map[string]string{ssh: "not-satisfied", rdp: "not-satisfied"}},
		"failed": {[]any{broken, waits}, map[string]string{ssh: "not-satisfied"}},
	} {
		r := reportOf(t, tc.entries...)
		document := oscal(t, r)
		got, reviewed := map[string]string{}, []string{}
		visit("", document, func(name string, value any) {
			if object, ok := value.(map[string]any); ok && name == "target" {
				if id := object["target-id"].(string); strings.HasPrefix(id, "cis-aws-foundations-benchmark_1.2.0") {
					got[id] = object["status"].(map[string]any)["state"].(string)
				}
			}
			if name == "control-id" {
				if id, ok := value.(string); ok {
					reviewed = append(reviewed, id)
				}
			}
		})
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for id := range got {
			if !slices.Contains(reviewed, id) {
				t.Errorf("%s: %s is judged, but was not reviewed", name, id)
			}
		}
	}
}

func TestOSCALIsTheSameAgain(t *testing.T) {
	t.Parallel()
	one := full(t)
	if diff := cmp.Diff(oscal(t, one), oscal(t, full(t))); diff != "" {
		t.Error(diff)
	}
	later := options
	later.Now, later.To = noon.Add(day), noon.Add(day)
	first, second := oscal(t, reportOf(t, past(groupOf("sg-1"), 1, day))), oscal(t,
		reportWith(t, later, past(groupOf("sg-1"), 1, day)))
	observation := func(d map[string]any) any {
		return d["results"].([]any)[0].(map[string]any)["observations"].([]any)[0].(map[string]any)["uuid"]
	}
	if first["uuid"] == second["uuid"] || observation(first) != observation(second) {
		t.Error("another report has the same id, or the same attempt another")
	}
}
