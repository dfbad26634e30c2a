package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ownCommands visits every command that does something, but those that cobra adds.
func ownCommands(visit func(*cobra.Command)) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Runnable() {
			visit(cmd)
		}
		for _, c := range cmd.Commands() {
			if c.Name() != "help" && c.Name() != "completion" {
				walk(c)
			}
		}
	}
	walk(root())
}

func TestHelp(t *testing.T) {
	t.Parallel()
	n := 0
	ownCommands(func(cmd *cobra.Command) {
		n++
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			t.Parallel()
			help := helpOf(t, cmd)
			if !strings.Contains(help, "Examples:\n") || !strings.Contains(help, cmd.CommandPath()) {
				t.Errorf("the help has no example:\n%s", help)
			}
			cmd.Flags().VisitAll(func(f *pflag.Flag) {
				if f.Usage == "" {
					t.Errorf("--%s is not explained", f.Name)
				}
			})
		})
	})
	if n < 5 {
		t.Errorf("found %d commands", n)
	}
}

// substitution is what the shell puts the output of another command for.
var substitution = regexp.MustCompile(`\$\(.*?\)`)

// An example that the command refuses is worse than none.
func TestExamplesParse(t *testing.T) {
	t.Parallel()
	ownCommands(func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Example) {
			example, _, _ := strings.Cut(substitution.ReplaceAllString(line, "x"), " > ")
			words := strings.Fields(example)
			if len(words) == 0 || words[0] != "hubmend" {
				continue
			}
			found, rest, err := root().Find(words[1:])
			// A command that only groups others shows theirs.
			if err != nil || !strings.HasPrefix(found.CommandPath(), cmd.CommandPath()) {
				t.Errorf("%q is no example of %s: %v", line, cmd.CommandPath(), err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
				continue
			}
			if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			if err := found.ValidateRequiredFlags(); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	})
}

// On a narrow terminal, lines break between words, and a paragraph has no line that is short without a reason.
func TestHelpFitsTheTerminal(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	ownCommands(func(cmd *cobra.Command) {
		help := helpOf(t, cmd)
		before, after, _ := strings.Cut(help, "Examples:\n")
		_, after, _ = strings.Cut(after, "\n\n")
		for line := range strings.Lines(before + after) {
			if len(line) > 81 {
				t.Errorf("%s: %d columns: %s", cmd.CommandPath(), len(line)-1, line)
			}
		}
		paragraph, _, _ := strings.Cut(help, "\n\n")
		lines := strings.Split(paragraph, "\n")
		for i, line := range lines[1:] {
			if word, _, _ := strings.Cut(line, " "); len(lines[i])+1+len(word) <= 80 && word != "" {
				t.Errorf("%s breaks too early:\n%s", cmd.CommandPath(), paragraph)
			}
		}
	})
}

// helpOf prints the help of a command, by a program of its own.
func helpOf(t *testing.T, cmd *cobra.Command) string {
	t.Helper()
	fresh := root()
	var out bytes.Buffer
	fresh.SetOut(&out)
	fresh.SetArgs(append(strings.Fields(cmd.CommandPath())[1:], "--help"))
	if err := fresh.Execute(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
