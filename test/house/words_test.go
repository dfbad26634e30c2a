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

// word is one entry of words.yaml: what is not written, what is written in its place, and where the entry holds.
type word struct {
	Not     string `yaml:"not"`     // a regular expression, in which upper and lower case count
	Write   string `yaml:"write"`   // what an AWS engineer would write
	In      string `yaml:"in"`      // "texts" for what users read; empty for comments too
	Example string `yaml:"example"` // a text with the fault
	Fine    string `yaml:"fine"`    // a text near it that passes

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
			t.Errorf("%q: it needs words to write, must find %q and must not find %q", w.Not, w.Example, w.Fine)
		}
	}
}

// everyday are the files whose texts people read. Released templates never change, so they keep their words.
func everyday(path string) bool {
	return !strings.HasPrefix(path, "servicecatalog/versions/") && !strings.HasPrefix(path, "test/house/") &&
		!strings.Contains(path, "/testdata/")
}

func TestPlainEnglish(t *testing.T) {
	t.Parallel()
	list := words(t)
	seen := 0
	for path, source := range files(t, ".go", ".html", ".md", ".py", ".yaml") {
		if !everyday(path) {
			continue
		}
		for _, p := range passages(t, path, source) {
			seen++
			for _, w := range list {
				if w.In == "texts" && p.comment {
					continue
				}
				for _, hit := range w.pattern.FindAllString(p.text, -1) {
					t.Errorf("%s:%d: %q: write %s", path, p.line, strings.TrimSpace(hit), w.Write)
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
	text    string
	line    int
	comment bool
}

var blanks = regexp.MustCompile(`\s+`)

// passages returns what a file says: of Go the comments and strings, of other files all paragraphs. Line breaks become
// blanks.
func passages(t *testing.T, path string, source []byte) []passage {
	t.Helper()
	var all []passage
	add := func(text string, line int, comment bool) {
		all = append(all, passage{blanks.ReplaceAllString(text, " "), line, comment})
	}
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
			add(text.Value, set.Position(text.Pos()).Line, false)
		}
		return true
	})
	return all
}

// A list that nobody can read in one go is not kept; so each entry is there once, in order.
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
