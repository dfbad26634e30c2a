package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"hubmend/test/suppression"
)

// guardReport has an entry for each template. A rule that is not met is a tree of the
// clauses that are not, in which the resources show only as paths.
type guardReport []struct {
	Name         string
	NotCompliant []json.RawMessage `json:"not_compliant"`
	Compliant    []string
	Skipped      []string `json:"not_applicable"`
}

var (
	guardRule     = regexp.MustCompile(`\[(CT\.[A-Z0-9.-]+)\]: *(.*?)\s*\\n`)
	guardName     = regexp.MustCompile(`"name": *"([^"]+)"`)
	guardResource = regexp.MustCompile(`"path": *"/Resources/([A-Za-z0-9]+)`)
)

func readGuard(text []byte, _ io.Writer) ([]suppression.Finding, string, error) {
	var report guardReport
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, "", fmt.Errorf("read the report: %w", err)
	}
	var findings []suppression.Finding
	met := 0
	for _, template := range report {
		if len(template.Skipped)+len(template.Compliant)+len(template.NotCompliant) == 0 {
			return nil, "", fmt.Errorf("no rule was applied to %s", template.Name)
		}
		met += len(template.Compliant)
		types, err := resourceTypes(template.Name)
		if err != nil {
			return nil, "", err
		}
		stack := strings.TrimSuffix(strings.TrimSuffix(path.Base(template.Name), ".template.json"), ".product")
		for _, broken := range template.NotCompliant {
			found, err := readBroken(stack, broken)
			if err != nil {
				return nil, "", err
			}
			for _, f := range found {
				f.Type = types[f.Where]
				findings = append(findings, f)
			}
		}
	}
	if met == 0 {
		return nil, "", errors.New("no rule is met by any template, so none can have been evaluated")
	}
	return findings, fmt.Sprintf("%d templates, %d rules met", len(report), met), nil
}

// readBroken returns a finding for each resource that does not meet a rule.
func readBroken(stack string, broken []byte) ([]suppression.Finding, error) {
	var rule, text string
	if parts := guardRule.FindSubmatch(broken); parts != nil {
		rule, text = string(parts[1]), string(parts[2])
	} else if parts := guardName.FindSubmatch(broken); parts != nil {
		rule, text = string(parts[1]), "the rule says no more"
	}
	resources := map[string]bool{}
	for _, parts := range guardResource.FindAllSubmatch(broken, -1) {
		resources[string(parts[1])] = true
	}
	if rule == "" || len(resources) == 0 {
		return nil, fmt.Errorf("%s: there is neither rule nor resource in %s", stack, broken)
	}
	var findings []suppression.Finding
	for _, resource := range slices.Sorted(maps.Keys(resources)) {
		findings = append(findings, suppression.Finding{Rule: rule, Stack: stack, Where: resource, Text: text})
	}
	return findings, nil
}

// resourceTypes returns the type of each resource of a template.
func resourceTypes(file string) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	var template struct {
		Resources map[string]struct{ Type string }
	}
	if err := json.Unmarshal(text, &template); err != nil {
		return nil, fmt.Errorf("read the template %s: %w", file, err)
	}
	types := map[string]string{}
	for id, resource := range template.Resources {
		types[id] = resource.Type
	}
	return types, nil
}
