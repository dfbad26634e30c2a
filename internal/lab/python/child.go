package python

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// stderrLines is how many of a child's last error lines are kept to explain its death.
const stderrLines = 20

// child is a running Python process whose output is read line by line.
type child struct {
	stdin  io.WriteCloser
	cmd    *exec.Cmd
	stderr *tail
	done   chan struct{} // closed when the process is reaped and its output was read
	err    error         // why it ended; read it after done
}

// start runs the command and calls onLine with each line of its standard output, from
// one goroutine. The process keeps running until kill.
func start(cmd *exec.Cmd, log func(string), onLine func([]byte)) (*child, error) {
	c := &child{cmd: cmd, stderr: &tail{log: log}, done: make(chan struct{})}
	cmd.Stderr = c.stderr
	cmd.WaitDelay = time.Second
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start Python: %w", err)
	}
	go c.watch(stdout, onLine)
	return c, nil
}

func (c *child) watch(stdout io.Reader, onLine func([]byte)) {
	defer close(c.done)
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		onLine(line)
	}
	c.err = explain(c.cmd.Wait(), c.stderr)
}

// kill ends the process and reaps it; killing it again does nothing. A child holds
// no state worth an orderly end.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // an error means that it ended already
	<-c.done
}

// explain tells how a process ended, with the last lines of its standard error.
func explain(err error, stderr *tail) error {
	if err == nil {
		return fmt.Errorf("python ended\n%s", stderr)
	}
	return fmt.Errorf("python ended: %w\n%s", err, stderr)
}

// tail is a writer that keeps the last lines and passes each one on.
type tail struct {
	log func(string)

	mu      sync.Mutex
	partial []byte
	lines   []string
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.partial = append(t.partial, p...)
	for {
		line, rest, found := bytes.Cut(t.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		t.partial = rest
		t.add(string(line))
	}
}

func (t *tail) add(line string) {
	if t.log != nil {
		t.log(line)
	}
	t.lines = append(t.lines, line)
	if len(t.lines) > stderrLines {
		t.lines = t.lines[1:]
	}
}

// String gives the kept lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(strings.Join(t.lines, "\n") + "\n" + string(t.partial))
}
