package catalog

import (
	"slices"
	"strings"
	"testing"

	"hubmend/internal/engine/prepared"
)

// Whatever changes a setting shows in CloudTrail.
func TestChanges(t *testing.T) {
	t.Parallel()
	c := Embedded()
	called := map[string]bool{}
	for _, r := range c.Runbooks {
		for _, call := range r.Document.Program {
			called[call.Name] = true
		}
	}
	for call := range alike {
		if !called[call] {
			t.Errorf("no runbook calls %s", call)
		}
	}
	for _, control := range c.Controls {
		events := prepared.Embedded().Changes(control.Runbook)
		if len(events) == 0 {
			t.Errorf("%s: no event shows that something reverted it", control.ID)
		}
		if i := slices.IndexFunc(events, func(e string) bool { return strings.HasPrefix(e, "Get") }); i >= 0 {
			t.Errorf("%s: %s changes nothing", control.ID, events[i])
		}
	}
}
