package cdk_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hubmend/test/assembly"
)

type object = map[string]any

// change edits the template of a stack. Its object key is a hash, so it gets another one, as
// `cdk synth` would give it.
func change(t *testing.T, app, stack string, edit func(object)) {
	t.Helper()
	text, _ := assembly.Edit(t, filepath.Join(app, stack+".template.json"), func(template object) bool {
		edit(template)
		return true
	})
	var manifest struct {
		Artifacts map[string]struct {
			Properties struct{ StackTemplateAssetObjectURL string }
		}
	}
	assembly.Read(t, filepath.Join(app, "manifest.json"), &manifest)
	old := strings.TrimSuffix(path.Base(manifest.Artifacts[stack].Properties.StackTemplateAssetObjectURL), ".json")
	for _, name := range []string{"manifest.json", stack + ".assets.json"} {
		text2, err := os.ReadFile(filepath.Join(app, name))
		if err != nil || old == "" {
			t.Fatalf("the template has the object key %q: %v", old, err)
		}
		write(t, filepath.Join(app, name),
			[]byte(strings.ReplaceAll(string(text2), old, fmt.Sprintf("%x", sha256.Sum256(text)))))
	}
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// cli is the command line with the lab as its AWS. Its environment has nothing else in it,
// and what would call home is off.
type cli struct{ profiles, root string }

// patience is more than any command takes.
const patience = 2 * time.Minute

// run returns the exit code and what was printed.
func (c cli) run(t *testing.T, app string, args ...string) (code int, out string) {
	t.Helper()
	//nolint:gosec // our own
	cmd := exec.CommandContext(t.Context(), filepath.Join(c.root, "node_modules", ".bin", "cdk"),
		append(args, "--app", app, "--no-notices", "--ci")...)
	cmd.Dir, cmd.WaitDelay = t.TempDir(), time.Second
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "CDK_DISABLE_CLI_TELEMETRY=true", "NO_COLOR=1",
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20",
		"AWS_CONFIG_FILE=" + c.profiles, "AWS_PROFILE=security", "AWS_EC2_METADATA_DISABLED=true",
	}
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run the CDK command line (`make tools` installs it): %v", err)
	}
	return cmd.ProcessState.ExitCode(), string(text)
}

// must is run for a command that must succeed.
func (c cli) must(t *testing.T, app string, args ...string) string {
	t.Helper()
	code, out := c.run(t, app, args...)
	if code != 0 {
		t.Fatalf("cdk %s exits with %d:\n%s", strings.Join(args, " "), code, out)
	}
	return out
}
