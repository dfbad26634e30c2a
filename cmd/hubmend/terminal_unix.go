//go:build unix

package main

import "golang.org/x/sys/unix"

// windowSize is how many columns and rows the terminal behind a file has, and 0 for everything else.
func windowSize(file uintptr) (columns, rows int) {
	size, err := unix.IoctlGetWinsize(int(file), unix.TIOCGWINSZ) //nolint:gosec // a file's number is small
	if err != nil {
		return 0, 0
	}
	return int(size.Col), int(size.Row)
}
