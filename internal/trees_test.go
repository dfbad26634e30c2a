package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
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

// labShared are the packages that the services of the lab share. They import none of the services.
var labShared = []string{"aging", "apicall", "cfn", "cloudformation", "ocsf", "procgroup", "python", "story", "world"}

// labServices are the services of the lab, each with the other packages of the lab that it imports besides labShared.
// A service knows all others by interfaces only.
var labServices = map[string][]string{
	"cloudwatch": nil, "events": nil, "iam": nil, "kms": nil, "lambda": {"lambdahost"}, "s3": nil,
	"organizations": nil, "tagging": nil, "resources": {"kms"}, "securityhub": {"events"}, "servicecatalog": nil,
	"sns": nil, "sqs": {"kms"},
	"ssm": {"automation", "events", "faults", "scripts"},
}

func TestLabServicesKnowOneAnotherByInterfaces(t *testing.T) {
	t.Parallel()
	const lab = "hubmend/internal/lab"
	allowed := maps.Clone(labServices)
	for _, shared := range labShared {
		allowed[shared] = nil
	}
	seen := 0
	for path, imports := range goFiles(t, "lab") {
		part := filepath.Base(filepath.Dir(path))
		others, ok := allowed[part]
		if !ok {
			continue
		}
		seen++
		for _, imported := range imports {
			other, ours := strings.CutPrefix(imported, lab+"/")
			if imported == lab || ours && !slices.Contains(labShared, other) && !slices.Contains(others, other) {
				t.Errorf("%s imports %s, which is not for %s", path, imported, part)
			}
		}
	}
	if seen < len(allowed) {
		t.Errorf("%d files were checked, of %d packages", seen, len(allowed))
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
