// Package cost estimates the cost of Hubmend. prices.yaml contains AWS's prices, assumptions.yaml the numbers
// that cannot be counted. All other numbers are counted in the synthesized templates and the runbooks.
//
// It calls no AWS API.
package cost

import (
	_ "embed" // for the prices and the assumptions
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed prices.yaml
var pricesFile []byte

//go:embed assumptions.yaml
var assumptionsFile []byte

// The ids of prices.
const (
	step         = "step"
	script       = "script"
	request      = "request"
	compute      = "compute"
	write        = "write"
	read         = "read"
	table        = "table"
	recovery     = "recovery"
	message      = "message"
	event        = "event"
	notification = "notification"
	email        = "email"
	metric       = "metric"
	alarm        = "alarm"
	dashboard    = "dashboard"
	ingestion    = "ingestion"
	archive      = "archive"
	key          = "key"
)

// Book contains the prices and assumptions of an estimate.
type Book struct {
	Region  string   `json:"region"`
	Sources []Source `json:"sources"`
	Prices  []Price  `json:"prices"`
	// Free are types of resources without a charge of their own.
	Free        []Free       `yaml:"free" json:"-"`
	Peer        Peer         `json:"peer"`
	Assumptions []Assumption `yaml:"-" json:"assumptions"`
}

// Source is where and when a price was read.
type Source struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	URL  string `json:"url"`
	Read string `json:"read"`
}

// Price is what AWS charges for a number of units (Per, or 1), and how many units per month are free for
// every payer.
type Price struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	USD    float64 `json:"usd"`
	Per    float64 `json:"per,omitempty"`
	Free   float64 `json:"free,omitempty"`
	Source string  `json:"source"`
}

// Each is the price of one unit.
func (p Price) Each() float64 { return p.USD / max(p.Per, 1) }

// Free says why a type of resource has no charge of its own.
type Free struct{ Type, Because string }

// Assumption is a number that is not counted. Basis is measured, documented or assumed.
type Assumption struct {
	ID    string  `json:"id"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Basis string  `json:"basis"`
	What  string  `json:"what"`
}

// Embedded returns the prices and assumptions that this binary was built with. It panics when they are
// invalid, which a test rules out.
func Embedded() Book {
	b, err := embedded()
	if err != nil {
		panic(err)
	}
	b.Assumptions = slices.Clone(b.Assumptions)
	return b
}

var embedded = sync.OnceValues(func() (Book, error) { return parse(pricesFile, assumptionsFile) })

func parse(prices, assumptions []byte) (Book, error) {
	var b Book
	if err := yaml.UnmarshalWithOptions(prices, &b, yaml.Strict()); err != nil {
		return Book{}, fmt.Errorf("read the prices: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(assumptions, &b.Assumptions, yaml.Strict()); err != nil {
		return Book{}, fmt.Errorf("read the assumptions: %w", err)
	}
	return b, b.check()
}

// check reports every price without a source, and every missing number.
func (b Book) check() error {
	var problems []error
	for _, p := range b.Prices {
		if p.USD <= 0 || p.Unit == "" || p.Name == "" {
			problems = append(problems, fmt.Errorf("price %s: usd, unit and name are required", p.ID))
		}
		if !slices.ContainsFunc(b.Sources,
			func(s Source) bool { return s.ID == p.Source && s.URL != "" && s.Read != "" }) {
			problems = append(problems,
				fmt.Errorf("price %s: source %q with a URL and a date not found", p.ID, p.Source))
		}
	}
	for _, a := range b.Assumptions {
		if a.Value <= 0 || a.What == "" || !slices.Contains([]string{"measured", "documented", "assumed"}, a.Basis) {
			problems = append(problems,
				fmt.Errorf("assumption %s: a value, a description and a basis are required", a.ID))
		}
	}
	return errors.Join(problems...)
}

// price returns a price. An unknown id is a bug of this package.
func (b Book) price(id string) Price {
	for _, p := range b.Prices {
		if p.ID == id {
			return p
		}
	}
	panic("cost: unknown price " + id)
}

func (b Book) source(id string) Source {
	for _, s := range b.Sources {
		if s.ID == id {
			return s
		}
	}
	panic("cost: unknown source " + id)
}

// Value returns the number of an assumption.
func (b Book) Value(id string) float64 {
	for _, a := range b.Assumptions {
		if a.ID == id {
			return a.Value
		}
	}
	panic("cost: unknown assumption " + id)
}

// Assume returns a book with another number for an assumption.
func (b Book) Assume(id string, value float64) Book {
	b.Assumptions = slices.Clone(b.Assumptions)
	for i := range b.Assumptions {
		if b.Assumptions[i].ID == id {
			b.Assumptions[i].Value = value
		}
	}
	return b
}

// free reports whether a type of resource has no charge of its own.
func (b Book) free(kind string) bool {
	return slices.ContainsFunc(b.Free, func(f Free) bool { return f.Type == kind })
}
