package python

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// EnvVar names the environment variable that overrides the repository's interpreter.
const EnvVar = "HUBMEND_PYTHON"

// Find gives the interpreter to use for a lab: the one that EnvVar names, else the one of the
// virtual environment that make puts under the repository's root. If that does not
// exist the error says how to get it.
func Find(root string) (string, error) {
	path, given := os.Getenv(EnvVar), true
	if path == "" {
		path, given = inCheckout(root), false
	}
	found, err := exec.LookPath(path)
	if err != nil && given {
		return "", fmt.Errorf("find the interpreter that %s names: %w", EnvVar, err)
	}
	if err != nil {
		return "", fmt.Errorf(
			"there is no Python in %s; run \"make tools\" in the Hubmend checkout, or name its folder with --root",
			filepath.Join(root, ".venv"))
	}
	return filepath.Abs(found)
}

func inCheckout(root string) string { return filepath.Join(root, ".venv", "bin", "python") }

// installed are the names of an interpreter that a system may have, the usual one first.
var installed = []string{"python3", "python3.13", "python3.12", "python3.11", "python3.10"}

// HowToInstall is what to do on a machine that has no suitable interpreter.
const HowToInstall = "run: python3 -m venv ~/.hubmend && ~/.hubmend/bin/pip install boto3 && export " + EnvVar +
	"=~/.hubmend/bin/python"

// FindWithBoto3 gives an interpreter that can call AWS, which is any Python from 3.10 on that has boto3: the
// one that EnvVar names, or the first that suits of that of a checkout and those of the system. The error
// says what to install.
func FindWithBoto3(ctx context.Context, root string) (string, error) {
	if named := os.Getenv(EnvVar); named != "" {
		found, err := suitable(ctx, named)
		if err != nil {
			return "", fmt.Errorf("%w, and %s names it; %s", err, EnvVar, HowToInstall)
		}
		return found, nil
	}
	var best error
	for _, name := range append([]string{inCheckout(root)}, installed...) {
		found, err := suitable(ctx, name)
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, exec.ErrNotFound) && !errors.Is(err, os.ErrNotExist) && best == nil {
			best = err
		}
	}
	if best == nil {
		return "", fmt.Errorf(
			"this needs Python 3.10 or later with boto3, and there is no python3 in PATH; install Python, then %s",
			HowToInstall)
	}
	return "", fmt.Errorf("this needs Python 3.10 or later with boto3, and %w; %s", best, HowToInstall)
}

// about asks an interpreter for its real path, which a shim of a version manager is not, and whether it suits. It is
// isolated as the interpreter will be when it is used.
const about = `import importlib.util, json, sys
print(json.dumps({"path": sys.executable, "version": sys.version_info[:2], "boto3": importlib.util.find_spec("boto3") is not None}))`

func suitable(ctx context.Context, name string) (string, error) {
	file, err := exec.LookPath(name)
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, file, "-I", "-c", about).Output()
	var a struct {
		Path    string `json:"path"`
		Version [2]int `json:"version"`
		Boto3   bool   `json:"boto3"`
	}
	if err == nil {
		err = json.Unmarshal(out, &a)
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("%s does not run (%w)", file, err)
	case a.Version[0] < 3 || a.Version[0] == 3 && a.Version[1] < 10:
		return "", fmt.Errorf("%s is Python %d.%d", file, a.Version[0], a.Version[1])
	case !a.Boto3:
		return "", fmt.Errorf("%s has no boto3", file)
	}
	return filepath.Abs(a.Path)
}
