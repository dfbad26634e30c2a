// Command prepare writes what the functions need of the catalog, from the catalog's YAML.
package main

import (
	"fmt"
	"os"

	"hubmend/internal/catalog"
)

const file = "internal/prepared/catalog.tsv"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "prepare:", err)
		os.Exit(1)
	}
}

func run() error {
	if err := catalog.Check(); err != nil {
		return err
	}
	text, err := catalog.Embedded().Prepared()
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644) //nolint:gosec // everybody may read it
}
