package main

import (
	"strings"
	"testing"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/reverted"
)

// An attempt is archived when it ends, and reverted later, so only the record knows by whom.
func TestHistorySaysWhoReverted(t *testing.T) {
	t.Parallel()
	archived := attemptAt(1, time.Hour, decide.Succeeded)
	known := archived
	known.RevertedBy = reverted.By{Principal: "role deploy-prod", Tool: "Terraform", Event: "X", Likely: true}
	p := pastOf(ledger.History{
		Record: decide.Record{Target: groupTarget("sg-1"), Version: 2, Attempts: []decide.Attempt{known}},
		Past:   []ledger.Past{{Target: groupTarget("sg-1"), Ended: decide.Ended{Attempt: archived}}},
	}, "eu-west-1")
	var out strings.Builder
	printPast(&out, p, false)
	if !strings.Contains(out.String(), "  reverted    Reverted by role deploy-prod with Terraform at ") {
		t.Errorf("it says\n%s", out.String())
	}
}
