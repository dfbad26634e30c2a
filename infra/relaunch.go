package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// marker is set in the environment of the process that synthesizes.
const marker = "HUBMEND_SYNTH"

// prepared reports whether relaunch started this process.
func prepared() bool { return os.Getenv(marker) != "" }

// relaunch runs this program again to synthesize, with environment variables for the CDK's JavaScript half and for the
// names of the deployment. Setting them in this process would be too late, because jsii copies the environment before
// main begins. Variables that are set already win.
func relaunch(ctx context.Context, names []string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	// The second process does not call jsii.Close, which waits for the JavaScript half twice and sometimes reports that
	// as an error. The files of jsii are in this folder instead.
	temporary, err := os.MkdirTemp("", "hubmend-synth-*")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(temporary) }()

	cmd := exec.CommandContext(ctx, self, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append([]string{
		// Everything here works on Node.js 20, so its page-long warning is off.
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20",
		// The CDK's own check of the templates takes more than half of the time of a synth. The tests run cfn-lint,
		// which checks more.
		"CDK_VALIDATION=false",
	}, os.Environ()...)
	cmd.Env = append(append(cmd.Env, marker+"=1", "TMPDIR="+temporary), names...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("synthesize: %w", err)
	}
	return nil
}
