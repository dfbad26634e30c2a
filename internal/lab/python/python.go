// Package python owns the lab's Python children: moto, which holds the state of the emulated AWS resources, a
// worker that makes AWS calls by botocore, and the scripts of runbooks. It knows nothing about runbooks,
// findings or accounts and imports no other package of the lab but procgroup.
//
// A child inherits nothing from the environment of its parent: no credentials, no proxy, no configuration
// files; the worker gets what it is given in Config. moto and the worker end when their parent does, however
// it ends.
package python

import (
	"context"
	"errors"
	"os/exec"

	"hubmend/internal/lab/procgroup"
)

// Config says how to start a child.
type Config struct {
	// Python is the path of an interpreter that has moto and botocore, see Find, or boto3 only, see FindWithBoto3.
	Python string
	// Log, if set, gets each line that the child writes to its standard error.
	// It is called from one goroutine at a time.
	Log func(line string)
	// Env are variables (NAME=value) for the process that calls AWS, such as those of a proxy. The
	// others never get any.
	Env []string
}

// command makes the command that runs an embedded source in isolated mode: no PYTHON*
// variables, no packages of the user. It gets the source as an argument, so standard
// input stays free and no file has to be written. The end of the context kills it.
func (c Config) command(ctx context.Context, source string) (*exec.Cmd, error) {
	if c.Python == "" {
		return nil, errors.New("no Python interpreter is configured, see python.Find")
	}
	args := []string{"-I", "-X", "utf8"}
	cmd := exec.CommandContext(ctx, c.Python, append(args, "-c", source)...)
	cmd.Env = []string{
		"TZ=UTC",
		"HOME=/nonexistent",
		"NO_PROXY=*", // else macOS would give the system's proxy
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null",
	}
	procgroup.Separate(cmd)
	return cmd, nil
}
