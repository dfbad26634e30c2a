// Command hubmend works with a Hubmend checkout or deployment from a terminal.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
)

// Exit codes. Every command keeps to them.
const (
	exitFailed = 1 // the command ran and the result is negative: an expectation failed, a linter found something
	exitUsage  = 2 // the command could not run: bad arguments, a missing file, a service that does not respond
)

// errFailed is the error of a command whose result is negative and that reported it already.
var errFailed = errors.New("failed")

func main() {
	if start := asLambda(); start != nil {
		start()
		return
	}
	if err := naming.Check(); err != nil {
		fmt.Fprintf(os.Stderr, "hubmend: %v\n", err)
		os.Exit(exitUsage)
	}
	if err := catalog.Check(); err != nil {
		fmt.Fprintf(os.Stderr, "hubmend: the catalog is not in order:\n%v\n", err)
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second Ctrl-C ends what ignores the first
	cmd, out := root(), &output{file: os.Stdout}
	cmd.SetOut(out)
	ran, err := cmd.ExecuteContextC(ctx)
	stop()
	if err == nil || errors.Is(err, errFailed) {
		err = cmp.Or(out.failed(), err)
	}
	switch {
	case errors.Is(err, errFailed):
		os.Exit(exitFailed)
	case err != nil:
		paragraphs(os.Stderr, strings.Split("hubmend: "+ownWords(err, usage(ran)), "\n")...)
		os.Exit(exitUsage)
	}
}

// usage is how to call a command, without the flags.
func usage(cmd *cobra.Command) string { return strings.TrimSuffix(cmd.UseLine(), " [flags]") }

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hubmend",
		Short: "Remediates AWS Security Hub findings automatically and safely",
		Long: `Hubmend remediates AWS Security Hub findings automatically and safely. "hubmend lab demo" shows it on
your laptop, without an AWS account.

Exit codes: 0 success; 1 the result is negative (an expectation failed, the linter or doctor found
something, an operation failed); 2 the command could not run (bad arguments, no credentials, nothing
deployed). See docs/cli.md, also for shell completion.`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.SetVersionTemplate("hubmend {{.Version}}\n")
	cmd.AddCommand(labCommand(), lintCommand(), findingCommand(), controlsCommand(), costsCommand(), dlqCommand(),
		planCommand(), previewCommand(), playbookCommand(), policyCommand(), statusCommand(), historyCommand(),
		findingsCommand(), remediateCommand(), proposalsCommand(), approveCommand(), rejectCommand(), undoCommand(),
		pauseCommand(), resumeCommand(),
		doctorCommand(), reportCommand(), referenceCommand())
	complete(cmd)
	strict(cmd)
	fitHelp(cmd)
	return cmd
}

// strict makes the commands that cobra adds refuse unknown words, as all others do.
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
