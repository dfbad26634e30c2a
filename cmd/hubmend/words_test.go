package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Output that nobody gets is no success.
func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("there is no full device: %v", err)
	}
	defer full.Close()
	for _, args := range []string{"controls", "controls EC2.13", "controls --json",
		"finding EC2.13 --resource " + group, "--help"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], strings.Fields(args)...) //nolint:gosec // the test itself
		var said strings.Builder
		cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), asHubmend+"=1"), full, &said
		_ = cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != exitUsage ||
			said.String() != "hubmend: write /dev/stdout: no space left on device\n" {
			t.Errorf("%s exits with %d and says %q", args, code, said.String())
		}
	}
}
