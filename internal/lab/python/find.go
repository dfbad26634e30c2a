package python

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// EnvVar names the environment variable that overrides every other interpreter.
const EnvVar = "HUBMEND_PYTHON"

// Find gives the interpreter to use for a lab: the one that EnvVar names, else the one of the
// virtual environment below root. If that does not exist the error says how to get it.
func Find(root string) (string, error) {
	path, given := os.Getenv(EnvVar), true
	if path == "" {
		path, given = inVenv(root), false
	}
	found, err := exec.LookPath(path)
	if err != nil && given {
		return "", fmt.Errorf("find the interpreter that %s names: %w", EnvVar, err)
	}
	if err != nil {
		return "", fmt.Errorf(
			"there is no Python in %s; run \"make tools\" in a Hubmend checkout, and \"%s\" elsewhere",
			venv(root), setupCommand)
	}
	return filepath.Abs(found)
}

func venv(root string) string { return filepath.Join(root, ".venv") }

// inVenv is the interpreter of the virtual environment below a folder.
func inVenv(root string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(venv(root), "Scripts", "python.exe")
	}
	return filepath.Join(venv(root), "bin", "python")
}

// installed are the names of an interpreter that a system may have, the usual one first.
var installed = []string{"python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"}

// setupCommand is the command that calls Setup, and howToInstall is what to do on a machine without a suitable
// interpreter.
const (
	setupCommand = "hubmend lab setup"
	howToInstall = "run: " + setupCommand
)

// FindWithBoto3 gives an interpreter that can call AWS, which is any Python from 3.10 on that has boto3: the
// one that EnvVar names, or the first that suits of that below root and those of the system. The error
// says what to install.
func FindWithBoto3(ctx context.Context, root string) (string, error) {
	if named := os.Getenv(EnvVar); named != "" {
		found, err := suitable(ctx, named, "boto3")
		if err != nil {
			return "", fmt.Errorf("%w, and %s names it; install boto3 there, or unset %[2]s and %[3]s", err, EnvVar,
				howToInstall)
		}
		return found, nil
	}
	found, err := first(ctx, append([]string{inVenv(root)}, installed...), "boto3")
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf(
			"this needs Python 3.10 or later with boto3, and there is no python3 in PATH; install Python, then %s",
			howToInstall)
	case err != nil:
		return "", fmt.Errorf("this needs Python 3.10 or later with boto3, and %w; %s", err, howToInstall)
	}
	return found, nil
}

// first gives the first suitable interpreter, or says why the first that exists is not suitable.
func first(ctx context.Context, names []string, modules ...string) (string, error) {
	var best error
	for _, name := range names {
		found, err := suitable(ctx, name, modules...)
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, exec.ErrNotFound) && !errors.Is(err, os.ErrNotExist) && best == nil {
			best = err
		}
	}
	if best == nil {
		best = exec.ErrNotFound
	}
	return "", best
}

// about asks an interpreter for its real path, which a shim of a version manager is not, and whether it suits. It is
// isolated as the interpreter will be when it is used.
const about = `import importlib.util, json, sys
print(json.dumps({"path": sys.executable, "version": sys.version_info[:2],
    "missing": [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]}))`

func suitable(ctx context.Context, name string, modules ...string) (string, error) {
	file, err := exec.LookPath(name)
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, file, append([]string{"-I", "-c", about}, modules...)...).Output()
	var a struct {
		Path    string   `json:"path"`
		Version [2]int   `json:"version"`
		Missing []string `json:"missing"`
	}
	if err == nil {
		err = json.Unmarshal(out, &a)
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("%s does not run (%w)", file, err)
	case a.Version[0] < 3 || a.Version[0] == 3 && a.Version[1] < 10:
		return "", fmt.Errorf("%s is Python %d.%d", file, a.Version[0], a.Version[1])
	case len(a.Missing) > 0:
		return "", fmt.Errorf("%s has no %s", file, strings.Join(a.Missing, " and no "))
	}
	return filepath.Abs(a.Path)
}
