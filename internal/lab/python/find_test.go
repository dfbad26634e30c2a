package python_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/lab/python"
)

func TestFindTellsWhatToDo(t *testing.T) {
	t.Setenv(python.EnvVar, "")
	for _, command := range []string{"make tools", "hubmend lab setup"} {
		if _, err := python.Find(t.TempDir()); err == nil || !strings.Contains(err.Error(), command) {
			t.Errorf("error %v does not name %s", err, command)
		}
	}
	t.Setenv(python.EnvVar, "/no/such/python")
	if _, err := python.Find(t.TempDir()); err == nil || !strings.Contains(err.Error(), python.EnvVar) {
		t.Errorf("error %v does not name %s", err, python.EnvVar)
	}
}

func TestFindTakesTheVirtualEnvironment(t *testing.T) {
	t.Setenv(python.EnvVar, "")
	root := t.TempDir()
	want := filepath.Join(root, ".venv", "bin", "python")
	if err := os.MkdirAll(filepath.Dir(want), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(want, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := python.Find(root); got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// virtual makes a virtual environment with these packages of the repository's.
func virtual(t *testing.T, packages ...string) (bin string) {
	t.Helper()
	own := config(t).Python
	folder := filepath.Join(t.TempDir(), "venv")
	if out, err := exec.Command(own, "-m", "venv", "--without-pip", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	from, err := filepath.Glob(filepath.Join(filepath.Dir(own), "..", "lib", "python3*", "site-packages"))
	if err != nil || len(from) != 1 {
		t.Fatal(from, err)
	}
	to, err := filepath.Glob(filepath.Join(folder, "lib", "python3*", "site-packages"))
	if err != nil || len(to) != 1 {
		t.Fatal(to, err)
	}
	absolute, err := filepath.Abs(from[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range packages {
		if err := os.Symlink(filepath.Join(absolute, name), filepath.Join(to[0], name)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "bin")
}

// pretend makes a python3 that answers with this.
func pretend(t *testing.T, answer string) (bin string) {
	t.Helper()
	bin = t.TempDir()
	//nolint:gosec // a program
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte("#!/bin/sh\necho '"+answer+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return bin
}

func TestFindWithBoto3(t *testing.T) {
	with, without := virtual(t, "boto3"), virtual(t)
	old := pretend(t, `{"path": "/usr/bin/python3", "version": [3, 9], "missing": []}`)
	for name, tc := range map[string]struct {
		named string
		path  []string
		want  string // the interpreter's folder, or
		says  []string
	}{
		"too old": {"", []string{old}, "", []string{"python3 is Python 3.9; run: hubmend lab setup"}},
		"in PATH": {"", []string{with, without}, with, nil},
		"the one that is named": {
			filepath.Join(with, "python"), []string{without}, with, nil,
		},
		"none": {"", []string{t.TempDir()}, "",
			[]string{"needs Python 3.10 or later with boto3, and there is no python3 in PATH; install Python, " +
				"then run: "}},
		"without boto3": {
			"", []string{without}, "",
			[]string{without + "/python3 has no boto3; run: hubmend lab setup"},
		},
		"named without boto3": {filepath.Join(without, "python"), []string{with}, "",
			[]string{"python has no boto3, and HUBMEND_PYTHON names it; install boto3 there, or unset HUBMEND_PYTHON " +
				"and run: "}},
		"that does not run": {"", []string{pretend(t, "no")}, "", []string{"python3 does not run (", "; run: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(python.EnvVar, tc.named)
			t.Setenv("PATH", strings.Join(tc.path, string(os.PathListSeparator)))
			got, err := python.FindWithBoto3(t.Context(), t.TempDir())
			if tc.want != "" && (err != nil || filepath.Dir(got) != tc.want) {
				t.Errorf("got %s, %v; want one in %s", got, err, tc.want)
			}
			for _, says := range tc.says {
				if err == nil || !strings.Contains(err.Error(), says) {
					t.Errorf("got %s, %v; want it to say %q", got, err, says)
				}
			}
		})
	}
}
