//go:build unix

// Package procgroup starts child processes in a process group of their own. A terminal's Ctrl-C does not reach
// them, so the lab can end its children in order.
package procgroup

import (
	"os/exec"
	"syscall"
)

// Separate makes a command that has not started yet the first of a new group.
func Separate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// Kill ends a started command and its children.
func Kill(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
