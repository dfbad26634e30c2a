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

// write writes every requested format, after all of them were generated.
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
				fmt.Fprintf(stdout, "%s: %d repaired, %s attention.\n", f.file, made.Total.Repaired,
					need(len(made.Attention())))
			}
		}
	}
	return nil
}

// need writes how many need something, such as "1 needs" or "2 need".
func need(n int) string {
	if n == 1 {
		return "1 needs"
	}
	return fmt.Sprintf("%d need", n)
}

// writePrivate writes a file that only its owner can read, even if others could read it before. It leaves the
// mode of anything but a regular file, such as /dev/null, unchanged.
func writePrivate(name string, text []byte) (err error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the user specifies it
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
