package setting

import (
	"bytes"
	"context"
	_ "embed" // for the Python source
	"encoding/json"
	"fmt"
	"os/exec"
)

//go:embed check_settings.py
var linter string

// Declared is a control file with a setting, as Lint needs it.
type Declared struct {
	Text       string   `json:"text"`
	Setting    Setting  `json:"setting"`
	Parameters []string `json:"parameters"`
}

// Problem is an error in a control's setting.
type Problem struct {
	Control string `json:"control"`
	Line    int    `json:"line"`
	Text    string `json:"text"`
}

// Lint checks settings, by control, against AWS's models. The interpreter must have botocore.
func Lint(ctx context.Context, interpreter string, all map[string]Declared) ([]Problem, error) {
	request, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, interpreter, "-I", "-X", "utf8", "-c", linter)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(request), &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("lint settings: %w: %s", err, errs.String())
	}
	var problems []Problem
	if err := json.Unmarshal(out.Bytes(), &problems); err != nil {
		return nil, fmt.Errorf("lint settings: %w", err)
	}
	return problems, nil
}
