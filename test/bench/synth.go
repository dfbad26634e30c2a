package main

import (
	"context"
	"os"
	"os/exec"
	"time"
)

// synth times the second of two syntheses, into a folder of its own.
func synth(ctx context.Context) ([]measurement, error) {
	dir, err := os.MkdirTemp("", "hubmend-bench-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var took time.Duration
	for range 2 {
		begin := time.Now()
		//nolint:gosec // our own arguments
		if _, err := output(exec.CommandContext(ctx, "npx", "cdk", "synth", "--quiet", "--output", dir)); err != nil {
			return nil, err
		}
		took = time.Since(begin)
	}
	return []measurement{{What: "npx cdk synth, warm", Value: took.Seconds(), Unit: "s", AtMost: 12}}, nil
}
