package program

import (
	"bytes"
	"context"
	_ "embed" // for the Python source
	"encoding/json"
	"fmt"
	"os/exec"
)

//go:embed derive.py
var deriver string

// Problem is an error in a program.
type Problem struct {
	Program string `json:"program"`
	Line    int    `json:"line"`
	Text    string `json:"text"`
}

// File returns the path of the faulty file below ssm-documents.
func (p Problem) File() string {
	if p.Program == "hubmend_runtime" {
		return "runtime/hubmend_runtime.py"
	}
	return "programs/" + p.Program + ".py"
}

func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File(), p.Line, p.Text) }

// Derive extracts the calls of programs with Python's own parser and checks them against botocore's models. The
// interpreter must have botocore.
func Derive(ctx context.Context, interpreter, runtime string, sources map[string]string) (map[string]Derived, []Problem,
	error) {
	request, err := json.Marshal(map[string]any{"runtime": runtime, "programs": sources})
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, interpreter, "-I", "-X", "utf8", "-c", deriver)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(request), &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, nil, fmt.Errorf("derive the calls of programs: %w: %s", err, errs.String())
	}
	var answer struct {
		Programs map[string]Derived `json:"programs"`
		Problems []Problem          `json:"problems"`
	}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		return nil, nil, fmt.Errorf("derive the calls of programs: %w", err)
	}
	for name, d := range answer.Programs {
		d.Sum = Sum(runtime, sources[name])
		answer.Programs[name] = d
	}
	return answer.Programs, answer.Problems, nil
}

// WriteDerived encodes derived data for storage.
func WriteDerived(all map[string]Derived) ([]byte, error) {
	text, err := json.MarshalIndent(all, "", "  ")
	return append(text, '\n'), err
}
