package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// trees are the folders of internal/, in the order of internal/README.md. Each imports only itself and those before it.
var trees = []string{"aws", "engine", "catalog", "build", "lab", "ops"}

// functionTrees are all that a Lambda function contains.
var functionTrees = []string{"aws", "engine"}

func TestTreesImportOnlyWhatIsAbove(t *testing.T) {
	t.Parallel()
	seen := 0
	for i, tree := range trees {
		seen += checkImports(t, tree, trees[:i+1])
	}
	for path := range goFiles(t, ".") {
		if tree, _, _ := strings.Cut(filepath.ToSlash(path), "/"); !slices.Contains(trees, tree) {
			t.Errorf("%s is in no tree of internal/README.md", path)
		}
	}
	if seen == 0 {
		t.Error("no import was checked")
	}
}

func TestFunctionsImportTheEngineOnly(t *testing.T) {
	t.Parallel()
	if checkImports(t, "../lambdas", functionTrees) == 0 {
		t.Error("no import was checked")
	}
}

// checkImports reports each import of another tree than those allowed, and counts the imports that it saw.
func checkImports(t *testing.T, root string, allowed []string) int {
	t.Helper()
	seen := 0
	for path, imports := range goFiles(t, root) {
		for _, imported := range imports {
			rest, ours := strings.CutPrefix(imported, "hubmend/internal/")
			if !ours {
				continue
			}
			seen++
			if tree, _, _ := strings.Cut(rest, "/"); !slices.Contains(allowed, tree) {
				t.Errorf("%s imports %s; only these trees are allowed there: %v", path, imported, allowed)
			}
		}
	}
	return seen
}

// goFiles gives what each Go file below a folder imports, by the file's path. Tests are left out: they may
// look upwards.
func goFiles(t *testing.T, root string) map[string][]string {
	t.Helper()
	files := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		files[path] = []string{}
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			files[path] = append(files[path], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
