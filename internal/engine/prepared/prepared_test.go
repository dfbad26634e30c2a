package prepared_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/prepared"
)

// The YAML is the only source. The prepared files of the functions are up to date.
func TestPreparedIsUpToDate(t *testing.T) {
	t.Parallel()
	if err := catalog.Embedded().CheckPrepared(); err != nil {
		t.Error(err)
	}
	other := &catalog.Catalog{Controls: catalog.Embedded().Controls[1:], Playbooks: catalog.Embedded().Playbooks}
	if err := other.CheckPrepared(); err == nil {
		t.Error("a catalog with a control less is up to date too")
	}
}

// Functions get the same answers as everybody else does.
func TestAnswersAreTheCatalogs(t *testing.T) {
	t.Parallel()
	c, p := catalog.Embedded(), prepared.Embedded()
	for _, want := range c.Controls {
		got, known := p.ByID(want.ID)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(control.Resource{}),
			cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Parameters" },
				cmp.Comparer(func(a, b map[string]any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }))); !known ||
			diff != "" {
			t.Errorf("%s, known: %t (-want +got):\n%s", want.ID, known, diff)
		}
		for standard := range want.Frameworks {
			for _, number := range want.Numbers(standard) {
				f := finding.Finding{Standard: standard, Rule: number}
				wanted, _ := c.Control(f) // none for a number of several controls
				if found, _ := p.Control(f); found.ID != wanted.ID {
					t.Errorf("%s %s is %q, want %q", standard, number, found.ID, wanted.ID)
				}
			}
		}
	}
	for _, book := range c.Playbooks {
		for _, want := range book.CustomActions() {
			if got, known := p.CustomAction(want.ID); !known || !cmp.Equal(want, got) {
				t.Errorf("custom action %s is %+v", want.ID, got)
			}
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	p := prepared.Embedded()
	for _, id := range []string{"", "X.1", "../controls/EC2.13", "control\tEC2.13", "EC2.13\t", "EC2.13\n", "{{ x }}"} {
		if c, known := p.ByID(id); known {
			t.Errorf("control %q is %+v", id, c)
		}
		if a, known := p.CustomAction(id); known {
			t.Errorf("custom action %q is %+v", id, a)
		}
		if c, known := p.Control(finding.Finding{Standard: id, Rule: id}); known {
			t.Errorf("rule %q is of %+v", id, c)
		}
	}
}

// A number of a control reaches the runbook as it was written, and a text with a tab stays one.
func TestWrite(t *testing.T) {
	t.Parallel()
	want := control.Control{ID: "X.1", Title: "a\tb\nc", Resource: control.Resource{Type: "T", ID: "{Name}"},
		Parameters: map[string]any{
			"Million": uint64(1_000_000), "On": true, "Name": "{Name}", "List": []any{uint64(22), "{Name}"},
		}}
	text, err := prepared.Write([]control.Control{want}, nil, nil, map[string][]string{"FixX": {"PutX", "DeleteX"}})
	if err != nil {
		t.Fatal(err)
	}
	got, known := prepared.Parse(string(text)).ByID("X.1")
	f := finding.Finding{ResourceType: "T", ResourceID: "me"}
	_, wanted, err1 := want.Bind(f)
	_, bound, err2 := got.Bind(f)
	if diff := cmp.Diff(wanted, bound); !known || diff != "" || err1 != nil || err2 != nil || got.Title != want.Title {
		t.Errorf("known: %t, %v, %v, title %q (-want +got):\n%s", known, err1, err2, got.Title, diff)
	}
	if diff := cmp.Diff([]string{"PutX", "DeleteX"}, prepared.Parse(string(text)).Changes("FixX")); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if _, err := prepared.Write(nil, []control.CustomAction{{ID: "a\tb"}}, nil, nil); err == nil {
		t.Error("an id with a tab is written")
	}
}

// large is a catalog of so many controls, each in two standards and in a group of its own.
func large(tb testing.TB, controls int) string {
	tb.Helper()
	known := catalog.Embedded().Controls
	var all []control.Control
	var actions []control.CustomAction
	for i := range controls {
		c := known[i%len(known)]
		c.ID = fmt.Sprint("Service.", i)
		c.Frameworks = map[string]string{"a/v/1": c.ID, "b/v/1": c.ID}
		all, actions = append(all, c), append(actions,
			control.CustomAction{ID: fmt.Sprint("A", i), Name: c.ID, Controls: []string{c.ID}})
	}
	text, err := prepared.Write(all, actions, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// A function that starts with 300 controls finds its first control in a small part of the 60 ms
// that a cold start may take. The fastest of some tries says what it takes on a busy machine.
func TestFirstControlOfThreeHundred(t *testing.T) { //nolint:paralleltest // it takes the time
	text := large(t, 300)
	fastest := time.Hour
	for range 10 {
		begin := time.Now()
		if _, known := prepared.Parse(text).ByID("Service.299"); !known {
			t.Fatal("it is not known")
		}
		fastest = min(fastest, time.Since(begin))
	}
	if fastest > 6*time.Millisecond {
		t.Errorf("the first control of 300 took %s", fastest)
	}
}

func BenchmarkFirstControlOfThreeHundred(b *testing.B) {
	text := large(b, 300)
	b.ReportAllocs()
	for b.Loop() {
		prepared.Parse(text).ByID("Service.299")
	}
}
