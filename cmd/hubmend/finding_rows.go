package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
	"hubmend/internal/lab/automation"
	"hubmend/internal/lab/scenario"
	"hubmend/internal/ops/wording"
	"hubmend/test/postcondition"
)

// States that a row shows in addition to those of Security Hub.
const (
	stateRepairing   = "repairing"
	stateNotRepaired = "NOT REPAIRED"
	stateStillFailed = "STILL FAILED" // by the independent check
)

var stateColours = map[string]text.Color{
	finding.Failed: text.FgRed, stateNotRepaired: text.FgRed, stateStillFailed: text.FgRed,
	finding.Resolved: text.FgGreen, postcondition.Passed: text.FgGreen,
}

// findingRow is the progress of one finding.
type findingRow struct {
	control, number, resource string
	states                    []string // in the order in which they were reached
	execution                 string
	text                      string // what was changed, or why nothing was
}

// findingRows are the findings of a scenario, in its order.
type findingRows struct {
	names   []string // of the findings in the scenario
	rows    []findingRow
	printed []int // rows that stay on the screen, in their order
}

// newFindingRows adds a row for each finding. A finding that is imported twice has one row.
func newFindingRows(product string, all []scenario.ControlResult) *findingRows {
	f := &findingRows{}
	for _, c := range all {
		if slices.Contains(f.names, c.Finding) {
			continue
		}
		f.names = append(f.names, c.Finding)
		f.rows = append(f.rows, findingRow{
			control: c.Control, number: numberOf(product, c.Control),
			resource: wording.OneLine(target.Name(c.Resource)),
			states:   []string{cmp.Or(c.Before, finding.New)},
		})
	}
	return f
}

// numberOf returns the number of a control in the framework of a playbook.
func numberOf(product, control string) string {
	c, _ := catalog.Embedded().ByID(control)
	p, _ := playbookOf(product) // of none, the control has no number
	return c.Frameworks[p.Framework]
}

// update takes the current state of a finding, and reports whether it is RESOLVED for the first time.
func (f *findingRows) update(c scenario.ControlResult) (row int, resolved bool) {
	row = slices.Index(f.names, c.Finding)
	if row < 0 {
		return row, false
	}
	r := &f.rows[row]
	known := slices.Contains(r.states, finding.Resolved)
	state := stateOf(c)
	r.reach(state)
	r.execution, r.text = c.Execution, ""
	if state != stateRepairing {
		r.text = wording.OneLine(cmp.Or(c.Change, c.Note))
	}
	return row, !known && c.Workflow == finding.Resolved
}

// finish also takes the final results of the independent check.
func (f *findingRows) finish(all []scenario.ControlResult) {
	for _, c := range all {
		i, _ := f.update(c)
		switch {
		case i < 0:
		case c.Workflow == finding.Resolved && c.After == finding.Failed:
			f.rows[i].reach(stateStillFailed)
		case c.Workflow == finding.Notified:
			f.rows[i].reach(stateNotRepaired)
		}
	}
}

func (r *findingRow) reach(state string) {
	if state != "" && r.states[len(r.states)-1] != state {
		r.states = append(r.states, state)
	}
}

// stateOf returns the state to show for a finding, or "" while it is NEW.
func stateOf(c scenario.ControlResult) string {
	switch {
	case c.Workflow == finding.New || c.Workflow == "":
		return ""
	case c.Workflow != finding.Notified:
		return c.Workflow
	case c.Status == "" || c.Status == string(automation.Success):
		return stateRepairing
	}
	return stateNotRepaired
}

// done returns what was changed for a finding. Findings that share a repair refer to the first of them on the screen.
func (f *findingRows) done(i int) string {
	r := f.rows[i]
	if r.text == "" || r.execution == "" {
		return r.text
	}
	inOrder := slices.Clone(f.printed)
	for j := range f.rows {
		inOrder = append(inOrder, j)
	}
	first := inOrder[slices.IndexFunc(inOrder, func(j int) bool { return f.rows[j].execution == r.execution })]
	if first == i {
		return r.text
	}
	return "same repair as " + cmp.Or(f.rows[first].number, f.rows[first].control)
}

// failure returns why a finding was not repaired, when its row had no room for the whole reason.
func (f *findingRows) failure(i int, row string, width int) []string {
	r := f.rows[i]
	if last := r.states[len(r.states)-1]; last != stateNotRepaired && last != stateStillFailed ||
		strings.HasSuffix(row, r.text) {
		return nil
	}
	return wrapLine("    "+r.text, 4, width)
}

// lines draws all rows.
func (f *findingRows) lines(width int, paint painting) []string {
	var all []string
	for i := range f.rows {
		all = append(all, f.line(i, width, paint))
	}
	return all
}

// line draws a row in at most width characters.
func (f *findingRows) line(i, width int, paint painting) string {
	r, form := f.rows[i], formFor(width)
	control, number, resource := 0, 0, 0
	for _, x := range f.rows {
		control, number, resource = max(control, len(x.control)), max(number, len(x.number)), max(resource,
			len(x.resource))
	}
	states := form.pick(r.states)
	head := pad(r.control, control) + " "
	if number > 0 {
		head += pad(r.number, number) + "  "
	}
	head += pad(shorten(r.resource, form.resource), min(resource, form.resource)) + "  "
	used := len(head) + max(len(strings.Join(states, " -> ")), form.states) + 2
	return strings.TrimRight(head+paintStates(states, form.states, paint)+"  "+shorten(f.done(i), width-used), " ")
}

// rowForm says what fits a row.
type rowForm struct {
	resource, states int // characters
	pick             func(states []string) []string
}

func formFor(width int) rowForm {
	all := func(s []string) []string { return s }
	ends := func(s []string) []string { return slices.Compact([]string{s[0], s[len(s)-1]}) }
	last := func(s []string) []string { return s[len(s)-1:] }
	switch {
	case width >= 120:
		return rowForm{36, len("FAILED -> repairing -> RESOLVED"), all}
	case width >= 96:
		return rowForm{21, len("FAILED -> RESOLVED"), ends}
	}
	return rowForm{16, len(stateRepairing), last}
}

func paintStates(states []string, width int, paint painting) string {
	var painted []string
	for _, s := range states {
		painted = append(painted, paint(stateColours[s], s))
	}
	return strings.Join(painted, " -> ") + strings.Repeat(" ", max(0, width-len(strings.Join(states, " -> "))))
}

func pad(s string, width int) string { return text.Pad(s, width, ' ') }

// shorten cuts a text to width characters, the last of which are then dots.
func shorten(s string, width int) string {
	const cut = "..."
	runes := []rune(s)
	switch {
	case len(runes) <= width:
		return s
	case width <= len(cut):
		return ""
	}
	return strings.TrimRight(string(runes[:width-len(cut)]), " ") + cut
}

// count returns how many findings are in a state.
func (f *findingRows) count(state string) int {
	n := 0
	for _, r := range f.rows {
		if r.states[len(r.states)-1] == state {
			n++
		}
	}
	return n
}
