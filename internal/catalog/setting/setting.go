// Package setting implements declared repairs: a control's file declares how a value is read, which value is required
// and how it is written, and an engine (ssm-documents/runtime/hubmend_settings.py) does this. This package checks
// declarations and converts each to a program. After that, a setting is treated like any other program.
package setting

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"hubmend/internal/aws/readonly"
)

// Setting is a declaration. The JSON schema ssm-documents/control.schema.json explains each field.
type Setting struct {
	What      string   `yaml:"what" json:"what"`
	Read      Calls    `yaml:"read" json:"read"`
	Value     string   `yaml:"value" json:"value"`
	Pending   string   `yaml:"pending" json:"pending,omitempty"`
	Want      any      `yaml:"want" json:"want,omitempty"`
	AtLeast   *int     `yaml:"atLeast" json:"atLeast,omitempty"`
	AtMost    *int     `yaml:"atMost" json:"atMost,omitempty"`
	Add       []any    `yaml:"add" json:"add,omitempty"`
	Remove    []any    `yaml:"remove" json:"remove,omitempty"`
	Parameter string   `yaml:"parameter" json:"parameter,omitempty"`
	Skip      []Reason `yaml:"skip" json:"skip,omitempty"`
	Refuse    []Reason `yaml:"refuse" json:"refuse,omitempty"`
	Ready     string   `yaml:"ready" json:"ready,omitempty"`
	Write     Calls    `yaml:"write" json:"write"`
	Undo      Calls    `yaml:"undo" json:"undo,omitempty"`
	Seconds   int      `yaml:"seconds" json:"seconds,omitempty"`
}

// Call is a call to AWS.
type Call struct {
	Call   string         `yaml:"call" json:"call"`
	With   map[string]any `yaml:"with" json:"with,omitempty"`
	Absent Names          `yaml:"absent" json:"absent,omitempty"` // of a read
	When   string         `yaml:"when" json:"when,omitempty"`     // this and the following, of a write
	Stale  Names          `yaml:"stale" json:"stale,omitempty"`
	Retry  Names          `yaml:"retry" json:"retry,omitempty"`
}

// Reason is a condition on the read values, with a sentence for people.
type Reason struct {
	When string `yaml:"when" json:"when,omitempty"`
	Say  string `yaml:"say" json:"say"`
}

// Calls is one call or a list of them.
type Calls []Call

// UnmarshalYAML takes either form.
func (c *Calls) UnmarshalYAML(decode func(any) error) error { return oneOrMore((*[]Call)(c), decode) }

// Names is one name or a list of them.
type Names []string

// UnmarshalYAML takes either form.
func (n *Names) UnmarshalYAML(decode func(any) error) error {
	return oneOrMore((*[]string)(n), decode)
}

func oneOrMore[T any](all *[]T, decode func(any) error) error {
	var form any
	if err := decode(&form); err != nil {
		return err
	}
	if _, more := form.([]any); more {
		return decode(all)
	}
	*all = make([]T, 1)
	return decode(&(*all)[0])
}

// longest is the maximum number of seconds until a change shows. A script may run for 600 seconds, including the reads
// before the change.
const longest = 480

// Check returns the errors of a declaration that can be found without Python. Lint finds those that require AWS's
// models.
func (s Setting) Check(reversible bool) error {
	var errs []error
	demand := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("setting: "+format, args...))
		}
	}
	demand(s.What != "" && s.Value != "", "it needs what and value")
	goals := 0
	for _, given := range []bool{s.Want != nil, s.AtLeast != nil, s.AtMost != nil, len(s.Add)+len(s.Remove) > 0} {
		if given {
			goals++
		}
	}
	demand(goals == 1, "it needs one of want, atLeast, atMost, and add or remove")
	demand(s.Parameter == "" || len(s.Add)+len(s.Remove) == 0, "parameter goes with want, atLeast or atMost")
	demand(len(s.Read) > 0 && len(s.Write) > 0, "it needs read and write")
	demand(s.Seconds >= 0 && s.Seconds <= longest, "seconds is at most %d", longest)
	for _, r := range slices.Concat(s.Skip, s.Refuse) {
		demand(r.When != "" && strings.HasSuffix(r.Say, "."), "skip and refuse need when, and a sentence in say")
	}
	for _, c := range s.Read {
		demand(kind(c.Call) == "read", "read: %s is not known to read only; see internal/aws/readonly/reads.yaml",
			c.Call)
		demand(c.When == "" && c.Stale == nil && c.Retry == nil, "read: %s: when, stale and retry are for writes",
			c.Call)
	}
	for _, c := range slices.Concat(s.Write, s.Undo) {
		demand(kind(c.Call) == "write", "write and undo: %s changes nothing", c.Call)
		demand(c.Absent == nil, "write and undo: %s: absent is for reads", c.Call)
	}
	demand(!reversible || len(s.Undo) > 0 || slices.ContainsFunc(s.Write, Call.writesBack),
		"the control is reversible, but write has no {value}, {added}, {removed} or {changed...}; say in undo how "+
			"it is undone, or in irreversible why it is not")
	demand(reversible || len(s.Undo) == 0, "the control is not reversible, so it has no undo")
	return errors.Join(errs...)
}

// writesBack reports whether the call can also write the previous value.
func (c Call) writesBack() bool {
	text := literal(plainly(c.With))
	return slices.ContainsFunc([]string{"{value", "{added}", "{removed}", "{changed."},
		func(part string) bool { return strings.Contains(text, part) })
}

func kind(call string) string {
	if service, api, _ := strings.Cut(call, ":"); readonly.Call(service, api) {
		return "read"
	}
	return "write"
}
