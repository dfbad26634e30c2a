// Package program implements repairs as programs. It assembles the documents of a repair and its undo from the shared
// runtime and a short Python file, and derives from that file which calls it can make.
//
// Each document has one step. Package runbook describes documents in general.
package program

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"

	"hubmend/internal/catalog/runbook"
)

// Program is a repair as its author wrote it.
type Program struct {
	Name   string
	Header Header
	Source string
	Derived
}

// Header holds the parts of a document besides its script.
type Header struct {
	Repair     string                       `yaml:"repair"` // the description of the repair's document
	Undo       string                       `yaml:"undo"`   // that of the undo's; empty when there is none
	Parameters map[string]runbook.Parameter `yaml:"parameters"`
}

// Derived is derived from a program's source. It is stored in a file, so that users of the catalog do not need Python.
type Derived struct {
	Sum    string    `json:"sum"` // of the source and the runtime that it was derived from
	Repair Function  `json:"repair"`
	Undo   *Function `json:"undo,omitempty"`
}

// Function lists the parameters and calls of a program's function.
type Function struct {
	Parameters map[string]string   `json:"parameters"` // their types, as Systems Manager has them
	Calls      map[string][]string `json:"calls"`      // service:Api to the parameters of its calls
}

// Sum returns a checksum of the sources that derived data depends on.
func Sum(runtime, source string) string {
	sum := sha256.Sum256([]byte(runtime + "\x00" + source))
	return hex.EncodeToString(sum[:8])
}

// ParseHeader decodes a program's header.
func ParseHeader(text []byte) (Header, error) {
	var h Header
	dec := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := dec.Decode(&h); err != nil {
		return Header{}, fmt.Errorf("parse header: %w", err)
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return Header{}, errors.New("parse header: more than one document in the file")
	}
	return h, nil
}

// Check returns inconsistencies in a program: derived data of another source, or a header with other parameters or
// functions than the source.
func (p Program) Check(runtime string) error {
	if p.Sum != Sum(runtime, p.Source) {
		return errors.New("the calls were derived from another source: run make generate")
	}
	if (p.Header.Undo == "") != (p.Derived.Undo == nil) {
		return errors.New("the header must describe an undo if, and only if, the source has one")
	}
	declared := map[string]string{}
	for name, parameter := range p.Header.Parameters {
		declared[name] = parameter.Type
	}
	if !maps.Equal(declared, p.Derived.Repair.Parameters) {
		return fmt.Errorf("repair has the parameters %v, but the header has %v", p.Derived.Repair.Parameters,
			declared)
	}
	if p.Derived.Undo == nil {
		return nil
	}
	for name, kind := range p.Derived.Undo.Parameters {
		if declared[name] != kind {
			return fmt.Errorf("undo has the parameter %s, which the repair does not have with that type", name)
		}
	}
	return nil
}

// made returns a function's calls in the form from which a role's policy is derived.
func (f Function) made() []runbook.Call {
	var made []runbook.Call
	for _, name := range slices.Sorted(maps.Keys(f.Calls)) {
		made = append(made, runbook.Call{Name: name, Parameters: f.Calls[name]})
	}
	return made
}

// ParseDerived decodes the output of WriteDerived.
func ParseDerived(text []byte) (map[string]Derived, error) {
	all := map[string]Derived{}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("parse derived data of programs: %w", err)
	}
	return all, nil
}
