package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/naming"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/report"
)

// A finding that began to wait before the new Security Hub knew it has its id there all the same.
func testWaitingInV2(t *testing.T, a administration) {
	a.turn(t, naming.SwitchActive)
	a.set(t, "2", "12")
	v2 := answers(t, "", inOCSF("a", sgARN(1), "New"), inOCSF("b", sgARN(1), "New")).answer
	var calls []string
	a.env = slices.Concat(a.env, inV2(t, &calls, http.StatusOK, v2))
	parked := func(cause decide.ParkCause, name, known string) decide.Parked {
		return decide.Parked{Cause: cause, Rule: "Payments", Until: time.Now().Add(time.Hour),
			Request: decide.Request{Control: exampleID(), AskedAt: time.Now(), V2ID: known,
				Ref: decide.Ref{ID: findingID(name)}}}
	}
	repaired := attemptAt(1, time.Hour, decide.Succeeded)
	repaired.Findings = []decide.Ref{{ID: findingID("b")}, {ID: findingID("gone")}}
	a.save(t, decide.Record{Target: groupTarget("sg-1"), Attempts: []decide.Attempt{repaired},
		Unconfirmed: repaired.Findings[:1], Parked: []decide.Parked{parked(decide.Delayed, "a", ""),
			parked(decide.Exempted, "c", "known-c")}})

	has := func(command, name string, ids map[string]string, want string) {
		if ids[findingID(name)] != want {
			t.Errorf("%s has %v, want %s of %s", command, ids, want, name)
		}
	}
	var s standing
	if err := json.Unmarshal([]byte(a.mustPrint(t, "status --json")), &s); err != nil || len(s.Targets) != 1 ||
		len(s.Exempt) != 1 || len(s.Unconfirmed) != 1 {
		t.Fatalf("status: %+v, %v", s, err)
	}
	has("status", "a", s.Targets[0].V2IDs, v2IDOf("a"))
	has("status", "c", s.Exempt[0].V2IDs, "known-c")
	has("status", "b", s.Unconfirmed[0].V2IDs, v2IDOf("b"))
	a.mustPrint(t, "status --output csv", v2IDOf("a")+"\r\n", v2IDOf("b")+"\r\n", "known-c\r\n")
	asked := slices.IndexFunc(calls, func(c string) bool { return strings.Contains(c, "/findingsv2") })
	if asked < 0 || !strings.Contains(calls[asked], "finding_info.uid") ||
		strings.Contains(calls[asked], findingID("c")) {
		t.Errorf("asks for %v", calls)
	}

	var p past
	if err := json.Unmarshal([]byte(a.mustPrint(t, "history sg-1 --json")), &p); err != nil || len(p.HeldBack) != 2 {
		t.Fatalf("history: %+v, %v", p, err)
	}
	for _, w := range p.HeldBack {
		if w.State == overview.Delayed {
			has("history", "a", w.V2IDs, v2IDOf("a"))
		} else {
			has("history", "c", w.V2IDs, "known-c")
		}
	}
	has("history", "b", p.V2IDs, v2IDOf("b"))
	has("history", "b", p.Attempts[0].V2IDs, v2IDOf("b"))
	a.mustPrint(t, "history sg-1", "              V2: "+v2IDOf("a")+"\n", "              V2: "+v2IDOf("b")+"\n")

	var r report.Report
	_, out, _ := hubmend(t, a.env, "report", "--json")
	if err := json.Unmarshal([]byte(out), &r); err != nil || len(r.Waiting) != 1 || len(r.Unconfirmed) != 1 {
		t.Fatalf("report: %+v, %v", r, err)
	}
	has("report", "a", r.Waiting[0].V2IDs, v2IDOf("a"))
	has("report", "b", r.Unconfirmed[0].V2IDs, v2IDOf("b"))
	_, out, _ = hubmend(t, a.env, "report", "--html", "-")
	if !strings.Contains(out, v2IDOf("b")+": "+findingID("b")) {
		t.Error("the page has no V2 id of what waits for a re-check")
	}

	a.env = slices.Concat(a.env, inV2(t, &calls, http.StatusForbidden,
		`{"__type": "AccessDeniedException", "message": "no"}`))
	for _, args := range []string{"status --json", "history sg-1"} {
		code, _, stderr := hubmend(t, a.env, strings.Fields(args)...)
		if code != 0 || !strings.HasPrefix(stderr, "hubmend: The V2 ids of ") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s exits with %d and says %q", args, code, stderr)
		}
	}
	a.mustPrint(t, "status") // the table has no ids
}
