package contract_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"hubmend/docs"
	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/announce/contract"
)

const (
	repair = `{"version":"1.0","id":"8f1f6a52-5d0e-4d0c-9d3c-3f6f2f1f6b7e","state":"STARTED","control":{"id":"X.1","reversible":false},
		"target":{"key":"hubmend-00112233445566778899aabbccddeeff","account":"222222222222","region":"global","resource":"r","runbook":"Repair"},"findings":[],"findingCount":0}`
	breaker = `{"version":"1.0","id":"8f1f6a52-5d0e-4d0c-9d3c-3f6f2f1f6b7e","state":"CLOSED","control":{"id":"X.1","reversible":false},"failed":[]}`
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kind, detail, old, new string
		problem                string // a part of it; empty for none
	}{
		"a repair":               {kind: announce.RepairType, detail: repair},
		"a breaker":              {kind: announce.BreakerType, detail: breaker},
		"a version of this kind": {kind: announce.RepairType, detail: repair, old: `"1.0"`, new: `"1.12"`},
		"another type":           {"x", repair, "", "", `"x"`},
		"the other type":         {announce.BreakerType, repair, "", "", "failed"},
		"another version":        {announce.RepairType, repair, `"1.0"`, `"2.0"`, "version"},
		"an unknown state":       {announce.RepairType, repair, "STARTED", "OPENED", "state"},
		"an unknown field":       {announce.RepairType, repair, `"findings"`, `"secret":1,"findings"`, "secret"},
		"no target":              {announce.RepairType, repair, `"target"`, `"aim"`, "target"},
		"no id":                  {announce.RepairType, repair, "8f1f6a52-", "", "id"},
		"a quotation mark":       {announce.RepairType, repair, `"resource":"r"`, `"resource":"\""`, "resource"},
		"an unknown part":        {announce.RepairType, repair, `"key"`, `"secret":1,"key"`, "secret"},
		"no account":             {announce.RepairType, repair, "222222222222", "2", "account"},
		"open without an end":    {announce.BreakerType, breaker, "CLOSED", "OPENED", "until"},
		"no JSON":                {announce.RepairType, repair, "{", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := contract.Check(tc.kind, []byte(strings.Replace(tc.detail, tc.old, tc.new, 1)))
			if wrong := tc.problem != "" || name == "no JSON"; (err != nil) != wrong || wrong &&
				!strings.Contains(err.Error(), tc.problem) {
				t.Errorf("Check = %v, want %q", err, tc.problem)
			}
		})
	}
}

// The page is what people write their rules by.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	var event struct {
		Source, Account, Region string
		DetailType              string `json:"detail-type"`
		Detail                  json.RawMessage
	}
	if err := json.Unmarshal([]byte(example), &event); err != nil || event.Source != announce.Source {
		t.Fatalf("the example is %+v, %v", event, err)
	}
	if err := contract.Check(event.DetailType, event.Detail); err != nil {
		t.Error(err)
	}
	for kind, s := range states(t) {
		for _, state := range s {
			if !strings.Contains(string(page), "`"+string(state)+"`") {
				t.Errorf("the page does not explain %s of a %s", state, kind)
			}
		}
	}
}

func states(t *testing.T) map[string][]announce.State {
	t.Helper()
	var schema struct {
		Defs map[string]struct {
			Properties struct {
				State struct{ Enum []announce.State }
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(docs.EventsSchema, &schema); err != nil {
		t.Fatal(err)
	}
	all := map[string][]announce.State{}
	for kind, d := range schema.Defs {
		all[kind] = d.Properties.State.Enum
	}
	return all
}

// Readers learn from the schema which states there are.
func TestSchemaListsTheStates(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string][]announce.State{
		"repair": {
			announce.Queued, announce.Started, announce.Repaired, announce.Undone, announce.Failed, announce.Gone,
			announce.Retrying, announce.Withdrawn, announce.Suspended,
			announce.Held, announce.UndoRefused, announce.Confirmed, announce.Reopened, announce.Unconfirmed,
			announce.Exempt, announce.Delayed, announce.PolicyUnreadable, announce.Proposed, announce.Approved,
			announce.Rejected, announce.Expired, announce.AnswerRefused,
		},
		"breaker": {announce.Opened, announce.Closed},
	} {
		if got := states(t)[kind]; !slices.Equal(got, want) {
			t.Errorf("%s: the schema has %v, want %v", kind, got, want)
		}
	}
}

// A reader who checks events with the schema takes those of a later version that has more fields.
func TestSchemaIsOpen(t *testing.T) {
	t.Parallel()
	if strings.Contains(string(docs.EventsSchema), "additionalProperties") {
		t.Error("the schema refuses fields that are new to it")
	}
}
