// Package lambdahost owns the execution of compiled Lambda functions on this machine:
// it runs a bootstrap binary behind the Lambda Runtime API (version 2018-06-01), as
// the provided.al2023 runtime does, without a container. It knows nothing about events,
// queues or AWS clients and imports no other package of the lab but procgroup.
//
// An execution environment is one process with a Runtime API of its own. It serves one
// invocation at a time and stays warm in between; a timeout or a crash ends it and the
// next invocation gets a new one. A process sees only the variables that it is given.
package lambdahost

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// MaxPayload is the largest request and the largest response, in bytes.
const MaxPayload = 6 * 1024 * 1024

// Config describes a function. Zero values get the defaults of Lambda.
type Config struct {
	Name   string
	Binary string // path of the bootstrap
	ARN    string // what the function sees as its own ARN

	// Version defaults to $LATEST, Timeout to 3 seconds, MemoryMB to 128. The memory is
	// only told to the function; nothing enforces it.
	Version  string
	Timeout  time.Duration
	MemoryMB int

	// MaxConcurrency limits the execution environments, 10 by default. Further
	// invocations wait.
	MaxConcurrency int

	// Env is the environment of the process, next to what Lambda itself sets there.
	// AWS_REGION and credentials belong here too.
	Env map[string]string

	// Log, if set, gets each line that the function writes to its standard output or
	// standard error. It is called from one goroutine at a time.
	Log func(line string)
}

// normalize checks the configuration, tells all that is wrong with it, and fills
// in the defaults.
func (c Config) normalize() (Config, error) {
	var problems []error
	if c.Name == "" {
		problems = append(problems, errors.New("the function has no name"))
	}
	if path, err := exec.LookPath(c.Binary); err != nil {
		problems = append(problems, fmt.Errorf("find bootstrap: %w", err))
	} else if c.Binary, err = filepath.Abs(path); err != nil {
		problems = append(problems, fmt.Errorf("find bootstrap: %w", err))
	}
	problems = append(problems, c.checkLimits()...)
	c.Version = cmp.Or(c.Version, "$LATEST")
	c.Timeout = cmp.Or(c.Timeout, 3*time.Second)
	c.MemoryMB = cmp.Or(c.MemoryMB, 128)
	c.MaxConcurrency = cmp.Or(c.MaxConcurrency, 10)
	c.Env = maps.Clone(c.Env)
	for _, name := range slices.Sorted(maps.Keys(c.reserved(""))) {
		if _, taken := c.Env[name]; taken {
			problems = append(problems, fmt.Errorf("variable %s is set by Lambda itself: remove it", name))
		}
	}
	return c, errors.Join(problems...)
}

func (c Config) checkLimits() (problems []error) {
	if c.Timeout < 0 || c.Timeout > 15*time.Minute {
		problems = append(problems, fmt.Errorf("timeout %v is not between 0 and 15 minutes", c.Timeout))
	}
	if c.MemoryMB != 0 && (c.MemoryMB < 128 || c.MemoryMB > 10240) {
		problems = append(problems, fmt.Errorf("memory of %d MB is not between 128 and 10240", c.MemoryMB))
	}
	if c.MaxConcurrency < 0 {
		problems = append(problems, fmt.Errorf("concurrency %d is negative", c.MaxConcurrency))
	}
	return problems
}

// reserved gives the variables that Lambda sets and a function's configuration cannot.
func (c Config) reserved(api string) map[string]string {
	return map[string]string{
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": fmt.Sprint(c.MemoryMB),
		"AWS_LAMBDA_FUNCTION_NAME":        c.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     c.Version,
		"AWS_LAMBDA_RUNTIME_API":          api,
		"LAMBDA_TASK_ROOT":                filepath.Dir(c.Binary),
		"_HANDLER":                        "bootstrap",
	}
}

// environ gives the whole environment of a process.
func (c Config) environ(api string) []string {
	all := map[string]string{"PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin", "TZ": ":UTC"}
	maps.Copy(all, c.Env)
	maps.Copy(all, c.reserved(api))
	list := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, name+"="+all[name])
	}
	return list
}
