package main

import (
	"fmt"
	"io"
)

// paragraphs writes texts of which each begins a line. On a terminal, lines break between words.
func paragraphs(out io.Writer, texts ...string) {
	for _, text := range texts {
		for _, line := range wrapLine(text, 0, terminalWidth(out)) {
			fmt.Fprintln(out, line)
		}
	}
}
