// Package house_test checks what everything in the repository keeps to: the length of lines, the vocabulary.
package house_test

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxColumns is how long a line of Go may be. A tab counts as four columns.
const maxColumns = 120

// longText is the length from which a text excuses its line: dividing an ARN or a piece of JSON helps no reader.
const longText = 50

var root = filepath.Join("..", "..")

func TestLinesOfGoFit(t *testing.T) {
	t.Parallel()
	seen := 0
	for path, source := range files(t, ".go") {
		excused := linesWithLongTexts(source, strings.HasSuffix(path, "_test.go"))
		for i, line := range strings.Split(string(source), "\n") {
			seen++
			columns := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    "))
			if columns > maxColumns && !excused[i+1] && !strings.HasPrefix(line, "//go:embed ") {
				t.Errorf("%s:%d has %d columns, at most %d", path, i+1, columns, maxColumns)
			}
		}
	}
	if seen == 0 {
		t.Error("no line was checked")
	}
}

// linesWithLongTexts returns the numbers of the lines that hold a long string which cannot be divided at a blank. In a
// test any long string counts: it is read as a whole.
func linesWithLongTexts(source []byte, test bool) map[int]bool {
	file := token.NewFileSet().AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, 0)
	lines := map[int]bool{}
	for {
		pos, kind, text := s.Scan()
		switch {
		case kind == token.EOF:
			return lines
		case kind != token.STRING || len(text) < longText:
		case test || text[0] == '`' || strings.Count(text, " ") < len(text)/30 || strings.Contains(text, `\"`):
			first := file.Line(pos)
			for n := range 1 + strings.Count(text, "\n") {
				lines[first+n] = true
			}
		}
	}
}

// files returns the files of the repository with one of the extensions, without what tools put there.
func files(t *testing.T, extensions ...string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch entry.Name() {
			case ".git", ".venv", "build", "cdk.out", "dist", "node_modules":
				if filepath.Dir(path) == root {
					return filepath.SkipDir
				}
			}
			return nil
		}
		for _, e := range extensions {
			if filepath.Ext(path) == e {
				source, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				found[filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))] = source
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
