package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"hubmend/internal/aws/apimodel"
	"hubmend/internal/catalog"
	"hubmend/internal/catalog/runbook"
	"hubmend/internal/catalog/runbook/lint"
	"hubmend/internal/lab/inputfile"
	"hubmend/internal/lab/python"
	"hubmend/internal/ops/plan"
	"hubmend/internal/ops/wording"
)

func lintCommand() *cobra.Command {
	var venv string
	var f format
	cmd := &cobra.Command{
		Use:   "lint [FILE...]",
		Short: "Check the catalog and its runbooks, or any SSM Automation document",
		Long: `Without a file: checks the catalog and every runbook in it, against what Systems Manager would refuse and
against Hubmend's own rules. It also checks that every call has its IAM permission.

With files: checks SSM Automation documents, yours or anybody's, against what Systems Manager would refuse,
at creation or when a step runs: unknown actions, APIs, parameters and runtimes, undefined references, selectors,
conditions and loops, jumps to nowhere and cycles. Hubmend's own rules do not apply.`,
		Example: "  hubmend lint\n  hubmend lint --json\n  hubmend lint my-runbook.yaml",
		RunE: func(cmd *cobra.Command, files []string) error {
			problems, err := lintAll(cmd.Context(), venv, files)
			if err != nil {
				return err
			}
			if err := printProblems(cmd, problems, files, f); err != nil {
				return err
			}
			if len(problems) > 0 {
				return errFailed
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&venv, "venv", "",
		"Python environment that holds botocore's service models (default: that of the first Python with boto3, as "+
			"for plan)")
	f.register(cmd)
	return cmd
}

// problem is one line of the linter's report.
type problem struct {
	File string `json:"file"`
	Step string `json:"step,omitempty"`
	Text string `json:"text"`
}

func lintAll(ctx context.Context, venv string, files []string) ([]problem, error) {
	texts := map[string][]byte{}
	for _, file := range files {
		text, err := inputfile.Read(file)
		if err != nil {
			return nil, err
		}
		texts[file] = text
	}
	if venv == "" {
		h, err := findHome(".")
		if err != nil {
			return nil, err
		}
		interpreter, err := python.FindWithBoto3(ctx, h.folder)
		if err != nil {
			return nil, err
		}
		venv = filepath.Dir(filepath.Dir(interpreter))
	}
	models, err := apimodel.Find(venv)
	switch {
	case err != nil:
		return nil, err
	case len(files) > 0:
		return lintDocuments(models, texts), nil
	}
	problems, err := lintPrograms(ctx, venv)
	if err != nil {
		return nil, err
	}
	settings, err := lintSettings(ctx, venv)
	if err != nil {
		return nil, err
	}
	others, err := lintCatalog(models)
	return append(append(problems, settings...), others...), err
}

// lintDocuments checks documents, by their files, that need not be Hubmend's.
func lintDocuments(models *apimodel.Models, texts map[string][]byte) []problem {
	problems := []problem{}
	for _, file := range slices.Sorted(maps.Keys(texts)) {
		doc, err := runbook.Parse(texts[file])
		if err != nil {
			problems = append(problems, problem{File: file, Text: err.Error()})
			continue
		}
		for _, p := range lint.Service(doc, texts[file], models) {
			problems = append(problems, problem{File: file, Step: p.Step, Text: p.Text})
		}
	}
	return problems
}

func lintCatalog(models *apimodel.Models) ([]problem, error) {
	problems := []problem{}
	c := catalog.Embedded()
	for _, r := range c.Runbooks {
		file := "ssm-documents/" + r.File()
		for _, p := range lint.Document(r.Document, r.Text, models) {
			problems = append(problems, problem{File: file, Step: p.Step, Text: p.Text})
		}
		if _, err := c.Policy(r); err != nil {
			problems = append(problems, problem{File: file, Text: err.Error()})
		}
	}
	if err := c.CheckPrepared(); err != nil {
		problems = append(problems, problem{File: "internal/engine/prepared/catalog.tsv", Text: err.Error()})
	}
	told, err := plan.Lint(c, models)
	if err != nil {
		return nil, err
	}
	for _, p := range told {
		problems = append(problems, problem{File: p.File, Text: p.Text})
	}
	return problems, nil
}

func printProblems(cmd *cobra.Command, problems []problem, files []string, f format) error {
	l := listing{columns: []column{{name: "File"}, {name: "Step"}, {name: "Text"}}}
	for _, p := range problems {
		l.add(p.File, p.Step, p.Text)
	}
	return f.print(cmd.OutOrStdout(), problems, l, func(out io.Writer) { printLint(out, problems, files) })
}

// printLint prints a line for each problem, as compilers do, so that editors find the place.
func printLint(out io.Writer, problems []problem, files []string) {
	for _, p := range problems {
		step := ""
		if p.Step != "" {
			step = "step " + p.Step + ": "
		}
		fmt.Fprintf(out, "%s: %s%s\n", p.File, step, wording.OneLine(p.Text))
	}
	switch {
	case len(problems) > 0:
		fmt.Fprintf(out, "%s found.\n", wording.Counted(len(problems), "problem"))
	case len(files) > 0:
		fmt.Fprintf(out, "No problems found in %s.\n", wording.Counted(len(files), "document"))
	default:
		c := catalog.Embedded()
		fmt.Fprintf(out, "No problems found in %s, %s and %s.\n", wording.Counted(len(c.Controls), "control"),
			wording.Counted(len(c.Runbooks), "runbook"), wording.Counted(len(c.Playbooks), "playbook"))
	}
}
