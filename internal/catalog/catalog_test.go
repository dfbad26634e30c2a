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
	if catalog.Embedded() != catalog.Embedded() {
		t.Error("Embedded gives another catalog each time")
	}
}

// A control is data: Go code that knows one by its id cannot be extended by adding a file.
func TestNoControlIDInCode(t *testing.T) {
	t.Parallel()
	controlID := regexp.MustCompile(`\b(EC2|IAM|S3|KMS|CloudTrail|Config)\.\d+\b`)
	const root = "../.."
	read := 0
	for _, dir := range []string{"internal", "lambdas", "infra", "cmd", "servicecatalog", "ssm-documents"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(name string, d fs.DirEntry, err error) error {
			switch {
			case d == nil: // a folder that is not there yet
				return nil
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules"):
				return fs.SkipDir
			case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			read++
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && controlID.MatchString(lit.Value) {
					t.Errorf("%s has the control id %s in a text", name, controlID.FindString(lit.Value))
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if read < 20 {
		t.Errorf("only %d files were read; the walk is broken", read)
	}
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
