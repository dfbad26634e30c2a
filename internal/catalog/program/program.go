// Package program owns repairs that are programs: it puts the document of a repair, and that of its undo, together
// from the runtime that all share and one short Python file, and derives from that file which calls it can make.
//
// A document that it makes has one step. Package runbook owns what documents are in general.
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

// Header is what a document says beside its script.
type Header struct {
	Repair     string                       `yaml:"repair"` // the description of the repair's document
	Undo       string                       `yaml:"undo"`   // that of the undo's; empty when there is none
	Parameters map[string]runbook.Parameter `yaml:"parameters"`
}

// Derived is what follows from a program's source. It is kept in a file, because whoever uses the catalog need not
// have Python.
type Derived struct {
	Sum    string    `json:"sum"` // of the source and the runtime that it was derived from
	Repair Function  `json:"repair"`
	Undo   *Function `json:"undo,omitempty"`
}

// Function is what a function of a program takes and calls.
type Function struct {
	Parameters map[string]string   `json:"parameters"` // their types, as Systems Manager has them
	Calls      map[string][]string `json:"calls"`      // by service:Api, the parameters that some call of it has
}

// Sum identifies what a program was derived from.
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

// Check says what does not fit together in a program: what was derived is of another source, or the header has
// other parameters or functions than the source.
func (p Program) Check(runtime string) error {
	if p.Sum != Sum(runtime, p.Source) {
		return errors.New("the calls were derived from another source: run make generate")
	}
	if (p.Header.Undo == "") != (p.Derived.Undo == nil) {
		return errors.New("the header describes an undo exactly when the source has one")
	}
	declared := map[string]string{}
	for name, parameter := range p.Header.Parameters {
		declared[name] = parameter.Type
	}
	if !maps.Equal(declared, p.Derived.Repair.Parameters) {
		return fmt.Errorf("repair takes %v, but the header has the parameters %v", p.Derived.Repair.Parameters,
			declared)
	}
	if p.Derived.Undo == nil {
		return nil
	}
	for name, kind := range p.Derived.Undo.Parameters {
		if declared[name] != kind {
			return fmt.Errorf("undo takes %s, which is no parameter of the repair of that type", name)
		}
	}
	return nil
}

// made gives what a function calls in the form from which a role's policy is derived.
func (f Function) made() []runbook.Call {
	var made []runbook.Call
	for _, name := range slices.Sorted(maps.Keys(f.Calls)) {
		made = append(made, runbook.Call{Name: name, Parameters: f.Calls[name]})
	}
	return made
}

// ParseDerived decodes what WriteDerived wrote.
func ParseDerived(text []byte) (map[string]Derived, error) {
	all := map[string]Derived{}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("parse what was derived from programs: %w", err)
	}
	return all, nil
}
