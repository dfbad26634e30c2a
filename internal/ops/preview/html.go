package preview

import (
	"embed"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/cost"
	"hubmend/internal/ops/page"
)

//go:embed assets
var assets embed.FS

var pages = page.New(assets, "assets/*", template.FuncMap{
	"mark": mark, "usd": cost.USD, "others": Counts.Others,
	"join": func(s []string) string { return strings.Join(s, ", ") },
})

// mark is the CSS class for the colour of an outcome.
func mark(o Outcome) string {
	switch o {
	case Repaired:
		return "good"
	case Delayed:
		return "calm"
	case Asked, Unknown:
		return "odd"
	case Exempt:
		return "back"
	case Suspended, Held, Waiting:
		return "bad"
	}
	return "soft"
}

// content is what the template gets.
type content struct {
	Report
	Outcomes []Outcome // that occur
	First    []Control // to look at first
	Places   []placeTable
	Hashes   page.Hashes
}

type placeTable struct {
	Kind, Caption string
	Rows          []Place
}

// Named reports whether a place has a name besides its id.
func (t placeTable) Named() bool {
	return slices.ContainsFunc(t.Rows, func(p Place) bool { return p.Title != "" })
}

// WriteHTML writes the preview as one page that can be read without network and without scripts.
func (r Report) WriteHTML(w io.Writer) error {
	c := content{Report: r, First: r.LookFirst(), Places: []placeTable{{"account", "By account", r.Accounts}}}
	if len(r.OUs) > 0 {
		c.Places = append(c.Places, placeTable{"OU", "By organizational unit", r.OUs})
	}
	for _, o := range Outcomes() {
		if r.Total.By[o] > 0 {
			c.Outcomes = append(c.Outcomes, o)
		}
	}
	return pages.Write(w, "page.html", func(h page.Hashes) any {
		c.Hashes = h
		return c
	})
}

// LookFirst lists the controls that would be repaired and whose repairs cannot be undone or have a high risk.
func (r Report) LookFirst() []Control {
	var some []Control
	for _, c := range r.Controls {
		if c.Repairs > 0 && (c.Irreversible != "" || c.Risk == "high") {
			some = append(some, c)
		}
	}
	return some
}

// Others writes how many findings have which outcome besides repaired ones, such as "asked 3, exempt 2".
func (c Counts) Others() string {
	var words []string
	for _, o := range Outcomes() {
		if n := c.By[o]; n > 0 && o != Repaired {
			words = append(words, string(o)+" "+page.Grouped(n))
		}
	}
	return strings.Join(words, ", ")
}

// Takes is how long it takes to start all repairs if all findings were checked at once.
func (r Report) Takes() time.Duration { return r.Last.Sub(r.At) }

// ControlNames are those in the list of findings.
func (c content) ControlNames() []string {
	return names(c.Rows, func(r Row) string { return r.Control }, catalog.Compare)
}

// AccountNames are those in the list of findings.
func (c content) AccountNames() []string {
	return names(c.Rows, func(r Row) string { return r.Account }, strings.Compare)
}

func names(rows []Row, name func(Row) string, order func(x, y string) int) []string {
	seen := map[string]bool{}
	for _, r := range rows {
		seen[name(r)] = true
	}
	return slices.SortedFunc(maps.Keys(seen), order)
}
