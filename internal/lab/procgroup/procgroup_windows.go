package procgroup

import (
	"os/exec"
	"syscall"
)

// Separate makes a command that has not started yet the first of a new group.
func Separate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// Kill ends a started command, but not its children.
func Kill(cmd *exec.Cmd) error { return cmd.Process.Kill() }
