package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFindHome(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("HOME", cache) // macOS takes its cache folder from it
	t.Setenv("XDG_CACHE_HOME", cache)
	own, err := userFolder()
	if err != nil {
		t.Fatal(err)
	}
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir() // another module
	if err := os.WriteFile(filepath.Join(other, "go.mod"), []byte("module hubmendx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for root, want := range map[string]home{
		"../..": {checkout, true}, other: {own, false}, filepath.Join(other, "none"): {own, false},
	} {
		if got, err := findHome(root); err != nil || got != want {
			t.Errorf("findHome(%q) = %+v, %v; want %+v", root, got, err, want)
		}
	}
}

// A lab outside a checkout has every function that the templates deploy.
func TestLambdasAreTheFolders(t *testing.T) {
	t.Parallel()
	folders, err := os.ReadDir("../../lambdas")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if lambdas[folder.Name()] == nil {
			t.Errorf("hubmend cannot run as %s", folder.Name())
		}
	}
	if len(folders) != len(lambdas) {
		t.Errorf("%d folders below lambdas/, hubmend runs as %d functions", len(folders), len(lambdas))
	}
}
