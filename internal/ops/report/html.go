package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/overview"
)

//go:embed assets
var assets embed.FS

// pages holds the page, its style and its script. Style and script are templates without actions, so
// that they are escaped like everything else and nothing is ever marked as safe.
var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"visible": visible, "short": shortName, "span": span, "percent": percent, "plural": plural, "grouped": grouped,
	"moment": moment, "iso": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"date": func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
	"kept": newKept, "mark": mark, "times100": func(f float64) float64 { return 100 * f },
}).ParseFS(assets, "assets/*"))

// page is what the template gets.
type page struct {
	Report
	Title     string
	Timeline  timeline
	Histogram []class
	Places    []placeTable
	Progress  string // what continues automatically
	Hashes    hashes
}

type placeTable struct {
	Kind, Caption string
	Rows          []Place
}

// hashes name the only style and script that the page's content security policy allows.
type hashes struct{ Style, Script string }

// WriteHTML writes the report as one page that can be read without network and without scripts.
func (r Report) WriteHTML(w io.Writer) error {
	style, errStyle := inner("only-style")
	script, errScript := inner("only-script")
	if errStyle != nil || errScript != nil {
		return fmt.Errorf("write the page: %w", errors.Join(errStyle, errScript))
	}
	p := page{
		Report: r, Title: r.title(), Timeline: newTimeline(r.Period, r.Repairs), Histogram: histogram(r.Repairs),
		Progress: countedStates(r.InProgress()), Hashes: hashes{style, script},
	}
	p.Places = []placeTable{{"account", "By account", r.Accounts},
		{"Region", "By Region of the resource (global: one per account, such as an IAM user)", r.Regions}}
	if len(r.Accounts) == 0 {
		p.Places = nil
	}
	if err := pages.ExecuteTemplate(w, "page.html", p); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// inner gives the hash of the text between the tags of a template.
func inner(name string) (string, error) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, nil); err != nil {
		return "", err
	}
	text := b.Bytes()
	text = text[bytes.IndexByte(text, '>')+1 : bytes.LastIndexByte(text, '<')]
	sum := sha256.Sum256(text)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:]), nil
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
			words = append(words, grouped(n[s])+" "+string(s))
		}
	}
	return strings.Join(words, ", ")
}

// ControlNames are those in the list of attempts.
func (p page) ControlNames() []string {
	return names(p.Repairs, func(e Entry) string { return e.Control }, catalog.Compare)
}

// AccountNames are those in the list of attempts.
func (p page) AccountNames() []string {
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
