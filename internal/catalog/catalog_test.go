package catalog_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hubmend/internal/catalog"
)

func TestEmbeddedIsBuiltOnce(t *testing.T) {
	t.Parallel()
	if first, second := catalog.Embedded(), catalog.Embedded(); first != second {
		t.Error("Embedded gives another catalog each time")
	}
}

var controlID = regexp.MustCompile(`\b(EC2|IAM|S3|KMS|CloudTrail|Config)\.\d+\b`)

// A control is data: Go code that knows one by its id cannot be extended by adding a file.
func TestNoControlIDInCode(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"internal", "lambdas", "infra", "cmd", "servicecatalog", "ssm-documents"} {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			files := goFiles(t, filepath.Join("../..", dir))
			if len(files) == 0 {
				t.Error("there is no Go file; the walk is broken")
			}
			for _, name := range files {
				for _, text := range literals(t, name) {
					if id := controlID.FindString(text); id != "" {
						t.Errorf("%s has the control id %s in a text", name, id)
					}
				}
			}
		})
	}
}

// goFiles lists the Go files under a folder that are no tests.
func goFiles(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// literals returns the texts of a Go file, but not its comments.
func literals(t *testing.T, name string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			all = append(all, lit.Value)
		}
		return true
	})
	return all
}

func BenchmarkBind(b *testing.B) {
	control := embedded(b).Controls[0]
	f := sampleFindings(b, control)["consolidated"]
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := control.Bind(f); err != nil {
			b.Fatal(err)
		}
	}
}
