package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// errInterrupted is the error of a command that Ctrl-C ended before it changed anything.
var errInterrupted = errors.New("it was interrupted; nothing was changed")

// confirm asks a question to which only yes is yes. The terminal is read beside, because a read does not
// end with Ctrl-C.
func confirm(cmd *cobra.Command, question string) error {
	fmt.Fprint(cmd.OutOrStdout(), question+" [y/N] ")
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

// answer reads what somebody answers, and gives why it is no yes.
func answer(cmd *cobra.Command) error {
	text, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "y", "yes":
		return nil
	}
	if fmt.Fprintln(cmd.OutOrStdout()); err != nil && text == "" {
		return errors.New("nobody answers, so nothing was changed; add --yes to go on without a question")
	}
	return errors.New("not confirmed, so nothing was changed")
}
