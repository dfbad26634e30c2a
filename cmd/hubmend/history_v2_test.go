package main

import (
	"strings"
	"testing"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

// A person who works in the new Security Hub finds the ids of its console in the history.
func TestHistoryNamesV2IDs(t *testing.T) {
	t.Parallel()
	a := attemptAt(1, time.Hour, decide.Succeeded)
	a.Findings = []decide.Ref{{ID: "f-1"}, {ID: "f-2"}}
	a.V2IDs = map[string]string{"f-2": "9d1b"}
	p := pastOf(ledger.History{
		Record: decide.Record{Target: groupTarget("sg-1"), Version: 1, Attempts: []decide.Attempt{a}},
	}, "eu-west-1")
	var out, csv strings.Builder
	printPast(&out, p, false)
	if !strings.Contains(out.String(), "findings    f-1\n              f-2\n              V2: 9d1b\n") {
		t.Errorf("it says\n%s", out.String())
	}
	if err := formatCSV.print(&csv, nil, attemptListing(p), nil); err != nil ||
		!strings.HasSuffix(csv.String(), ",9d1b\r\n") {
		t.Errorf("%q, %v", csv.String(), err)
	}
}
