// Command templates writes the folder templates/ out of what `cdk synth` wrote.
package main

import (
	"flag"
	"fmt"
	"os"

	"hubmend/internal/catalog"
	"hubmend/internal/templates"
)

func main() {
	from := flag.String("from", "cdk.out", "folder that `cdk synth` wrote")
	to := flag.String("to", templates.Folder, "folder to write")
	flag.Parse()
	files, err := templates.Of(*from, catalog.Embedded().Versions())
	if err == nil {
		err = templates.Write(*to, files)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "templates:", err)
		os.Exit(1)
	}
}
