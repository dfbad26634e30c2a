// Command templates updates the folder templates/ from the output of `cdk synth`, and the assignment of runbooks to
// member stacks.
package main

import (
	"flag"
	"fmt"
	"os"

	"hubmend/internal/build/templates"
	"hubmend/internal/catalog"
)

func main() {
	from := flag.String("from", "cdk.out", "folder that `cdk synth` wrote")
	to := flag.String("to", templates.Folder, "folder to write")
	parts := flag.String("parts", "ssm-documents/parts.yaml", "file that says which part has each runbook")
	flag.Parse()
	files, err := templates.Of(*from, catalog.Embedded().Versions())
	if err == nil {
		err = templates.Write(*to, files)
	}
	if err == nil { // after the templates, so that a synth that failed assigns nothing
		//nolint:gosec // part of the repository
		err = os.WriteFile(*parts, []byte(catalog.Embedded().PartsText()), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "templates:", err)
		os.Exit(1)
	}
}
