package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"hubmend/internal/catalog/nearmatch"
	"hubmend/internal/engine/policy"
)

// patch are the lines of a control in one language.
type patch struct{ language, fence, lines string }

func (r controlRow) patches() []patch {
	if r.Patch == nil {
		return nil
	}
	all := []patch{{"CloudFormation", "yaml", r.Patch.CloudFormation}, {"Terraform", "hcl", r.Patch.Terraform}}
	return slices.DeleteFunc(all, func(p patch) bool { return p.lines == "" })
}

// writePatches prints the lines of the named controls for a tool.
func writePatches(out io.Writer, rows []controlRow, ids []string, tool string) error {
	if len(ids) == 0 {
		return errors.New("--patch prints the lines of a control; name the control")
	}
	if tool = strings.ToLower(tool); !slices.Contains(policy.Tools, tool) {
		return nearmatch.Unknown("tool", tool, policy.Tools, "the tools are "+strings.Join(policy.Tools, ", "))
	}
	for _, r := range rows {
		if r.Patch == nil {
			return fmt.Errorf("%s has no patch, because it is remediated manually: %s", r.Control, r.Guide)
		}
		fmt.Fprintf(out, "# %s: %s\n%s\n", r.Control, r.Title, strings.TrimSuffix(r.Patch.For(tool), "\n"))
	}
	return nil
}

// writePatch writes the lines of a control on the page of all.
func (r controlRow) writePatch(b *strings.Builder) {
	if r.Patch == nil {
		return
	}
	if r.Patch.None != "" {
		fmt.Fprintf(b, "- **As code:** %s\n", r.Patch.None)
	}
	if len(r.patches()) == 0 {
		return
	}
	b.WriteString("\n<details><summary>As code</summary>\n\n")
	for _, p := range r.patches() {
		fmt.Fprintf(b, "%s:\n\n```%s\n%s```\n\n", p.language, p.fence, p.lines)
	}
	b.WriteString("</details>\n")
}

// indented puts lines below a fact.
func indented(lines string) string {
	return "    " + strings.ReplaceAll(strings.TrimSuffix(lines, "\n"), "\n", "\n    ")
}
