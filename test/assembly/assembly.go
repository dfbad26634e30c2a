// Package assembly copies templates, for tests that change one: those that are kept, or the app that
// `cdk synth` wrote. It also visits what is in one.
package assembly

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/build/templates"
)

// Object is a JSON object, such as a template.
type Object = map[string]any

// Copy copies the repository's templates below root and returns the copy.
func Copy(t testing.TB, root string) string {
	t.Helper()
	return copied(t, filepath.Join(root, templates.Folder))
}

// CopyApp copies cdk.out below root, so that it does not change meanwhile, and returns the copy. The
// code of the functions, which is large, is linked.
func CopyApp(t testing.TB, root string) string {
	t.Helper()
	return copied(t, filepath.Join(root, "cdk.out"))
}

func copied(t testing.TB, from string) (to string) {
	t.Helper()
	to = t.TempDir()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatalf("%v; run `make synth`", err)
	}
	for _, e := range entries {
		file := filepath.Join(from, e.Name())
		switch {
		case e.IsDir():
			err = os.Symlink(file, filepath.Join(to, e.Name()))
		case strings.HasSuffix(e.Name(), ".json") || e.Name() == "cdk.out":
			var text []byte
			if text, err = os.ReadFile(file); err == nil {
				err = os.WriteFile(filepath.Join(to, e.Name()), text, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// Read decodes a JSON file.
func Read(t testing.TB, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Edit writes a JSON file if edit returns true, and returns the new text.
func Edit(t testing.TB, file string, edit func(Object) bool) (text []byte, changed bool) {
	t.Helper()
	var content Object
	Read(t, file, &content)
	if !edit(content) {
		return nil, false
	}
	text, err := json.Marshal(content)
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text, true
}

// Walk visits every object inside a value, outer ones first and by the order of their keys.
func Walk(v any, visit func(Object)) {
	switch v := v.(type) {
	case Object:
		visit(v)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			Walk(v[key], visit)
		}
	case []any:
		for _, item := range v {
			Walk(item, visit)
		}
	}
}
