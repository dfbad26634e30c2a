package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"hubmend/internal/ops/spreadsheet"
)

// format is how a command prints what it lists. It is the value of --output, and --json is its short form.
type format string

const (
	formatTable format = "table"
	formatJSON  format = "json"
	formatCSV   format = "csv"
)

var formats = []string{string(formatTable), string(formatJSON), string(formatCSV)}

// register adds --output and --json to a command.
func (f *format) register(cmd *cobra.Command) {
	*f = formatTable
	cmd.Flags().Var(f, "output", "table, json or csv")
	cmd.Flags().BoolFunc("json", "short for --output json", func(value string) error {
		wanted, err := strconv.ParseBool(value)
		if err == nil && wanted {
			*f = formatJSON
		}
		return err
	})
	cmd.MarkFlagsMutuallyExclusive("output", "json")
}

// Set implements pflag.Value.
func (f *format) Set(s string) error {
	if !slices.Contains(formats, s) {
		return fmt.Errorf("%q is not an output format; use table, json or csv", s)
	}
	*f = format(s)
	return nil
}

// String implements pflag.Value.
func (f *format) String() string { return string(*f) }

// Type implements pflag.Value.
func (*format) Type() string { return "format" }

// print writes a listing as CSV, what it was made of as JSON, or what show writes for people.
func (f format) print(out io.Writer, document any, l listing, show func(io.Writer)) error {
	switch f {
	case formatJSON:
		return json.NewEncoder(out).Encode(document)
	case formatCSV:
		return spreadsheet.WriteCSV(out, l.header(), l.rows)
	}
	show(out)
	return nil
}
