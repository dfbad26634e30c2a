package main

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"hubmend/internal/ops/wording"
)

// reasonFlag is a flag with what a person writes into the ledger and into the notes of findings.
type reasonFlag string

// reasonLimit is how many characters the functions keep of a reason.
const reasonLimit = 200

// Set implements pflag.Value.
func (r *reasonFlag) Set(text string) error {
	text = wording.OneLine(text)
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return errors.New("the reason is empty")
	case n > reasonLimit:
		return fmt.Errorf("the reason has %d characters; write up to %d", n, reasonLimit)
	}
	*r = reasonFlag(text)
	return nil
}

// String implements pflag.Value.
func (r *reasonFlag) String() string { return string(*r) }

// Type implements pflag.Value.
func (*reasonFlag) Type() string { return "text" }
