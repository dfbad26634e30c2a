// Package compile builds the Lambda functions, for Lambda or for this machine.
//
// It needs only the Go toolchain. The same source and toolchain produce the same bytes on every machine, so a
// deployment changes a function only if its code has changed.
package compile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Binary is the name of the program that the runtime provided.al2023 starts.
const Binary = "bootstrap"

// Target is a machine in Go's terms.
type Target struct{ OS, Arch string }

// Lambda is the target of deployed functions, and Here is this machine.
var (
	Lambda = Target{"linux", "arm64"}
	Here   = Target{runtime.GOOS, runtime.GOARCH}
)

// Functions builds all commands below lambdas/ of the module in root into <out>/<name>/bootstrap, and removes the files
// that an earlier deployment put beside it. A relative out is relative to root. The error contains the compiler's
// output.
func Functions(ctx context.Context, root, out string, target Target) error {
	if !filepath.IsAbs(out) {
		out = filepath.Join(root, out)
	}
	programs := filepath.Join(out, ".programs")
	if err := build(ctx, root, programs, target); err != nil {
		return err
	}
	entries, err := os.ReadDir(programs)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		folder := filepath.Join(out, entry.Name())
		if err := place(filepath.Join(programs, entry.Name()), filepath.Join(folder, Binary)); err != nil {
			return err
		}
		if err := tidy(folder); err != nil {
			return err
		}
	}
	return nil
}

// tidy removes everything from a folder that is not a program. Another process may be placing one there.
func tidy(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), Binary) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// build compiles all functions with one command. Several parallel commands would each compile the shared packages.
func build(ctx context.Context, root, into string, target Target) error {
	into, err := filepath.Abs(into)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build",
		"-tags", "lambda.norpc", // leaves out the protocol of the retired go1.x runtime
		"-trimpath", "-buildvcs=false", // no path or commit of this checkout in the bytes
		"-ldflags", "-s -w", // no symbols: a smaller zip starts sooner
		"-o", into+string(filepath.Separator), "./lambdas/...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS="+target.OS, "GOARCH="+target.Arch, "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the functions: %w\n%s", err, bytes.TrimSpace(output))
	}
	return nil
}

// place links a program to the location of its function's asset. A hard link avoids another link step if nothing has
// changed, and a running program continues to run.
func place(program, binary string) error {
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil { //nolint:gosec // everybody may read it
		return err
	}
	// Lambda runs the file as another user, so its mode must not depend on the umask.
	if err := os.Chmod(program, 0o755); err != nil { //nolint:gosec // everybody may run it
		return fmt.Errorf("make %s executable: %w", program, err)
	}
	fresh := fmt.Sprintf("%s.%d", binary, os.Getpid())
	if err := os.Link(program, fresh); err != nil {
		return fmt.Errorf("place %s: %w", binary, err)
	}
	defer func() { _ = os.Remove(fresh) }() // exists if it already was the same file
	return os.Rename(fresh, binary)
}
