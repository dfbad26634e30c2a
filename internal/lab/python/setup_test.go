package python_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/lab/python"
)

// fakePython answers what Setup asks, and makes a "virtual environment" whose Python runs body.
const fakePython = `#!/bin/sh
case "$1 $2" in
"-I -c") echo '{"path": "'"$0"'", "version": [3, 12], "missing": []}' ;;
"-m venv") mkdir -p "$4/bin" && printf '#!/bin/sh\n%s\n' "$BODY" > "$4/bin/python" && chmod +x "$4/bin/python" ;;
esac
`

func TestSetup(t *testing.T) {
	bin, root := t.TempDir(), t.TempDir()
	//nolint:gosec // a program
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte(fakePython), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("BODY", `echo "pip says $*"; exit 1`)
	var log bytes.Buffer
	if err := python.Setup(t.Context(), root, &log); err == nil || !strings.Contains(log.String(), "pip says -m pip") {
		t.Errorf("Setup = %v, log %q", err, &log)
	}
	if python.IsSetUp(root) {
		t.Error("it is set up although pip failed")
	}
	t.Setenv("BODY", `while [ $# -gt 1 ]; do shift; done; cat "$1"`)
	log.Reset()
	if err := python.Setup(t.Context(), root, &log); err != nil || log.String() != string(python.Requirements) {
		t.Errorf("Setup = %v, pip gets %q", err, &log)
	}
	if !python.IsSetUp(root) {
		t.Error("it is not set up")
	}
}

func TestSetupSaysWhatToInstall(t *testing.T) {
	for name, tc := range map[string]struct{ path, want string }{
		"nothing": {t.TempDir(), "install Python 3.10 or later"},
		"no venv": {pretend(t, `{"path": "/usr/bin/python3", "version": [3, 12], "missing": ["ensurepip"]}`),
			"python3 has no ensurepip; install it (on Debian and Ubuntu: sudo apt-get install python3-venv)"},
	} {
		t.Setenv("PATH", tc.path)
		err := python.Setup(t.Context(), t.TempDir(), &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want it to say %q", name, err, tc.want)
		}
	}
}
