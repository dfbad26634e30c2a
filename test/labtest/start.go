package labtest

import (
	"path/filepath"
	"testing"

	"hubmend/internal/lab"
	"hubmend/internal/lab/python"
)

// Start starts a lab, in which roles may do what their policies say, and deploys an app into
// it. It ends with the test, which is skipped where tests have to be short. Root is the folder
// of the go.mod; app writes the app into a folder and gives that, as Synthesize and
// assembly.Copy do; configure changes the lab's configuration before it starts.
func Start(t testing.TB, root string, app func(t testing.TB, root string) string,
	configure ...func(*lab.Config)) *lab.Lab {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Python")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	c := lab.Defaults
	c.Root, c.Assembly, c.Enforce = root, app(t, root), true
	if c.Python, err = python.Find(root); err != nil {
		t.Fatal(err)
	}
	for _, change := range configure {
		change(&c)
	}
	c.Backend = Backend(t, c)
	l, err := lab.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := l.Deploy(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}
