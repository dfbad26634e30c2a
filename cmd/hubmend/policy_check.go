package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/lab/inputfile"
	"hubmend/internal/ops/plan"
	"hubmend/internal/ops/policies"
	"hubmend/internal/ops/wording"
)

func policyCheckCommand() *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a policy file",
		Long: `Reports every mistake in a policy file, one per line, with its place and what to write instead. It also
reports rules that never decide because of an earlier one, and warns about rules that have ended or end
within 14 days. It reads only the file. Exit code 1 means that the file cannot be applied.`,
		Example: "  hubmend policy check policy.yaml\n  hubmend policy check policy.yaml --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := inputfile.Read(args[0])
			if err != nil {
				return err
			}
			file, problems := policyfile.Parse(text, catalog.Embedded(), time.Now())
			l := listing{columns: []column{{name: "Line"}, {name: "Column"}, {name: "Kind"}, {name: "Text"}}}
			for _, p := range problems {
				kind := "error"
				if p.Warning {
					kind = "warning"
				}
				l.add(strconv.Itoa(p.Line), strconv.Itoa(p.Column), kind, p.Text)
			}
			if problems == nil {
				problems = []policyfile.Problem{}
			}
			err = f.print(cmd.OutOrStdout(), problems, l, func(out io.Writer) {
				for _, p := range problems {
					fmt.Fprintln(out, wording.OneLine(p.In(args[0])))
				}
				if policyfile.Failed(problems) {
					fmt.Fprintf(out, "%s found.\n", wording.Counted(len(problems), "problem"))
					return
				}
				fmt.Fprintf(out, "%s in %s.\n", wording.Counted(len(file.Policy.Rules), "valid rule"), args[0])
			})
			if err == nil && policyfile.Failed(problems) {
				err = errFailed
			}
			return err
		},
	}
	f.register(cmd)
	return cmd
}

func policySchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of policy files",
		Long: `Prints the JSON Schema of policy files. With it, an editor completes and checks a file that begins with
"# yaml-language-server: $schema=policy.schema.json".`,
		Example: "  hubmend policy schema > policy.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(policyfile.Schema)
			return err
		},
	}
}

func policyTestCommand() *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:   "test FILE [TESTS]",
		Short: "Run the tests of a policy file",
		Long: `Runs the cases under "tests" in a policy file, or in a second file: each is a finding and the decision that
is expected. See docs/policy.md for their fields. It reads only files.`,
		Example: "  hubmend policy test policy.yaml\n  hubmend policy test policy.yaml policy-tests.yaml --json",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := policyOf(args[0], cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			cases, name := file.Tests, args[0]
			if len(args) == 2 {
				name = args[1]
				if cases, err = casesOf(name, cmd.ErrOrStderr()); err != nil {
					return err
				}
			}
			if len(cases) == 0 {
				return fmt.Errorf("%s has no tests; add them under tests:, see docs/policy.md", name)
			}
			var results []policies.Result
			for _, c := range cases {
				r, err := repairOf(c, filepath.Dir(name))
				if err != nil {
					return fmt.Errorf("%s:%d: %w", name, c.Line, err)
				}
				results = append(results, policies.Run(file.Policy, c, r))
			}
			return printResults(cmd, f, name, results)
		},
	}
	f.register(cmd)
	return cmd
}

// casesOf reads a file of tests.
func casesOf(name string, out io.Writer) ([]policyfile.Case, error) {
	text, err := inputfile.Read(name)
	if err != nil {
		return nil, err
	}
	cases, problems := policyfile.ParseTests(text, catalog.Embedded(), time.Now())
	for _, p := range problems {
		fmt.Fprintln(out, wording.OneLine(p.In(name)))
	}
	if policyfile.Failed(problems) {
		return nil, errFailed
	}
	return cases, nil
}

// repairOf returns the remediation that a test is about. Files are relative to the folder of the test.
func repairOf(c policyfile.Case, folder string) (policies.Repair, error) {
	controls := policyfile.Controls(catalog.Embedded())
	if c.File == "" {
		r := policies.Repair{Subject: c.Subject, Facts: c.Facts}
		r.Subject.Control = controls[c.Subject.Control.ID]
		return r, nil
	}
	r, err := repairIn(filepath.Join(folder, c.File), c.Subject.AskedAt)
	if err != nil {
		return r, err
	}
	if c.Facts.Tags != nil {
		r.Facts.Tags = c.Facts.Tags
	}
	r.Facts.OUs = c.Facts.OUs
	return r, nil
}

// repairIn reads the finding in a file.
func repairIn(name string, askedAt time.Time) (policies.Repair, error) {
	text, err := inputfile.Read(name)
	if err != nil {
		return policies.Repair{}, err
	}
	raw, err := plan.OneFinding(text)
	if err != nil {
		return policies.Repair{}, fmt.Errorf("%s: %w", name, err)
	}
	r, err := policies.Read(catalog.Embedded(), policyfile.Controls(catalog.Embedded()), raw, askedAt)
	if err != nil {
		return policies.Repair{}, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

func printResults(cmd *cobra.Command, f format, file string, results []policies.Result) error {
	l := listing{columns: []column{{name: "Line"}, {name: "Test"}, {name: "Passed"}, {name: "Got"}, {name: "Problem"}}}
	failed := 0
	for _, r := range results {
		l.add(strconv.Itoa(r.Line), r.Name, strconv.FormatBool(r.Passed), r.Got, r.Problem)
		if !r.Passed {
			failed++
		}
	}
	err := f.print(cmd.OutOrStdout(), results, l, func(out io.Writer) {
		for _, r := range results {
			if !r.Passed {
				fmt.Fprintf(out, "%s:%d: FAIL %s: %s; got %s\n", file, r.Line, wording.OneLine(r.Name), r.Problem,
					wording.OneLine(r.Got))
			}
		}
		fmt.Fprintf(out, "%d of %s passed.\n", len(results)-failed, wording.Counted(len(results), "test"))
	})
	if err == nil && failed > 0 {
		err = errFailed
	}
	return err
}
