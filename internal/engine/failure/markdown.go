package failure

import (
	"fmt"
	"strings"
)

// Markdown writes both tables as a page.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`# Failures

This page is generated from ` + "`internal/engine/failure/table.go`" + `. Edit the table, then run ` +
		"`make generate`" + `.

## What follows from each class

| class | meaning | retried | loop guard | breaker of the control | message | finding |
|---|---|---|---|---|---|---|
`)
	for _, f := range fates {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s: %s |\n", f.Class, f.Means, f.Retry, counts(f.Guard),
			counts(f.Breaker), f.Told, f.Workflow, cell(f.Hint))
	}
	b.WriteString(`
An undo is never retried, and counts for nothing. A failure of an account that is *not ready* has a breaker of its own: one
attempt tries, and the others that need the same thing wait for its outcome. Start them again after a day with
` + "`hubmend remediate --failed --class not-ready`" + `.

## How failures are sorted

The first row that matches decides. *Passes* is an error after which the SDK would make the same call again: a fault of the service, or no answer.

| stage | what AWS or the runbook says | class | what is not ready |
|---|---|---|---|
`)
	for _, r := range rules {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", joined(r.Stages), cell(r.condition()), r.Class, r.Scope)
	}
	return b.String()
}

func counts(is bool) string {
	if is {
		return "counts"
	}
	return ""
}

func joined(stages []Stage) string {
	all := make([]string, len(stages))
	for i, s := range stages {
		all[i] = string(s)
	}
	return strings.Join(all, ", ")
}

// condition returns when a rule matches.
func (r Rule) condition() string {
	var all []string
	if len(r.Codes) > 0 {
		all = append(all, "`"+strings.Join(r.Codes, "`, `")+"`")
	}
	if len(r.Kinds) > 0 {
		all = append(all, "type or status `"+strings.Join(r.Kinds, "`, `")+"`")
	}
	if r.Text != "" {
		all = append(all, fmt.Sprintf("text %q", r.Text))
	}
	if r.Word != "" {
		all = append(all, fmt.Sprintf("the script says `%s`", r.Word))
	}
	if r.Passes {
		all = append(all, "passes")
	}
	if r.Refusal {
		all = append(all, "the script refuses")
	}
	if len(all) == 0 {
		return "anything else"
	}
	return strings.Join(all, ", and ")
}

// cell keeps a text inside its column.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
