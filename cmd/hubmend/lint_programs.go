package main

import (
	"context"
	"fmt"
	"path/filepath"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/program"
	"hubmend/internal/catalog/setting"
	ssmdocuments "hubmend/ssm-documents"
)

// lintPrograms checks the Python of the runbooks that are programs.
func lintPrograms(ctx context.Context, venv string) ([]problem, error) {
	runtime, sources, err := catalog.Sources(ssmdocuments.Files)
	if err != nil {
		return nil, err
	}
	_, wrong, err := program.Derive(ctx, filepath.Join(venv, "bin", "python"), runtime, sources)
	problems := []problem{}
	for _, p := range wrong {
		problems = append(problems, problem{File: fmt.Sprintf("ssm-documents/%s:%d", p.File(), p.Line), Text: p.Text})
	}
	return problems, err
}

// lintSettings checks the settings of controls.
func lintSettings(ctx context.Context, venv string) ([]problem, error) {
	wrong, err := setting.Lint(ctx, filepath.Join(venv, "bin", "python"), catalog.Embedded().Settings())
	problems := []problem{}
	for _, p := range wrong {
		problems = append(problems,
			problem{File: fmt.Sprintf("ssm-documents/controls/%s.yaml:%d", p.Control, p.Line), Text: p.Text})
	}
	return problems, err
}
