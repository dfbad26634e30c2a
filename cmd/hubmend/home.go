package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"hubmend/internal/lab/python"
)

// home is the folder whose .venv has the Python of commands and whose build has what the lab writes. It is a
// Hubmend checkout, or else the user's cache folder, so that a released binary works anywhere.
type home struct {
	folder   string
	checkout bool
}

// findHome gives the checkout at root, if there is one, else the user's own folder.
func findHome(root string) (home, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return home{}, err
	}
	module, err := os.ReadFile(filepath.Join(root, "go.mod")) //nolint:gosec // the user's own folder
	if err == nil && bytes.HasPrefix(module, []byte("module hubmend\n")) {
		return home{root, true}, nil
	}
	folder, err := userFolder()
	return home{folder, false}, err
}

// userFolder is where a released hubmend keeps its files.
func userFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for Hubmend's files: %w", err)
	}
	return filepath.Join(cache, "hubmend"), nil
}

// python gives the interpreter of the lab.
func (h home) python() (string, error) {
	found, err := python.Find(h.folder)
	if err == nil && os.Getenv(python.EnvVar) == "" && !h.checkout && !python.IsSetUp(h.folder) {
		err = errors.New("the lab's Python packages are missing or of another version; run \"hubmend lab setup\"")
	}
	return found, err
}

// demoReport is where the demo writes its report.
func (h home) demoReport() string {
	if h.checkout {
		return filepath.Join(h.folder, "build", "demo-report.html")
	}
	return "hubmend-demo-report.html"
}
