package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
)

// A control that another playbook enables is remediated automatically, and status says so.
func TestStatusOfGroupsThatAnotherPlaybookEnables(t *testing.T) {
	t.Parallel()
	here := catalog.Playbook{Name: "here", Groups: []catalog.Group{
		{ID: "G1", Controls: []string{"EC2.13", "EC2.14"}}, {ID: "G2", Controls: []string{"EC2.2"}},
		{ID: "G3", Controls: []string{"KMS.4"}}, {ID: "G4", Controls: []string{"S3.1"}},
	}}
	there := catalog.Playbook{ID: "there", Groups: []catalog.Group{
		{ID: "EC214", Controls: []string{"EC2.14"}}, {ID: "EC22", Controls: []string{"EC2.2"}},
		{ID: "KMS4", Controls: []string{"KMS.4"}},
	}}
	s := state{playbook: here, Groups: map[string]string{
		"G1": groupDisabled, "G2": groupEnabled, "G3": groupDisabled, "G4": groupDisabled, "Old": groupDisabled}}
	ids := s.disabledHere(there, map[string]string{"EC214": groupEnabled, "EC22": groupEnabled, "KMS4": groupDisabled})
	if diff := cmp.Diff([]string{"G1"}, ids); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	s.EnabledBy = map[string][]string{"G1": {"there"}}
	var out strings.Builder
	text := groupListing(s).render(&out)
	if !strings.Contains(text, "DISABLED, but ENABLED in there") || !strings.Contains(text, "Old") {
		t.Errorf("status prints\n%s", text)
	}
}
