package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"hubmend/internal/ops/report"
)

// write writes every form that is wanted, once all of them are made.
func (r reporting) write(stdout io.Writer, made report.Report) error {
	type form struct {
		file  string
		write func(io.Writer) error
		text  bytes.Buffer
	}
	forms := []*form{
		{file: r.html, write: made.WriteHTML}, {file: r.csv, write: made.WriteCSV},
		{file: r.oscal, write: made.WriteOSCAL},
	}
	if r.asJSON {
		forms = append(forms,
			&form{file: toStdout, write: func(w io.Writer) error { return json.NewEncoder(w).Encode(made) }})
	}
	silent := false
	for _, f := range forms {
		if f.file == "" {
			continue
		}
		if err := f.write(&f.text); err != nil {
			return err
		}
		silent = silent || f.file == toStdout
	}
	for _, f := range forms {
		switch f.file {
		case "":
		case toStdout:
			if _, err := f.text.WriteTo(stdout); err != nil {
				return fmt.Errorf("write the report: %w", err)
			}
		default:
			if err := writePrivate(f.file, f.text.Bytes()); err != nil {
				return fmt.Errorf("write the report: %w", err)
			}
			if !silent {
				fmt.Fprintf(stdout, "%s: %s, need a person: %d.\n", f.file, counted(made.Total.Repaired, "repair"),
					len(made.Attention()))
			}
		}
	}
	return nil
}

// writePrivate writes a file that only its owner may read, also when it was there and others could. What is
// no regular file, such as /dev/null, stays as it is.
func writePrivate(name string, text []byte) (err error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the person names it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		if err := file.Chmod(0o600); err != nil {
			return err
		}
	}
	_, err = file.Write(text)
	return err
}
