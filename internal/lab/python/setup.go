package python

import (
	"bytes"
	"context"
	_ "embed" // for the requirements
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// Requirements are the packages that the lab needs, with their versions, as pip reads them.
//
//go:embed requirements.txt
var Requirements []byte

// Setup makes the virtual environment below root, with the Requirements. pip gets the environment of this
// process, so it finds the package index that the user has configured. The output of pip goes to log.
func Setup(ctx context.Context, root string, log io.Writer) error {
	base, err := first(ctx, installed, "venv", "ensurepip")
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("there is no python3 in PATH; install Python 3.10 or later, then run this again")
	case err != nil:
		return fmt.Errorf("the lab needs Python 3.10 or later with venv, and %w; install it (on Debian and Ubuntu: "+
			"sudo apt-get install python3-venv), then run this again", err)
	}
	run := func(program string, args ...string) error {
		cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // an interpreter of the user's
		cmd.Stdout, cmd.Stderr = log, log
		return cmd.Run()
	}
	if err := run(base, "-m", "venv", "--clear", venv(root)); err != nil {
		return fmt.Errorf("make a virtual environment in %s: %w", venv(root), err)
	}
	list := filepath.Join(venv(root), "wanted.txt")
	if err := os.WriteFile(list, Requirements, 0o600); err != nil {
		return err
	}
	if err := run(inVenv(root), "-m", "pip", "install", "--disable-pip-version-check", "--requirement",
		list); err != nil {
		return fmt.Errorf("install the packages: %w", err)
	}
	return os.Rename(list, setUp(root))
}

// setUp is the file that says what Setup has installed.
func setUp(root string) string { return filepath.Join(venv(root), "installed.txt") }

// IsSetUp reports whether Setup has made the virtual environment below root with the Requirements of now.
func IsSetUp(root string) bool {
	text, err := os.ReadFile(setUp(root))
	return err == nil && bytes.Equal(text, Requirements)
}
