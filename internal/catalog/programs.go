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

// The names of the pieces that precede programs. A program's own piece has its name.
const (
	runtimePiece = "runtime"
	enginePiece  = "settings"
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
	shared := []program.Piece{program.Script(runtimePiece, runtime)}
	for name, source := range sources {
		books, err := loadProgram(documents, shared,
			program.Program{Name: name, Source: source, Derived: derived[name]})
		if err != nil {
			errs = append(errs, fmt.Errorf("programs/%s.py: %w", name, err))
		}
		all = append(all, books...)
	}
	return all, errors.Join(errs...)
}

// loadProgram reads a program and returns its runbooks.
func loadProgram(documents fs.FS, runtime []program.Piece, p program.Program) ([]Runbook, error) {
	text, err := fs.ReadFile(documents, "programs/"+p.Name+".yaml")
	if err != nil {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	if p.Header, err = program.ParseHeader(text); err != nil {
		return nil, err
	}
	if err := p.Check(source(runtime)); err != nil {
		return nil, err
	}
	return assemble(p, "programs/"+p.Name+".py", runtime)
}

// source returns the Python source of pieces.
func source(pieces []program.Piece) string {
	var b strings.Builder
	for _, piece := range pieces {
		b.WriteString(piece.Source)
	}
	return b.String()
}

// assemble returns the runbooks of a program: its repair, and its undo if it has one.
func assemble(p program.Program, file string, runtime []program.Piece) ([]Runbook, error) {
	made := func(name string, pieces []program.Piece, calls []runbook.Call) (Runbook, error) {
		r := Runbook{Name: name, source: file}
		var rest []byte // the script is most of each document, so it is not parsed for every one
		for _, piece := range pieces {
			piece.Text, piece.Source = string(naming.Own([]byte(piece.Text))), string(naming.Own([]byte(piece.Source)))
			r.Pieces, r.Text = append(r.Pieces, piece), append(r.Text, piece.Text...)
			if piece.Source == "" {
				rest = append(rest, piece.Text...)
			}
		}
		doc, err := runbook.Parse(rest)
		if err != nil {
			return Runbook{}, err
		}
		inputs := doc.MainSteps[0].Inputs
		inputs["Script"] = source(r.Pieces) + fmt.Sprint(inputs["Script"])
		doc.Program, r.Document = calls, doc
		return r, nil
	}
	pieces, calls := p.Repair(runtime)
	repair, err := made(p.Name, pieces, calls)
	if err != nil || p.Derived.Undo == nil {
		return []Runbook{repair}, err
	}
	pieces, calls = p.Undo(runtime)
	undo, err := made(naming.UndoRunbook(p.Name), pieces, calls)
	return []Runbook{repair, undo}, err
}
