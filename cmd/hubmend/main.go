// Command hubmend works with a Hubmend checkout or deployment from a terminal.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
)

// Exit codes. Every command keeps to them.
const (
	exitFailed = 1 // the command did its work and the answer is no: an expectation failed, a linter found something
	exitUsage  = 2 // the command could not do its work: bad arguments, a missing file, a service that does not answer
)

// errFailed is returned by a command whose answer is no and that said so already.
var errFailed = errors.New("failed")

func main() {
	if err := naming.Check(); err != nil {
		fmt.Fprintf(os.Stderr, "hubmend: %v\n", err)
		os.Exit(exitUsage)
	}
	if err := catalog.Check(); err != nil {
		fmt.Fprintf(os.Stderr, "hubmend: the catalog is not in order:\n%v\n", err)
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second Ctrl-C ends what does not look at the first
	cmd, out := root(), &output{file: os.Stdout}
	cmd.SetOut(out)
	err := cmd.ExecuteContext(ctx)
	stop()
	if err == nil || errors.Is(err, errFailed) {
		err = cmp.Or(out.failed(), err)
	}
	switch {
	case errors.Is(err, errFailed):
		os.Exit(exitFailed)
	case err != nil:
		fmt.Fprintln(os.Stderr, "hubmend:", ownWords(err))
		os.Exit(exitUsage)
	}
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hubmend",
		Short: "Repairs AWS Security Hub findings, and proves on a laptop that it does",
		Long: `Hubmend repairs AWS Security Hub findings by itself, and proves on a laptop that it does.

Exit codes: 0 it did its work and the answer is yes; 1 the answer is no (an expectation failed,
the linter or doctor found something, an operation failed); 2 it could not do its work (bad
arguments, no credentials, nothing deployed). docs/cli.md has more, completion for shells too.`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.SetVersionTemplate("hubmend {{.Version}}\n")
	cmd.AddCommand(labCommand(), lintCommand(), findingCommand(), controlsCommand(), costsCommand(), dlqCommand(),
		planCommand(), playbookCommand(), statusCommand(), historyCommand(), findingsCommand(), remediateCommand(),
		undoCommand(), pauseCommand(), resumeCommand(),
		doctorCommand(), reportCommand(), referenceCommand())
	complete(cmd)
	strict(cmd)
	return cmd
}

// strict makes the commands that cobra adds refuse words that they do not know, as all others do.
func strict(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "completion":
			c.Args, c.RunE = cobra.NoArgs, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		case "help":
			c.Args = func(_ *cobra.Command, words []string) error {
				_, rest, err := root.Find(words)
				if err == nil && len(rest) > 0 {
					err = fmt.Errorf("unknown command %q for %q", rest[0], root.Name())
				}
				return err
			}
		}
	}
}
