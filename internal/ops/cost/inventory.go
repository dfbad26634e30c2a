package cost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"hubmend/internal/lab"
	"hubmend/templates"
)

// suffix ends the names of template files.
const suffix = ".template.json"

// Inventory is what the templates deploy and AWS bills. Resources with a condition count.
type Inventory struct {
	// Counts are resources that are billed monthly.
	Counts []Count
	// Polled is how many queues Lambda polls.
	Polled int
	// Schedules are functions that run on a schedule.
	Schedules []Schedule
	// Memory of functions in MB, by name.
	Memory map[string]float64
	// Recovery reports whether the ledger has point-in-time recovery.
	Recovery bool
	// LogDays is the retention of logs.
	LogDays float64
}

// Count is how many units of a price one stack has, and where the stack is deployed.
type Count struct {
	Price  string
	Number int
	Scope  Scope
}

// Scope says where a stack is deployed.
type Scope int

// Once is in the administrator's account.
const (
	Once Scope = iota
	PerAccount
	PerPlace // in each account and Region
)

// Schedule is a function that runs periodically.
type Schedule struct {
	Function string
	Every    time.Duration
}

// Read counts what the templates in a folder deploy, or those in this program when there is no name. A resource
// that has no price is an error.
func Read(folder string, book Book) (Inventory, error) {
	var assembly fs.FS = templates.Files
	if folder != "" {
		assembly = os.DirFS(folder)
	}
	files, err := fs.Glob(assembly, "*"+suffix)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no templates in %s; run `make templates`", folder)
	}
	if err != nil {
		return Inventory{}, err
	}
	texts := map[string][]byte{}
	for _, file := range files {
		if texts[strings.TrimSuffix(file, suffix)], err = fs.ReadFile(assembly, file); err != nil {
			return Inventory{}, err
		}
	}
	return Take(texts, book)
}

// Take is Read for templates by the name of their stack.
func Take(stacks map[string][]byte, book Book) (Inventory, error) {
	inv := Inventory{Memory: map[string]float64{}}
	for _, stack := range slices.Sorted(maps.Keys(stacks)) {
		var t struct{ Resources map[string]resource }
		if err := json.Unmarshal(stacks[stack], &t); err != nil {
			return Inventory{}, fmt.Errorf("read template %s: %w", stack, err)
		}
		s := stackOf{inv: &inv, book: book, scope: scopeOf(stack), resources: t.Resources, metrics: map[string]bool{},
			counts: map[string]int{}}
		if err := s.take(); err != nil {
			return Inventory{}, fmt.Errorf("template %s: %w", stack, err)
		}
	}
	if len(inv.Memory) == 0 || inv.LogDays == 0 {
		return Inventory{}, errors.New("the templates have no function with a log group; are they Hubmend's?")
	}
	return inv, nil
}

func scopeOf(stack string) Scope {
	switch stack {
	case lab.MemberRolesStack:
		return PerAccount
	case lab.MemberRunbooksStack:
		return PerPlace
	default:
		return Once
	}
}

type resource struct {
	Type       string
	Properties json.RawMessage
}

// stackOf takes the inventory of one template.
type stackOf struct {
	inv       *Inventory
	book      Book
	scope     Scope
	resources map[string]resource
	metrics   map[string]bool
	counts    map[string]int // by price
}

func (s *stackOf) take() error {
	var problems []error
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		if err := s.one(s.resources[id]); err != nil {
			problems = append(problems, fmt.Errorf("%s, %s: %w", id, s.resources[id].Type, err))
		}
	}
	s.counts[metric] += len(s.metrics)
	for _, price := range slices.Sorted(maps.Keys(s.counts)) {
		if n := s.counts[price]; n > 0 {
			s.inv.Counts = append(s.inv.Counts, Count{Price: price, Number: n, Scope: s.scope})
		}
	}
	return errors.Join(problems...)
}

// one counts a resource.
func (s *stackOf) one(r resource) error {
	switch r.Type {
	case "AWS::CloudWatch::Alarm":
		return s.alarm(r)
	case "AWS::CloudWatch::Dashboard":
		return s.dashboard(r)
	case "AWS::KMS::Key":
		s.counts[key]++
		return nil
	case "AWS::Logs::LogGroup":
		return s.logGroup(r)
	case "AWS::Lambda::EventSourceMapping":
		return s.eventSource(r)
	case "AWS::Lambda::Function":
		return s.function(r)
	case "AWS::Events::Rule":
		return s.rule(r)
	case "AWS::DynamoDB::Table":
		return s.table(r)
	}
	if !s.book.free(r.Type) {
		return errors.New("its price is unknown; add it to internal/ops/cost/prices.yaml, as free or with a price " +
			"that is counted")
	}
	return nil
}
