package house_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// word is an entry of words.yaml.
type word struct {
	Not     string `yaml:"not"`     // a case-sensitive regular expression
	Write   string `yaml:"write"`   // the replacement
	In      string `yaml:"in"`      // "texts" for texts that users read; empty for all
	Example string `yaml:"example"` // a text with the fault
	Fine    string `yaml:"fine"`    // a similar text without the fault

	pattern *regexp.Regexp
}

func words(t *testing.T) []word {
	t.Helper()
	source, err := os.ReadFile("words.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []word
	if err := yaml.NewDecoder(bytes.NewReader(source), yaml.Strict()).Decode(&all); err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].pattern = regexp.MustCompile(all[i].Not)
	}
	return all
}

func TestWordsFindTheirExamples(t *testing.T) {
	t.Parallel()
	for _, w := range words(t) {
		if w.Write == "" || !w.pattern.MatchString(w.Example) || w.pattern.MatchString(w.Fine) {
			t.Errorf("%q must have a replacement, match %q and not match %q", w.Not, w.Example, w.Fine)
		}
	}
}

// checked reports whether a file is checked. Released templates never change, and the test's own files quote faults.
func checked(path string) bool {
	return !strings.HasPrefix(path, "servicecatalog/versions/") && !strings.HasPrefix(path, "test/house/") &&
		!strings.Contains(path, "/testdata/")
}

func TestPlainEnglish(t *testing.T) {
	t.Parallel()
	list := words(t)
	seen := 0
	for path, source := range files(t, ".go", ".html", ".md", ".py", ".yaml") {
		if !checked(path) {
			continue
		}
		for _, p := range passages(t, path, source) {
			seen++
			for _, w := range list {
				if w.In == "texts" && p.internal {
					continue
				}
				for _, hit := range w.pattern.FindAllStringIndex(p.text, -1) {
					t.Errorf("%s:%d: %q: write %s", path, p.at(hit[0]), strings.TrimSpace(p.text[hit[0]:hit[1]]),
						w.Write)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("no text was read")
	}
}

// passage is a comment or a text, with the number of its first line.
type passage struct {
	text     string // lines without indentation, joined by blanks
	line     int
	internal bool  // users do not read it
	ends     []int // of the lines in text
}

// at returns the number of the line at an offset of the text.
func (p passage) at(offset int) int {
	n, _ := slices.BinarySearch(p.ends, offset+1)
	return p.line + n
}

func newPassage(source string, line int, internal bool) passage {
	p := passage{line: line, internal: internal}
	var text strings.Builder
	for part := range strings.Lines(source) {
		text.WriteString(strings.TrimSpace(part) + " ")
		p.ends = append(p.ends, text.Len())
	}
	p.text = text.String()
	return p
}

// passages returns the comments and strings of Go files and the paragraphs of other files.
func passages(t *testing.T, path string, source []byte) []passage {
	t.Helper()
	var all []passage
	add := func(text string, line int, internal bool) { all = append(all, newPassage(text, line, internal)) }
	if filepath.Ext(path) != ".go" {
		line := 1
		for paragraph := range strings.SplitSeq(string(source), "\n\n") {
			add(paragraph, line, false)
			line += strings.Count(paragraph, "\n") + 2
		}
		return all
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Comments {
		add(c.Text(), set.Position(c.Pos()).Line, true)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
			add(text.Value, set.Position(text.Pos()).Line, strings.HasSuffix(path, "_test.go"))
		}
		return true
	})
	return all
}

// Sorted entries are easy to find, and duplicates show.
func TestWordsAreInOrder(t *testing.T) {
	t.Parallel()
	var shown []string
	for _, w := range words(t) {
		shown = append(shown, w.Write)
	}
	if !slices.IsSorted(shown) {
		t.Error(fmt.Sprint("sort words.yaml by what to write: ", shown))
	}
}
