package python

import (
	"bytes"
	"context"
	_ "embed" // for the Python source
	"encoding/json"
	"fmt"
	"time"
)

//go:embed script_runner.py
var scriptRunner string

// Script is the script of an aws:executeScript step.
type Script struct {
	Text    string `json:"text"`
	Handler string `json:"handler"`
	// Payload is the handler's first argument; the second is an empty context.
	Payload map[string]any `json:"payload"`
}

// Outcome is what a script left behind.
type Outcome struct {
	// Value is the JSON value that the handler returned; a list has at most 100 items.
	Value any `json:"value"`
	// Logs are the lines that the script printed.
	Logs []string `json:"logs"`
}

// ScriptError is an exception that a script raised, or a return value that SSM
// would not take.
type ScriptError struct {
	// Type is the exception's class, such as ValueError.
	Type string `json:"type"`
	// Message is the exception's text, as the script's author wrote it.
	Message string `json:"message"`
	// Traceback shows the script's own lines only.
	Traceback string `json:"traceback"`
}

// Error implements error.
func (e *ScriptError) Error() string {
	return e.Type + ": " + e.Message
}

// RunScript runs a script in a process of its own that has no credentials, and kills it
// when the context ends. The script must be a pure function: it may import only a few
// modules, which script_runner.py lists, and may not open files. An exception gives a
// *ScriptError; the outcome has the logs then too.
func RunScript(ctx context.Context, cfg Config, script Script) (Outcome, error) {
	cmd, err := cfg.command(ctx, scriptRunner, "-S") // -S: the packages are not even in reach
	if err != nil {
		return Outcome{}, fmt.Errorf("run script: %w", err)
	}
	cmd.Env = []string{"TZ=UTC"}
	if script.Payload == nil {
		script.Payload = map[string]any{}
	}
	step, err := json.Marshal(script)
	if err != nil {
		return Outcome{}, fmt.Errorf("encode payload of script: %w", err)
	}
	var stdout bytes.Buffer
	stderr := &tail{log: cfg.Log}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(step), &stdout, stderr
	cmd.WaitDelay = time.Second

	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return Outcome{}, fmt.Errorf("run script: %w", context.Cause(ctx))
		}
		return Outcome{}, fmt.Errorf("run script: %w", explain(err, stderr))
	}
	var out struct {
		Outcome
		Error *ScriptError `json:"error"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		return Outcome{}, fmt.Errorf("read outcome of script: %w", err)
	}
	if out.Error != nil {
		return out.Outcome, out.Error
	}
	return out.Outcome, nil
}
