// Command checks reads what the checks that others wrote have found, and holds it against
// the suppressions. The Makefile runs the checks.
//
//	checks gosec|govulncheck|cfn-guard report.json
//	checks table
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"hubmend/test/suppression"
)

// reader extracts the findings from a tool's report and describes what was checked. Warnings that need no action go to
// the writer.
type reader func(report []byte, warnings io.Writer) (findings []suppression.Finding, seen string, err error)

var readers = map[suppression.Tool]reader{
	suppression.Gosec:       readGosec,
	suppression.Govulncheck: readVulnerabilities,
	suppression.Guard:       readGuard,
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	all, err := suppression.Embedded()
	if err != nil {
		return err
	}
	if len(args) == 1 && args[0] == "table" {
		_, err := io.WriteString(out, suppression.Markdown(all))
		return err
	}
	if len(args) != 2 || readers[suppression.Tool(args[0])] == nil {
		return errors.New("usage: checks gosec|govulncheck|cfn-guard report.json, or checks table")
	}
	report, err := os.ReadFile(args[1])
	if err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	return judge(suppression.Tool(args[0]), report, all, out)
}

func judge(tool suppression.Tool, report []byte, all []suppression.Suppression, out io.Writer) error {
	findings, seen, err := readers[tool](report, out)
	if err != nil {
		return fmt.Errorf("%s: %w", tool, err)
	}
	if err := suppression.Judge(tool, findings, all); err != nil {
		return fmt.Errorf("%s:\n%w\nrepair it, or say in %s why it may stay", tool, err, suppression.File)
	}
	_, err = fmt.Fprintf(out, "%s: %s, %d findings, all of them with a reason to stay\n", tool, seen, len(findings))
	return err
}
