package main

import (
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// referenceIntroduction is what the page says before it comes to the commands.
//
//go:embed reference.md
var referenceIntroduction string

func referenceCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "reference",
		Short:   "Print the page docs/cli.md",
		Example: "  hubmend reference > docs/cli.md",
		Hidden:  true, // for make generate
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var b strings.Builder
			b.WriteString(referenceIntroduction)
			b.WriteString("\n## Commands\n\n| command | |\n|---|---|\n")
			used := usedCommands(cmd.Root())
			for _, c := range used {
				fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", c.CommandPath(), strings.ReplaceAll(c.CommandPath(), " ", "-"),
					c.Short)
			}
			for _, c := range used {
				describe(&b, c)
			}
			_, err := io.WriteString(cmd.OutOrStdout(), b.String())
			return err
		},
	}
}

// usedCommands lists the commands that people use, in the order of their paths.
func usedCommands(cmd *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" && c.Name() != "completion" {
			all = append(append(all, c), usedCommands(c)...)
		}
	}
	return all
}

// describe writes the section of a command.
func describe(b *strings.Builder, c *cobra.Command) {
	fmt.Fprintf(b, "\n### %s\n\n", c.CommandPath())
	if c.Long == "" {
		fmt.Fprintf(b, "%s.\n", c.Short)
	} else {
		fmt.Fprintf(b, "%s\n", c.Long)
	}
	if len(c.Commands()) == 0 {
		fmt.Fprintf(b, "\n```\n%s\n```\n", c.UseLine())
	}
	var flags strings.Builder
	c.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			flags.WriteString(flagRow(f))
		}
	})
	if flags.Len() > 0 {
		fmt.Fprintf(b, "\n| flag | |\n|---|---|\n%s", flags.String())
	}
	if c.Example != "" {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", unindent(c.Example))
	}
}

func flagRow(f *pflag.Flag) string {
	name := "--" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	kind, usage := pflag.UnquoteUsage(f)
	if kind != "" {
		name += " " + kind
	}
	if value := f.DefValue; value != "" && value != "false" && value != "[]" && value != "0" {
		usage += " (default `" + value + "`)"
	}
	return fmt.Sprintf("| `%s` | %s |\n", name, strings.ReplaceAll(usage, "|", `\|`))
}

func unindent(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimPrefix(strings.TrimRight(line, "\n"), "  "))
	}
	return strings.Join(lines, "\n")
}
