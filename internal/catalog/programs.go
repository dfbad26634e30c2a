package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"hubmend/internal/catalog/program"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/engine/naming"
)

// Where programs are. A program is two files: <Name>.py, and <Name>.yaml, which is its header.
const (
	programFiles = "programs/*.py"
	runtimeFile  = "runtime/hubmend_runtime.py"
	derivedFile  = "programs/calls.json"
)

// Sources reads the runtime and the programs, by name. A catalog may have none.
func Sources(documents fs.FS) (runtime string, programs map[string]string, err error) {
	names, err := fs.Glob(documents, programFiles)
	if err != nil || len(names) == 0 {
		return "", nil, err
	}
	text, err := fs.ReadFile(documents, runtimeFile)
	if err != nil {
		return "", nil, fmt.Errorf("read the runtime of programs: %w", err)
	}
	programs = map[string]string{}
	for _, name := range names {
		source, err := fs.ReadFile(documents, name)
		if err != nil {
			return "", nil, fmt.Errorf("read %s: %w", name, err)
		}
		programs[strings.TrimSuffix(path.Base(name), ".py")] = string(source)
	}
	return string(text), programs, nil
}

// loadPrograms assembles the documents of the programs.
func loadPrograms(documents fs.FS) ([]Runbook, error) {
	runtime, sources, err := Sources(documents)
	if err != nil || len(sources) == 0 {
		return nil, err
	}
	text, err := fs.ReadFile(documents, derivedFile)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", derivedFile, err)
	}
	derived, err := program.ParseDerived(text)
	if err != nil {
		return nil, err
	}
	var all []Runbook
	var errs []error
	for name, source := range sources {
		books, err := loadProgram(documents, runtime,
			program.Program{Name: name, Source: source, Derived: derived[name]})
		if err != nil {
			errs = append(errs, fmt.Errorf("programs/%s.py: %w", name, err))
		}
		all = append(all, books...)
	}
	return all, errors.Join(errs...)
}

// loadProgram reads a program and returns its runbooks.
func loadProgram(documents fs.FS, runtime string, p program.Program) ([]Runbook, error) {
	text, err := fs.ReadFile(documents, "programs/"+p.Name+".yaml")
	if err != nil {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	if p.Header, err = program.ParseHeader(text); err != nil {
		return nil, err
	}
	if err := p.Check(runtime); err != nil {
		return nil, err
	}
	return assemble(p, "programs/"+p.Name+".py", []string{runtime})
}

// assemble returns the runbooks of a program: its repair, and its undo if it has one.
func assemble(p program.Program, file string, shared []string) ([]Runbook, error) {
	runtime := strings.Join(shared, "")
	script := string(naming.Own([]byte(runtime)))
	var indented []string
	for _, part := range shared {
		indented = append(indented, string(naming.Own([]byte(program.Indented(part)))))
	}
	made := func(name, text string, calls []runbook.Call) (Runbook, error) {
		r := Runbook{Name: name, Text: naming.Own([]byte(text)), Shared: indented, source: file}
		// The shared parts are most of each document, so they are not parsed for every one.
		head, tail := r.Around()
		doc, err := runbook.Parse([]byte(head + tail))
		if err != nil {
			return Runbook{}, err
		}
		inputs := doc.MainSteps[0].Inputs
		inputs["Script"] = script + fmt.Sprint(inputs["Script"])
		doc.Program, r.Document = calls, doc
		return r, nil
	}
	document, calls := p.Repair(runtime)
	repair, err := made(p.Name, document, calls)
	if err != nil || p.Derived.Undo == nil {
		return []Runbook{repair}, err
	}
	document, calls = p.Undo(runtime)
	undo, err := made(naming.UndoRunbook(p.Name), document, calls)
	return []Runbook{repair, undo}, err
}
