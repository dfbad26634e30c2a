package decide_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/reverted"
)

func byTerraform() reverted.By {
	return reverted.By{Principal: "role deploy-prod", Tool: "Terraform", Event: "AuthorizeSecurityGroupIngress",
		Likely: true, At: time.Date(2026, 11, 29, 10, 12, 0, 0, time.UTC)}
}

// whose gives a record with an attempt for each change that reverted it; a zero change is not known.
func whose(all ...reverted.By) decide.Record {
	var r decide.Record
	for _, by := range all {
		r.Attempts = append(r.Attempts, decide.Attempt{State: decide.Succeeded, RevertedBy: by})
	}
	return r
}

func TestRevertNote(t *testing.T) {
	t.Parallel()
	const note = "Hubmend stopped repairing this."
	const lines = " Terraform manages the resource. `hubmend controls EC2.13 --patch terraform` prints the lines " +
		"that make the repair last."
	for name, tc := range map[string]struct {
		note    string
		record  decide.Record
		manager string
		want    string
	}{
		"nobody knows": {note, whose(reverted.By{}), "", note},
		"once": {note, whose(reverted.By{}, byTerraform()), "", note + " Reverted by role deploy-prod with Terraform " +
			"at 2026-11-29 10:12 UTC (AuthorizeSecurityGroupIngress)."},
		"more often": {note, whose(byTerraform(), byTerraform(), byTerraform()), "terraform",
			note + " Reverted three times by role deploy-prod with Terraform." + lines},
		"managed, by its tags": {note, whose(), "terraform", note + lines},
		"no room":              {strings.Repeat("x", 500), whose(byTerraform()), "terraform", strings.Repeat("x", 500)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := decide.RevertNote(tc.note, tc.record, "EC2.13", tc.manager)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLastWriter(t *testing.T) {
	t.Parallel()
	alice := reverted.By{Principal: "user alice", Event: "X"}
	if got := whose(byTerraform(), alice, reverted.By{}).LastWriter(); got != alice {
		t.Errorf("LastWriter = %+v", got)
	}
	if got := whose().LastWriter(); !got.IsZero() {
		t.Errorf("LastWriter of none = %+v", got)
	}
}
