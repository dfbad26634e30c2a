package compile_test

import (
	"crypto/sha256"
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/build/compile"
)

// module makes a module with the function good in some folder, and the function bad if there
// is a text for it.
func module(t *testing.T, bad string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":               "module functions\n\ngo 1.26\n",
		"lambdas/good/main.go": "package main\n\nfunc main() { println(\"good\") }\n",
		"lambdas/bad/main.go":  bad,
	} {
		if text == "" {
			continue
		}
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFunctionsAreWhatLambdaRuns(t *testing.T) {
	t.Parallel()
	var sums [][32]byte
	for range 2 { // in two folders
		root := module(t, "")
		if err := compile.Functions(t.Context(), root, "out", compile.Lambda); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(root, "out", "good")
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 || entries[0].Name() != compile.Binary {
			t.Fatalf("folder holds %v (%v), want only %s", entries, err, compile.Binary)
		}
		info, err := entries[0].Info()
		if err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("mode = %v (%v), want 0755", info.Mode(), err)
		}
		file := filepath.Join(dir, compile.Binary)
		binary, err := elf.Open(file)
		if err != nil {
			t.Fatalf("not a Linux binary: %v", err)
		}
		if binary.Machine != elf.EM_AARCH64 {
			t.Errorf("machine = %v, want arm64", binary.Machine)
		}
		_ = binary.Close()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, sha256.Sum256(text))
	}
	if sums[0] != sums[1] {
		t.Error("the same source gave different bytes in another folder")
	}
}

func TestErrorSaysWhatTheCompilerSaid(t *testing.T) {
	t.Parallel()
	err := compile.Functions(t.Context(), module(t, "package main\n\nfunc main() { undefinedName() }\n"), "out",
		compile.Here)
	if err == nil || !strings.Contains(err.Error(), "lambdas/bad") ||
		!strings.Contains(err.Error(), "undefined: undefinedName") {
		t.Errorf("error = %v, want the compiler's words", err)
	}
}

// The policy of an earlier deployment must not be in the next one, or in a release.
func TestOnlyTheProgramStays(t *testing.T) {
	t.Parallel()
	root := module(t, "")
	folder := filepath.Join(root, "out", "good")
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // as Functions makes it
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "policy.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := compile.Functions(t.Context(), root, "out", compile.Here); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 || entries[0].Name() != compile.Binary {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}
