package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"hubmend/test/suppression"
)

type gosecReport struct {
	// Errors are what did not compile, and so was not looked at.
	Errors map[string]any `json:"Golang errors"`
	Issues []struct {
		Rule    string `json:"rule_id"`
		File    string `json:"file"`
		Line    string `json:"line"`
		Details string `json:"details"`
		NoSec   bool   `json:"nosec"`
	}
	Stats struct {
		Files int `json:"files"`
		NoSec int `json:"nosec"`
	}
}

func readGosec(text []byte, _ io.Writer) ([]suppression.Finding, string, error) {
	var report gosecReport
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, "", fmt.Errorf("read the report: %w", err)
	}
	switch {
	case len(report.Errors) > 0:
		return nil, "", fmt.Errorf("could not read everything: %v", report.Errors)
	case report.Stats.Files == 0:
		return nil, "", errors.New("no file was looked at")
	case report.Stats.NoSec > 0:
		return nil, "", errors.New(
			"there is a #nosec in the code; suppressions are data, so that they are all in one table")
	}
	top, err := os.Getwd()
	if err != nil {
		return nil, "", fmt.Errorf("find this folder: %w", err)
	}
	var findings []suppression.Finding
	for _, issue := range report.Issues {
		findings = append(findings, suppression.Finding{
			Rule: issue.Rule, Where: strings.TrimPrefix(issue.File, top+string(filepath.Separator)),
			Text: "line " + issue.Line + ": " + issue.Details,
		})
	}
	return findings, fmt.Sprintf("%d files", report.Stats.Files), nil
}
