package undo_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
)

// Every reversible control, in every state that a repair may meet: what the undo leaves is what was there before.
// The first control of a runbook is tried alone. Those with the same parameters are tried together, with all values.
func TestUndo(t *testing.T) {
	t.Parallel()
	w := start(t)
	reversible := map[string][]catalog.Control{}
	for _, c := range catalog.Embedded().Controls {
		if r, _ := catalog.Embedded().Runbook(c.Runbook); c.Reversible && !r.IsSetting() {
			reversible[c.Runbook] = append(reversible[c.Runbook], c)
		}
	}
	for runbook := range subjects {
		if reversible[runbook] == nil {
			t.Errorf("no reversible control uses %s", runbook)
		}
	}
	var repairs []repaired
	for _, runbook := range slices.Sorted(maps.Keys(reversible)) {
		s, ok := subjects[runbook]
		if !ok {
			t.Errorf("no test undoes %s", runbook)
			continue
		}
		c := reversible[runbook][0]
		for _, state := range slices.Sorted(maps.Keys(s.broken)) {
			t.Run(runbook+"/"+state, func(t *testing.T) {
				repairs = append(repairs, thereAndBack(t, w, s.broken[state], s, c))
			})
		}
		together := byParameters(reversible[runbook])
		for _, names := range slices.Sorted(maps.Keys(together)) {
			if all := together[names]; len(all) > 1 || all[0].ID != c.ID {
				t.Run(runbook+"/all with "+names, func(t *testing.T) { thereAndBack(t, w, first(s), s, all...) })
			}
		}
		for _, name := range slices.Sorted(maps.Keys(s.change)) {
			t.Run(runbook+"/"+name, func(t *testing.T) { changedSince(t, w, c, s, s.change[name]) })
		}
		if s.halfway != nil {
			t.Run(runbook+"/halfway", func(t *testing.T) { halfway(t, w, c, s) })
		}
		if s.failing != nil {
			t.Run(runbook+"/failed repair", func(t *testing.T) { failedRepair(t, w, c, s) })
		}
	}
	foreign(t, w, repairs)
}

// byParameters groups controls by the names of their parameters. Those of a group can be repaired together.
func byParameters(controls []catalog.Control) map[string][]catalog.Control {
	groups := map[string][]catalog.Control{}
	for _, c := range controls {
		names := strings.Join(slices.Sorted(maps.Keys(c.Parameters)), ", ")
		groups[names] = append(groups[names], c)
	}
	return groups
}

// repaired is a repair that ran and that its runbook may be able to undo.
type repaired struct{ runbook, id string }

// outputs decodes an output of each kind for comparison.
func outputs(t *testing.T, e execution, name string) any {
	t.Helper()
	for key, texts := range e.Outputs {
		if !strings.HasSuffix(key, "."+name) {
			continue
		}
		if strings.HasPrefix(key, "run.") { // of a program, which gives pieces of one text
			texts = []string{strings.Join(texts, "")}
		}
		all := []any{}
		for _, text := range texts {
			var value any
			if err := json.Unmarshal([]byte(text), &value); err != nil {
				t.Fatalf("%s: %q: %v", key, text, err)
			}
			all = append(all, value)
		}
		return all
	}
	t.Fatalf("the execution gives no %s: %v, %q", name, e.Outputs, e.Failures)
	return nil
}

func succeeded(t *testing.T, e execution, change string) {
	t.Helper()
	if e.Status != "Success" || !strings.HasPrefix(e.output("Change"), change) {
		t.Fatalf("it ends %s and says %q, want Success and %q: %q", e.Status, e.output("Change"), change, e.Failures)
	}
}

// refused requires a failure whose reason ends with the text, and that nothing changed.
func refused(t *testing.T, e execution, says string) {
	t.Helper()
	if len(e.Failures) == 0 || e.Status != "Failed" {
		t.Fatalf("it ends %s and says %q, want it refused", e.Status, e.output("Change"))
	}
	last := e.Failures[len(e.Failures)-1]
	refusal := regexp.MustCompile(`NotImplementedError|hubmend:(refused|recall) `)
	if !refusal.MatchString(last) || !strings.Contains(last, says) {
		t.Errorf("it is refused with %q, want %q", e.Failures, says)
	}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func thereAndBack(t *testing.T, w *world, broken func(*testing.T, *world) string, s subject,
	controls ...catalog.Control) repaired {
	runbook, resource := controls[0].Runbook, broken(t, w)
	before := s.look(t, w, resource)
	repair := w.repair(t, resource, controls...)
	succeeded(t, repair, "")
	after := s.look(t, w, resource)
	if cmp.Equal(before, after) || strings.HasPrefix(repair.output("Change"), "Nothing to change") {
		t.Fatalf("the repair changed nothing, so there is nothing to try: %s", repair.output("Change"))
	}
	undo := w.undo(t, runbook, repair.ID)
	succeeded(t, undo, "Restored")
	t.Logf("%s -> %s (%d steps)", repair.output("Change"), undo.output("Change"), undo.Steps)
	same(t, "undone", before, s.look(t, w, resource))
	same(t, "After of the undo is Before of the repair", outputs(t, repair, "Before"), outputs(t, undo, "After"))

	// A second undo of the same repair.
	succeeded(t, w.undo(t, runbook, repair.ID), "Nothing to change: ")
	same(t, "undone twice", before, s.look(t, w, resource))

	// A repair that changed nothing leaves nothing to undo.
	succeeded(t, w.repair(t, resource, controls...), "")
	idle := w.repair(t, resource, controls...)
	succeeded(t, idle, "Nothing to change: ")
	same(t, "idle repair", outputs(t, idle, "Before"), outputs(t, idle, "After"))
	kept := s.look(t, w, resource)
	succeeded(t, w.undo(t, runbook, idle.ID), "Nothing to change: ")
	same(t, "an idle repair undone", kept, s.look(t, w, resource))
	return repaired{runbook, repair.ID}
}

func changedSince(t *testing.T, w *world, c catalog.Control, s subject, change func(*testing.T, *world, string)) {
	resource := first(s)(t, w)
	repair := w.repair(t, resource, c)
	succeeded(t, repair, "")
	left := s.look(t, w, resource)
	change(t, w, resource)
	changed := s.look(t, w, resource)
	if cmp.Equal(left, changed) {
		t.Fatal("nothing was changed")
	}
	refused(t, w.undo(t, c.Runbook, repair.ID), "since the repair "+repair.ID)
	same(t, "refused", changed, s.look(t, w, resource))
}

func halfway(t *testing.T, w *world, c catalog.Control, s subject) {
	resource := first(s)(t, w)
	before := s.look(t, w, resource)
	repair := w.repair(t, resource, c)
	succeeded(t, repair, "")
	s.halfway(t, w, resource)
	succeeded(t, w.undo(t, c.Runbook, repair.ID), "Restored")
	same(t, "undone", before, s.look(t, w, resource))
}

func failedRepair(t *testing.T, w *world, c catalog.Control, s subject) {
	repair := w.repair(t, s.failing(t, w), c)
	if repair.Status != "Failed" {
		t.Fatalf("the repair ends %s", repair.Status)
	}
	refused(t, w.undo(t, c.Runbook, repair.ID), repair.ID+" of "+naming.Document(c.Runbook)+" ended with Failed")
}

// foreign tries the undo of each runbook with what is none of its repairs.
func foreign(t *testing.T, w *world, repairs []repaired) {
	for i, r := range repairs {
		if i > 0 && repairs[i-1].runbook == r.runbook {
			continue
		}
		t.Run(r.runbook+"/unknown", func(t *testing.T) {
			const nobody = "00000000-0000-4000-8000-000000000000"
			// settle returns what it means
			refused(t, w.undo(t, r.runbook, nobody),
				"hubmend:recall AutomationExecutionNotFoundException ssm:GetAutomationExecution: ")
		})
		at := slices.IndexFunc(repairs, func(other repaired) bool { return other.runbook != r.runbook })
		if at < 0 {
			continue
		}
		other := repairs[at]
		t.Run(r.runbook+"/"+other.runbook, func(t *testing.T) {
			refused(t, w.undo(t, r.runbook, other.id),
				other.id+" of "+naming.Document(other.runbook)+" ended with Success")
		})
	}
}

// first is one way to break the subject.
func first(s subject) func(*testing.T, *world) string {
	return s.broken[slices.Sorted(maps.Keys(s.broken))[0]]
}
