package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"hubmend/internal/ops/deadletter"
	"hubmend/internal/ops/overview"
)

// Commands that change something, or write one document, have --json alone.
var documents = []string{"plan", "report", "remediate", "undo", "playbook launch", "playbook update",
	"playbook enable", "playbook disable", "playbook terminate", "playbook share", "dlq redrive", "dlq delete", "pause",
	"resume", "approve", "reject", "policy apply", "policy restore"}

// Every command that lists things has --output.
func TestListsHaveFormats(t *testing.T) {
	t.Parallel()
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			walk(c)
		}
		name := strings.TrimPrefix(cmd.CommandPath(), "hubmend ")
		output := cmd.Flags().Lookup("output") != nil
		if cmd.Flags().Lookup("json") == nil {
			if output {
				t.Errorf("%s has --output without --json", name)
			}
			return
		}
		if output == slices.Contains(documents, name) {
			t.Errorf("%s: --output is %v", name, output)
		}
	}
	walk(root())
}

// read reads CSV and gives rows by the names of columns.
func read(t *testing.T, text []byte) (header []string, rows []map[string]string) {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return lines[0], rows
}

func TestControlsCSV(t *testing.T) {
	t.Parallel()
	header, rows := read(t, execute(t, "controls", "--output", "csv"))
	want := []string{"control", "title", "risk", "automatic", "undo", "irreversible", "runbook", "remediation"}
	if diff := cmp.Diff(want, header); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var known []controlRow
	if err := json.Unmarshal(execute(t, "controls", "--output", "json"), &known); err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(known) {
		t.Fatalf("%d rows for %d controls", len(rows), len(known))
	}
	for i, r := range known {
		if got := rows[i]; got["control"] != r.Control || got["title"] != r.Title ||
			got["remediation"] != r.Repair+r.Guide {
			t.Errorf("row %d is %v, want %s", i, got, r.Control)
		}
	}
	if _, some := read(t, execute(t, "controls", "EC2.13", "--output", "csv")); len(some) != 1 {
		t.Errorf("%d rows for one control", len(some))
	}
}

// CSV has full values where tables show short ones, and nothing that a spreadsheet would evaluate.
func TestTargetsCSV(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 18, 0, 9, 0, time.UTC)
	targets := []overview.Target{{Key: "k", State: overview.Queued, Control: "EC2.13", Account: "222222222222",
		Region: "us-east-1", Resource: group, Since: at, Until: at.Add(time.Hour), Undo: true,
		V2IDs: map[string]string{"f-2": "v2", "f-1": "v1"},
		Why:   "=HYPERLINK(\"x\")"}}
	var b bytes.Buffer
	if err := formatCSV.print(&b, nil, targetListing(targets), nil); err != nil {
		t.Fatal(err)
	}
	_, rows := read(t, b.Bytes())
	want := []map[string]string{{"state": "queued (undo)", "since": "2026-01-31T18:00:09Z", "control": "EC2.13",
		"account": "222222222222", "region": "us-east-1", "resource": group, "key": "k", "v2 ids": "v1 v2",
		"details": `'=HYPERLINK("x") Not before 2026-01-31 19:00.`}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLettersCSV(t *testing.T) {
	t.Parallel()
	letter := deadletter.Letter{Queue: "findings", ID: "1", Received: 4, About: "@SUM(A1)", Reason: "a, b\nc"}
	var b bytes.Buffer
	if err := formatCSV.print(&b, nil, letterListing([]deadletter.Letter{letter}), nil); err != nil {
		t.Fatal(err)
	}
	want := "queue,id,since,received,about,reason\r\nfindings,1,,4,'@SUM(A1),\"a, b\r\nc\"\r\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFormatBadInput(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"controls --output xml":         `"xml" is not an output format; use table, json or csv`,
		"controls --output csv --json":  "--json and --output do not go together",
		"costs --output csv --markdown": "--markdown and --output do not go together",
	} {
		code, stdout, stderr := hubmend(t, nil, strings.Fields(args)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exits with %d, prints %q, says %q", args, code, stdout, stderr)
		}
	}
	if a, b := execute(t, "controls", "--json=false"), execute(t, "controls"); !bytes.Equal(a, b) {
		t.Error("--json=false prints JSON")
	}
}
