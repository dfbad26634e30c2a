package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// marker tells the second process that it is the second.
const marker = "HUBMEND_SYNTH"

// prepared says whether relaunch made the environment of this process.
func prepared() bool { return os.Getenv(marker) != "" }

// relaunch runs this program again to synthesize, with settings for the CDK's JavaScript half, and those of
// the names that the deployment must have. The Go half copies the environment before main begins, so setting
// a variable here would come too late. Whoever has set one of the variables is left alone.
func relaunch(ctx context.Context, names []string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	// The JavaScript half is left to end with its pipes instead of by jsii.Close, which waits
	// for it twice and now and then reports that as an error. Its files are removed here.
	temporary, err := os.MkdirTemp("", "hubmend-synth-*")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(temporary) }()

	cmd := exec.CommandContext(ctx, self, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append([]string{
		// No page-long warning about the age of Node 20, on which everything here works.
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20",
		// The CDK's own check of the templates takes more than half of the time that a synth
		// does. cfn-lint, which the tests run over every template, checks the same and more.
		"CDK_VALIDATION=false",
	}, os.Environ()...)
	cmd.Env = append(append(cmd.Env, marker+"=1", "TMPDIR="+temporary), names...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("synthesize: %w", err)
	}
	return nil
}
