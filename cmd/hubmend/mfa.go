package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/mattn/go-isatty"

	"hubmend/internal/ops/wording"
)

// errNoTerminal is the error of a profile with mfa_serial where nobody can be asked for the code.
var errNoTerminal = errors.New(
	"the AWS profile needs an MFA code, and there is no terminal to ask on; log in first, such " +
		"as with: eval \"$(aws configure export-credentials --format env)\"")

// withMFA lets profiles with mfa_serial work: the code is asked for on the terminal.
func withMFA(ctx context.Context) func(*config.LoadOptions) error {
	return config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
		o.TokenProvider = func() (string, error) {
			if !isatty.IsTerminal(os.Stdin.Fd()) {
				return "", errNoTerminal
			}
			return askMFA(ctx, aws.ToString(o.SerialNumber), os.Stdin, os.Stderr)
		}
	})
}

// askMFA asks for the code of an MFA device. The terminal is read on the side, because a read does not end with Ctrl-C.
func askMFA(ctx context.Context, device string, in io.Reader, out io.Writer) (string, error) {
	fmt.Fprintf(out, "MFA code of %s: ", wording.OneLine(device))
	typed := make(chan string, 1)
	go func() {
		code, _ := bufio.NewReader(in).ReadString('\n') // without a line, the code is empty
		typed <- strings.TrimSpace(code)
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(out)
		return "", ctx.Err()
	case code := <-typed:
		if code == "" {
			return "", errors.New("no MFA code was given")
		}
		return code, nil
	}
}
