package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/program"
	ssmdocuments "hubmend/ssm-documents"
)

// runbooks makes some with a text of so many bytes.
func runbooks(bytes int, names ...string) []catalog.Runbook {
	var all []catalog.Runbook
	for _, name := range names {
		all = append(all,
			catalog.Runbook{Name: name, Pieces: []program.Piece{{Text: strings.Repeat("x", bytes)}}})
	}
	return all
}

// sharing makes runbooks that have a text in common.
func sharing(bytes int, names ...string) []catalog.Runbook {
	all := runbooks(10, names...)
	for i := range all {
		all[i].Pieces = append(all[i].Pieces, program.Piece{Name: "shared", Text: strings.Repeat("x", bytes)})
	}
	return all
}

// placed returns the part of each runbook.
func placed(c *catalog.Catalog) map[string]int {
	in := map[string]int{}
	for _, part := range c.Parts() {
		for _, r := range part.Runbooks {
			in[r.Name] = part.Number
		}
	}
	return in
}

func TestPartsHoldWhatATemplateDoes(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 160 {
		names = append(names, fmt.Sprintf("R%03d", i))
	}
	for name, tc := range map[string]struct {
		runbooks []catalog.Runbook
		want     []int // how many each part has
	}{
		"few":                       {runbooks(1000, "A", "B"), []int{2}},
		"many small ones":           {runbooks(100, names...), []int{150, 10}},
		"some large ones":           {runbooks(60_000, names[:20]...), []int{9, 9, 2}},
		"a shared text counts once": {sharing(60_000, names[:20]...), []int{20}},
		"one that is huge":          {runbooks(700_000, "A", "B"), []int{1, 1}},
	} {
		var got []int
		for i, part := range (&catalog.Catalog{Runbooks: tc.runbooks}).Parts() {
			if part.Number != i+1 {
				t.Errorf("%s: part %d has the number %d", name, i, part.Number)
			}
			got = append(got, len(part.Runbooks))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A document that changed its stack could not be deployed: the new stack cannot create what the
// old one still has.
func TestRunbookStaysInItsPart(t *testing.T) {
	t.Parallel()
	extended := map[string]string{
		"controls/X.2.yaml": strings.NewReplacer("X.1", "X.2", "CloseThing", "AlterThing", `"4.1"`,
			`"4.2"`).Replace(goodControl),
		"programs/AlterThing.py":   "alter",
		"programs/AlterThing.yaml": goodHeader,
	}
	for name, tc := range map[string]struct {
		parts string
		want  map[string]int
	}{
		"none is assigned": {"",
			map[string]int{"AlterThing": 1, "CloseThing": 1, "UndoAlterThing": 1, "UndoCloseThing": 1}},
		"a new one joins the last": {"CloseThing: 1\nUndoCloseThing: 2\n",
			map[string]int{"CloseThing": 1, "UndoCloseThing": 2, "AlterThing": 2, "UndoAlterThing": 2}},
		"a part in the middle is empty": {
			"CloseThing: 1\nUndoCloseThing: 3\nAlterThing: 1\nUndoAlterThing: 1\nDeleted: 2\n",
			map[string]int{"CloseThing": 1, "UndoCloseThing": 3, "AlterThing": 1, "UndoAlterThing": 1}},
	} {
		changes := map[string]string{}
		for file, text := range extended {
			changes[file] = text
		}
		if tc.parts != "" {
			changes["parts.yaml"] = tc.parts
		}
		c, err := catalog.Load(files(changes))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(tc.want, placed(c)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		changes["parts.yaml"] = c.PartsText() // as a release keeps it
		again, err := catalog.Load(files(changes))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(placed(c), placed(again)); diff != "" {
			t.Errorf("%s: after it was kept (-before +after):\n%s", name, diff)
		}
	}
}

func TestPartsAreChecked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"CloseThing: 0\n": "numbered from 1", "CloseThing: first\n": "parts.yaml",
		"[]": "parts.yaml"} {
		if _, err := catalog.Load(files(map[string]string{"parts.yaml": text})); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error that says %s", text, err, want)
		}
	}
}

func TestEveryRunbookIsAssigned(t *testing.T) {
	t.Parallel()
	kept, err := ssmdocuments.Files.ReadFile("parts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(kept), catalog.Embedded().PartsText()); diff != "" {
		t.Errorf("parts.yaml is not up to date; run `make templates` (-kept +wanted):\n%s", diff)
	}
}
