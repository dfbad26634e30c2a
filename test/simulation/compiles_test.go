package simulation_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/types"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/go/packages"
)

// compiled loads the packages that mutations change, with the types of all that they import.
func compiled(t *testing.T) []*packages.Package {
	t.Helper()
	loaded, err := packages.Load(&packages.Config{Dir: root, Context: t.Context(),
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes |
			packages.NeedImports | packages.NeedDeps | packages.NeedExportFile}, "./internal/engine/...")
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// compiles checks the types of a package in which one file has another text.
func compiles(all []*packages.Package, file, text string) error {
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	for _, p := range all {
		at := slices.Index(p.GoFiles, path)
		if at < 0 {
			continue
		}
		mutant, err := parser.ParseFile(p.Fset, path, text, 0)
		if err != nil {
			return err
		}
		var problems []error
		check := types.Config{Error: func(err error) { problems = append(problems, err) },
			Importer: importer(func(path string) (*types.Package, error) { return p.Imports[path].Types, nil })}
		files := slices.Concat(p.Syntax[:at], []*ast.File{mutant}, p.Syntax[at+1:])
		_, _ = check.Check(p.PkgPath, p.Fset, files, nil) // it tells the first problem only
		return errors.Join(problems...)
	}
	return fmt.Errorf("no package has %s", file)
}

type importer func(path string) (*types.Package, error)

func (i importer) Import(path string) (*types.Package, error) { return i(path) }
