// Package release_test builds hubmend as a release does, for this machine only, and uses it in an empty folder, without
// Go and without a checkout.
package release_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/lab/python"
)

const root = "../.."

// released is the program and an empty folder to use it in.
type released struct{ program, folder string }

func build(t *testing.T) released {
	t.Helper()
	if testing.Short() {
		t.Skip("builds hubmend and starts a lab")
	}
	r := released{filepath.Join(t.TempDir(), "hubmend"), t.TempDir()}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-buildvcs=false",
		"-ldflags", "-s -w -X main.release=9.8.7", "-o", r.program, "./cmd/hubmend")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return r
}

// run runs a command. All it finds are the variables here.
func (r released) run(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), r.program, args...) //nolint:gosec // built here
	cmd.Dir = r.folder
	cmd.Env = append([]string{"HOME=" + r.folder, "PATH=" + r.folder}, env...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), problems.String()
}

func TestReleaseRunsAnywhere(t *testing.T) {
	t.Parallel()
	r := build(t)
	interpreter, err := python.Find(root)
	if err != nil {
		t.Fatal(err)
	}
	withPython := []string{python.EnvVar + "=" + interpreter}
	example, err := os.ReadFile(root + "/test/scenarios/demo-custom-action.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.folder, "example.yaml"), example, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ args, want string }{
		{"--version", "hubmend 9.8.7, commit "},
		{"controls", "EC2.13"},
		{"costs", "Fixed, per month"},
		{"plan --help", "--resource"},
		{"completion zsh", "#compdef hubmend"},
		{"lint", "No problems found"},
		{"lab schema", `"$schema"`},
		{"lab run --quiet example.yaml", "[1/1] "},
		{"lab demo", "Report: hubmend-demo-report.html ("},
	} {
		code, stdout, stderr := r.run(t, withPython, strings.Fields(tc.args)...)
		if code != 0 || !strings.Contains(stdout, tc.want) {
			t.Errorf("hubmend %s exits with %d, says %q, prints\n%s", tc.args, code, stderr, stdout)
		}
	}
	if _, err := os.Stat(filepath.Join(r.folder, "hubmend-demo-report.html")); err != nil {
		t.Error(err)
	}
	code, _, stderr := r.run(t, nil, "lab", "demo")
	if code != 2 || !strings.Contains(stderr, `"hubmend lab setup"`) {
		t.Errorf("without Python it exits with %d and says %q", code, stderr)
	}
}
