package main

import "golang.org/x/sys/windows"

// windowSize is how many columns and rows the terminal behind a file has, and 0 for everything else.
func windowSize(file uintptr) (columns, rows int) {
	var info windows.ConsoleScreenBufferInfo
	if err := windows.GetConsoleScreenBufferInfo(windows.Handle(file), &info); err != nil {
		return 0, 0
	}
	return int(info.Window.Right-info.Window.Left) + 1, int(info.Window.Bottom-info.Window.Top) + 1
}
