package report

import (
	"embed"
	"html/template"
	"io"
	"slices"
	"strings"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/page"
)

//go:embed assets
var assets embed.FS

var pages = page.New(assets, "assets/*", template.FuncMap{
	"kept": newKept, "mark": mark, "times100": func(f float64) float64 { return 100 * f },
})

// content is what the template gets.
type content struct {
	Report
	Title     string
	Timeline  timeline
	Histogram []class
	Places    []placeTable
	Progress  string // what continues automatically
	Hashes    page.Hashes
}

type placeTable struct {
	Kind, Caption string
	Rows          []Place
}

// WriteHTML writes the report as one page that can be read without network and without scripts.
func (r Report) WriteHTML(w io.Writer) error {
	p := content{
		Report: r, Title: r.title(), Timeline: newTimeline(r.Period, r.Repairs), Histogram: histogram(r.Repairs),
		Progress: countedStates(r.InProgress()),
	}
	p.Places = []placeTable{{"account", "By account", r.Accounts},
		{"Region", "By Region of the resource (global: one per account, such as an IAM user)", r.Regions}}
	if len(r.Accounts) == 0 {
		p.Places = nil
	}
	return pages.Write(w, "page.html", func(h page.Hashes) any {
		p.Hashes = h
		return p
	})
}

// kept is what a runbook recorded before or after a repair, for the page.
type kept struct {
	Text string
	Cut  bool
}

func newKept(text string) kept {
	text, cut := readable(text)
	return kept{text, cut}
}

// mark is the CSS class for the colour of an outcome or a state.
func mark(name any) string {
	switch name {
	case outcomes.Repaired:
		return "good"
	case outcomes.Compliant:
		return "calm"
	case outcomes.Failed, overview.Failed:
		return "bad"
	case outcomes.Skipped, overview.Suspended:
		return "odd"
	case outcomes.UndoFailed:
		return "worse"
	case outcomes.Undo:
		return "soft"
	case overview.Undecided:
		return "bad"
	}
	return "back"
}

// countedStates writes how many targets have each state.
func countedStates(targets []overview.Target) string {
	n := map[overview.State]int{}
	for _, t := range targets {
		n[t.State]++
	}
	var words []string
	for _, s := range overview.States() {
		if n[s] > 0 {
			words = append(words, page.Grouped(n[s])+" "+string(s))
		}
	}
	return strings.Join(words, ", ")
}

// ControlNames are those in the list of attempts.
func (p content) ControlNames() []string {
	return names(p.Repairs, func(e Entry) string { return e.Control }, catalog.Compare)
}

// AccountNames are those in the list of attempts.
func (p content) AccountNames() []string {
	return names(p.Repairs, func(e Entry) string { return e.Account }, strings.Compare)
}

func names(entries []Entry, name func(Entry) string, order func(x, y string) int) []string {
	seen := map[string]bool{}
	var all []string
	for _, e := range entries {
		if n := name(e); !seen[n] {
			seen[n] = true
			all = append(all, n)
		}
	}
	slices.SortFunc(all, order)
	return all
}
