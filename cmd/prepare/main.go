// Command prepare writes the files that are derived from the catalog's sources: the calls of programs, and the prepared
// catalog of the Lambda functions.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/program"
	"hubmend/internal/lab/python"
)

const (
	documents = "ssm-documents"
	playbooks = "servicecatalog"
	callsFile = documents + "/programs/calls.json"
	file      = "internal/engine/prepared/catalog.tsv"
	patchFile = "internal/engine/prepared/patches.tsv"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "prepare:", err)
		os.Exit(1)
	}
}

// run reads the folders and not the embedded data, which contains the previous calls of programs.
func run() error {
	if err := deriveCalls(); err != nil {
		return err
	}
	c, err := catalog.Load(os.DirFS(documents), os.DirFS(playbooks))
	if err != nil {
		return err
	}
	text, err := c.Prepared()
	if err != nil {
		return err
	}
	patches, err := c.PreparedPatches()
	if err != nil {
		return err
	}
	return errors.Join(write(file, text), write(patchFile, patches))
}

func deriveCalls() error {
	interpreter, err := python.Find(".")
	if err != nil {
		return err
	}
	runtime, sources, err := catalog.Sources(os.DirFS(documents))
	if err != nil {
		return err
	}
	derived, problems, err := program.Derive(context.Background(), interpreter, runtime, sources)
	for _, p := range problems {
		err = errors.Join(err, errors.New(p.String()))
	}
	if err != nil {
		return err
	}
	text, err := program.WriteDerived(derived)
	if err != nil {
		return err
	}
	return write(callsFile, text)
}

func write(file string, text []byte) error {
	return os.WriteFile(file, text, 0o644) //nolint:gosec // everybody may read it
}
