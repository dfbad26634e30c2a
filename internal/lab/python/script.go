package python

import (
	"bytes"
	"context"
	_ "embed" // for the Python source
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"time"

	"hubmend/internal/lab/procgroup"
)

//go:embed localhost.py
var localhost string

//go:embed script_runner.py
var scriptRunner string

// Script is the script of an aws:executeScript step.
type Script struct {
	Text    string `json:"text"`
	Handler string `json:"handler"`
	// Payload is the handler's first argument.
	Payload map[string]any `json:"payload"`
	// Context is the handler's second argument.
	Context map[string]string `json:"context"`
	// Access is how the script reaches AWS; nil when it does not.
	Access *Access `json:"-"`
}

// Access is what the AWS clients of a script find in their environment. The credentials may be empty.
type Access struct {
	Region, Endpoint string
	Credentials      Credentials
}

func (a *Access) environment() map[string]string {
	if a == nil {
		return map[string]string{}
	}
	environment := map[string]string{"AWS_REGION": a.Region, "AWS_DEFAULT_REGION": a.Region,
		"AWS_ENDPOINT_URL": a.Endpoint}
	if a.Credentials != (Credentials{}) {
		environment["AWS_ACCESS_KEY_ID"] = a.Credentials.AccessKeyID
		environment["AWS_SECRET_ACCESS_KEY"] = a.Credentials.SecretAccessKey
		environment["AWS_SESSION_TOKEN"] = a.Credentials.SessionToken
	}
	return environment
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
	// Traceback is what Python prints, from the script's own first line on and without the line of the
	// exception. It is empty for a script that does not compile.
	Traceback string `json:"traceback"`
}

// Error implements error.
func (e *ScriptError) Error() string {
	return e.Type + ": " + e.Message
}

// RunScript runs a script in a process of its own, and kills it with all that it started when
// the context ends. The process has only the credentials of its Access. An exception gives a
// *ScriptError; the outcome has the logs then too.
func RunScript(ctx context.Context, cfg Config, script Script) (Outcome, error) {
	cmd, err := scriptCommand(ctx, cfg, script)
	if err != nil {
		return Outcome{}, fmt.Errorf("run script: %w", err)
	}
	step, err := json.Marshal(script.whole())
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
	return readOutcome(&stdout)
}

// whole gives the script without nil where Python wants a dict.
func (s Script) whole() Script {
	if s.Payload == nil {
		s.Payload = map[string]any{}
	}
	if s.Context == nil {
		s.Context = map[string]string{}
	}
	return s
}

func readOutcome(from io.Reader) (Outcome, error) {
	var out struct {
		Outcome
		Error *ScriptError `json:"error"`
	}
	if err := json.NewDecoder(from).Decode(&out); err != nil {
		return Outcome{}, fmt.Errorf("read outcome of script: %w", err)
	}
	if out.Error != nil {
		return out.Outcome, out.Error
	}
	return out.Outcome, nil
}

func scriptCommand(ctx context.Context, cfg Config, script Script) (*exec.Cmd, error) {
	cmd, err := cfg.command(ctx, localhost+scriptRunner)
	if err != nil {
		return nil, err
	}
	for name, value := range script.Access.environment() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Cancel = func() error { return procgroup.Kill(cmd) }
	return cmd, nil
}
