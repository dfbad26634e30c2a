package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"hubmend/internal/apimodel"
	"hubmend/internal/catalog"
	"hubmend/internal/plan"
	"hubmend/internal/runbook/lint"
)

func lintCommand() *cobra.Command {
	var venv string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "lint",
		Short: "Check the catalog and every runbook in it",
		Long: `Checks what Systems Manager would refuse of a runbook, at creation or when a step runs:
unknown APIs and parameters, undefined references, selectors outside the documented
subset, cycles, missing patterns. It also checks that every call has its IAM permission.`,
		Example: "  hubmend lint\n  hubmend lint --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			problems, err := lintCatalog(venv)
			if err != nil {
				return err
			}
			if err := printProblems(cmd, problems, asJSON); err != nil {
				return err
			}
			if len(problems) > 0 {
				return errFailed
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&venv, "venv", ".venv", "Python environment that holds botocore's service models")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// problem is one line of the linter's report.
type problem struct {
	File string `json:"file"`
	Step string `json:"step,omitempty"`
	Text string `json:"text"`
}

func lintCatalog(venv string) ([]problem, error) {
	models, err := apimodel.Find(venv)
	if err != nil {
		return nil, err
	}
	problems := []problem{}
	c := catalog.Embedded()
	for _, r := range c.Runbooks {
		file := "ssm-documents/runbooks/" + r.Name + ".yaml"
		for _, p := range lint.Document(r.Document, r.Text, models) {
			problems = append(problems, problem{File: file, Step: p.Step, Text: p.Text})
		}
		if _, err := c.Policy(r); err != nil {
			problems = append(problems, problem{File: file, Text: err.Error()})
		}
	}
	if err := c.CheckPrepared(); err != nil {
		problems = append(problems, problem{File: "internal/prepared/catalog.tsv", Text: err.Error()})
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

func printProblems(cmd *cobra.Command, problems []problem, asJSON bool) error {
	out := cmd.OutOrStdout()
	if asJSON {
		return json.NewEncoder(out).Encode(problems)
	}
	for _, p := range problems {
		step := ""
		if p.Step != "" {
			step = "step " + p.Step + ": "
		}
		fmt.Fprintf(out, "%s: %s%s\n", p.File, step, p.Text)
	}
	if len(problems) == 0 {
		c := catalog.Embedded()
		fmt.Fprintf(out, "%s, %s and %s are in order.\n", counted(len(c.Controls), "control"), counted(len(c.Runbooks), "runbook"), counted(len(c.Playbooks), "playbook"))
	}
	return nil
}
