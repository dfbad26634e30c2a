package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// partsFile assigns each runbook to a part. A runbook must never change its part: its document and role have fixed
// names, which a second stack could not create while the first one has them.
const partsFile = "parts.yaml"

// The capacity of a part. CloudFormation allows 1 MB and 500 resources per template. The rest is for documents that
// grow.
const (
	partBytes    = 600_000
	partRunbooks = 150
	// documentBytes is the size of a document in a template without its text.
	documentBytes = 400
)

// Part holds the runbooks of one pair of member stacks. Parts are numbered from 1.
type Part struct {
	Number   int
	Runbooks []Runbook // sorted by name
}

// Parts divides the runbooks among member stacks. New runbooks go to the last part, or to a new one if that is full.
func (c *Catalog) Parts() []Part {
	parts := map[int][]Runbook{1: nil} // which has what exists once, even without runbooks
	sizes := map[int]*size{}
	put := func(part int, r Runbook) {
		if sizes[part] == nil {
			sizes[part] = &size{has: map[string]bool{}}
		}
		parts[part] = append(parts[part], r)
		sizes[part].add(r)
	}
	var unassigned []Runbook
	for _, r := range c.Runbooks {
		if part := c.parts[r.Name]; part > 0 {
			put(part, r)
		} else {
			unassigned = append(unassigned, r)
		}
	}
	last := slices.Max(slices.Collect(maps.Keys(parts)))
	for _, r := range unassigned {
		if len(parts[last]) > 0 &&
			(len(parts[last]) >= partRunbooks || sizes[last].bytes+sizes[last].more(r) > partBytes) {
			last++
		}
		put(last, r)
	}
	var all []Part
	for _, number := range slices.Sorted(maps.Keys(parts)) {
		slices.SortFunc(parts[number], func(a, b Runbook) int { return strings.Compare(a.Name, b.Name) })
		all = append(all, Part{number, parts[number]})
	}
	return all
}

// size is the approximate size of a part's documents in a template, which has each shared piece once.
type size struct {
	bytes int
	has   map[string]bool
}

// more is what another document adds.
func (s *size) more(r Runbook) int {
	n := documentBytes
	for _, piece := range r.Pieces {
		if !s.has[piece.Name] {
			text, _ := json.Marshal(piece.Text) // a text always can be written
			n += len(text)
		}
	}
	return n
}

func (s *size) add(r Runbook) {
	s.bytes += s.more(r)
	for _, piece := range r.Pieces {
		s.has[piece.Name] = piece.Name != ""
	}
}

// PartsText returns a parts.yaml that keeps the assignment of Parts.
func (c *Catalog) PartsText() string {
	lines := []string{"# The member stack that has each runbook. `make templates` adds new runbooks; never change " +
		"a line.\n"}
	for _, part := range c.Parts() {
		for _, r := range part.Runbooks {
			lines = append(lines, fmt.Sprintf("%s: %d\n", r.Name, part.Number))
		}
	}
	slices.Sort(lines) // "#" sorts before any name
	return strings.Join(lines, "")
}

// loadParts reads parts.yaml, which is optional in a catalog without released runbooks.
func loadParts(files fs.FS) (map[string]int, error) {
	text, err := fs.ReadFile(files, partsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]int{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", partsFile, err)
	}
	parts := map[string]int{}
	if err := decodeStrictly(text, &parts); err != nil {
		return nil, fmt.Errorf("%s: %w", partsFile, err)
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if parts[name] < 1 {
			errs = append(errs, fmt.Errorf("%s: %s: parts are numbered from 1, not %d", partsFile, name, parts[name]))
		}
	}
	return parts, errors.Join(errs...)
}
