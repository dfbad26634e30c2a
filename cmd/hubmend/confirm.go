package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// errInterrupted is the error of a command that Ctrl-C ended before it changed anything.
var errInterrupted = errors.New("interrupted; nothing was changed")

// confirmation is how every command that removes or changes something asks first.
type confirmation struct{ yes bool }

func (c *confirmation) flag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.yes, "yes", false, "do not ask for confirmation")
}

// checkJSON refuses --json without --yes: a question would not be JSON.
func (c confirmation) checkJSON(asJSON bool) error {
	if asJSON && !c.yes {
		return errors.New("--json does not ask for confirmation; add --yes to confirm; nothing was changed")
	}
	return nil
}

// ask asks a question to which only yes is yes.
func (c confirmation) ask(cmd *cobra.Command, question string, asJSON bool) error {
	if err := c.checkJSON(asJSON); err != nil || c.yes {
		return err
	}
	// The terminal is read on the side, because a read does not end with Ctrl-C.
	out := cmd.OutOrStdout()
	fmt.Fprint(out, strings.Join(wrapLine(question+" [y/N]", 0, terminalWidth(out)), "\n")+" ")
	answered := make(chan error, 1)
	go func() { answered <- answer(cmd) }()
	select {
	case <-cmd.Context().Done():
		fmt.Fprintln(cmd.OutOrStdout())
		return errInterrupted
	case err := <-answered:
		return err
	}
}

// answer reads the answer to a question, and gives why it is not yes.
func answer(cmd *cobra.Command) error {
	text, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "y", "yes":
		return nil
	}
	if fmt.Fprintln(cmd.OutOrStdout()); err != nil && text == "" {
		return errors.New("no answer; nothing was changed; add --yes to confirm")
	}
	return errors.New("not confirmed; nothing was changed")
}
