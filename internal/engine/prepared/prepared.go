// Package prepared owns what functions need of the catalog, in a form that costs nothing to start
// with: a line for each control, number of a standard and custom action, decoded when somebody asks for it.
//
// The catalog's YAML is the source. `make generate` writes catalog.tsv, a test compares the two,
// and neither a synth nor `hubmend lint` takes one that is out of date.
package prepared

import (
	_ "embed" // for the catalog
	"encoding/json"
	"strings"
	"sync"

	"hubmend/internal/engine/control"
	"hubmend/internal/engine/finding"
)

// Text is the catalog that this binary was built with, as Write wrote it.
//
//go:embed catalog.tsv
var Text string

// The kinds of lines. Each has the kind, a key and a value, with tabs between them.
const (
	kindControl = "control" // id -> control.Control as JSON
	kindAction  = "action"  // id -> control.CustomAction as JSON
	kindRule    = "rule"    // standard and number -> id of a control
	kindGroups  = "groups"  // id of a control -> ids of groups, with commas between them
	kindChanges = "changes" // runbook -> names of events
)

// Catalog answers what functions ask of a catalog. It may be used by several goroutines.
type Catalog struct {
	text string

	mu       sync.Mutex
	lines    map[string]string // values by kind and key; nil until somebody asks
	controls map[string]control.Control
}

// Parse returns the catalog that a text from Write has. It does nothing yet.
func Parse(text string) *Catalog { return &Catalog{text: text} }

var embedded = Parse(Text)

// Embedded returns the catalog that this binary was built with.
func Embedded() *Catalog { return embedded }

// Control finds the control that a finding is about.
func (c *Catalog) Control(f finding.Finding) (control.Control, bool) { return control.Of(f, c) }

// ByID returns the control with a consolidated id such as EC2.13.
func (c *Catalog) ByID(id string) (control.Control, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.control(id)
}

// ByRule returns the control that a standard has under a number of its own.
func (c *Catalog) ByRule(standard, rule string) (control.Control, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, known := c.value(kindRule, RuleKey(standard, rule))
	if !known {
		return control.Control{}, false
	}
	return c.control(id)
}

// CustomAction returns the custom action with an id such as CIS4142.
func (c *Catalog) CustomAction(id string) (control.CustomAction, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var a control.CustomAction
	text, known := c.value(kindAction, id)
	return a, known && json.Unmarshal([]byte(text), &a) == nil
}

// Groups returns the ids of the control groups, of any playbook, that a control is in.
func (c *Catalog) Groups(control string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text, known := c.value(kindGroups, control)
	if !known {
		return nil
	}
	return strings.Split(text, ",")
}

// Changes returns the events that show in CloudTrail when the setting of a runbook is changed: by the calls of the
// runbook and of its undo, and calls like them.
func (c *Catalog) Changes(runbook string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text, _ := c.value(kindChanges, runbook)
	return strings.Fields(text)
}

// control decodes a control once.
func (c *Catalog) control(id string) (control.Control, bool) {
	id = strings.ToLower(id)
	if known, ok := c.controls[id]; ok {
		return known, true
	}
	text, known := c.value(kindControl, id)
	if !known {
		return control.Control{}, false
	}
	var found control.Control
	if json.Unmarshal([]byte(text), &found) != nil || found.Resource.Compile() != nil {
		return control.Control{}, false // which a test of the text rules out
	}
	if c.controls == nil {
		c.controls = map[string]control.Control{}
	}
	c.controls[id] = found
	return found, true
}

func (c *Catalog) value(kind, key string) (string, bool) {
	if c.lines == nil {
		c.lines = map[string]string{}
		for line := range strings.Lines(c.text) {
			at := strings.LastIndexByte(line, '\t')
			if at >= 0 {
				c.lines[strings.ToLower(line[:at])] = strings.TrimSuffix(line[at+1:], "\n")
			}
		}
	}
	value, known := c.lines[strings.ToLower(kind+"\t"+key)] // Security Hub writes ids in more than one case
	return value, known
}
