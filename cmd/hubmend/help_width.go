package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// fitHelp breaks the lines of the help between words, where the terminal is narrower than the lines in our source.
func fitHelp(root *cobra.Command) {
	asWritten := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		width := terminalWidth(cmd.OutOrStdout())
		if width == 0 {
			asWritten(cmd, args)
			return
		}
		about := cmd.Long
		if about == "" {
			about = cmd.Short
		}
		writeFitting(cmd.OutOrStdout(), joinLines(about)+"\n\n"+cmd.UsageString(), width)
	})
}

// sourceBreak is a line break inside a paragraph, which is there for readers of the source only.
var sourceBreak = regexp.MustCompile(`(\S)\n(\S)`)

func joinLines(text string) string { return sourceBreak.ReplaceAllString(text, "$1 $2") }

// explained is a command or a flag with the spaces up to its explanation.
var explained = regexp.MustCompile(`^ +\S.*? {2,}`)

// writeFitting keeps examples in one line, so that they can be copied.
func writeFitting(out io.Writer, text string, width int) {
	examples := false
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, " ") && line != "" {
			examples = line == "Examples:"
		}
		lines := []string{line}
		if !examples {
			lines = wrapLine(line, len(explained.FindString(line)), width)
		}
		fmt.Fprintln(out, strings.Join(lines, "\n"))
	}
}
