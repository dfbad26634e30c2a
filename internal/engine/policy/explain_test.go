package policy_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/policy"
)

// Every condition is named that does not hold.
func TestUnmet(t *testing.T) {
	t.Parallel()
	s := policy.Subject{Control: policy.Control{ID: "X.1", Groups: []string{"G"}, Standards: []string{"s"},
		Risk: "low"},
		Severity: "LOW", Account: "1", Region: "eu-west-1", Resource: "r", FirstObserved: time.Unix(1e9, 0)}
	known := policy.Facts{OUs: []string{"ou"}, Tags: map[string]string{"env": "prod", "managed-by": "terraform"}}
	holds := policy.When{Controls: []string{"X.*"}, Groups: []string{"G"}, Standards: []string{"s"},
		Risks:      []string{"low"},
		Severities: []string{"LOW"}, Accounts: []string{"1"}, OUs: []string{"ou"}, Regions: []string{"eu-*"},
		Resources: []string{"r"}, Tags: []string{"env"}, ManagedBy: []string{"any"},
		FirstObservedAfter: time.Unix(1e9, 0)}
	if got := holds.Unmet(s, known); len(got) > 0 {
		t.Errorf("of what holds: %v", got)
	}
	if diff := cmp.Diff([]string{"ous (the organizational units are not known)", "tags (the tags are not known)",
		"managedBy (the tags are not known)"}, holds.Unmet(s, policy.Facts{})); diff != "" {
		t.Errorf("without facts (-want +got):\n%s", diff)
	}
	var none policy.When
	v := reflect.ValueOf(&none).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Slice {
			v.Field(i).Set(reflect.ValueOf([]string{"none"}))
		}
	}
	none.FirstObservedBefore = time.Unix(1, 0)
	want := "controls groups standards risks severities accounts regions resources firstObserved ous tags managedBy"
	if got := strings.Join(none.Unmet(s, known), " "); got != want {
		t.Errorf("of what does not hold: %s", got)
	}
}
