// Package compile builds the Lambda functions for the machine that Lambda runs them on.
//
// It needs nothing but the Go toolchain, and the same source and toolchain give the same
// bytes on every machine, so a deployment changes a function only when its code changed.
package compile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Binary is the name that the runtime provided.al2023 starts.
const Binary = "bootstrap"

// Functions builds lambdas/<name> of the module in root into <out>/<name>/bootstrap for
// each name. A relative out begins at root. The error of a function that does not compile
// carries what the compiler said.
func Functions(ctx context.Context, root, out string, names ...string) error {
	// Without the group's context: when two functions are broken both are told, and no
	// build is killed halfway.
	var builds errgroup.Group
	for _, name := range names {
		builds.Go(func() error { return function(ctx, root, filepath.Join(out, name, Binary), "./lambdas/"+name) })
	}
	return builds.Wait()
}

func function(ctx context.Context, root, binary, pkg string) error {
	cmd := exec.CommandContext(ctx, "go", "build",
		"-tags", "lambda.norpc", // leaves out the protocol of the retired go1.x runtime
		"-trimpath", "-buildvcs=false", // no path or commit of this checkout in the bytes
		"-ldflags", "-s -w", // no symbols: a smaller zip starts sooner
		"-o", binary, pkg)
	cmd.Dir = root
	cmd.Env = slices.Concat(os.Environ(), []string{"GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0"})
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, bytes.TrimSpace(output))
	}
	if !filepath.IsAbs(binary) {
		binary = filepath.Join(root, binary)
	}
	// Lambda runs the file as a user of its own, whatever the umask here is.
	if err := os.Chmod(binary, 0o755); err != nil { //nolint:gosec // everybody may run it
		return fmt.Errorf("make %s executable: %w", binary, err)
	}
	return nil
}
