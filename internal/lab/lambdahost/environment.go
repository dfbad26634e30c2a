package lambdahost

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"time"

	"hubmend/internal/lab/procgroup"
)

// environment is one execution environment: a process and its Runtime API.
type environment struct {
	cfg    Config
	cmd    *exec.Cmd
	api    *runtimeAPI
	server *http.Server

	started time.Time
	exited  chan struct{} // closed when the process is reaped and its output was read
	err     error         // how the process ended; read it after exited
}

// start starts the process. It does not wait for its first request.
func start(cfg Config) (*environment, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the Runtime API: %w", err)
	}
	out := &lineWriter{log: cfg.Log}
	e := &environment{cfg: cfg, api: newRuntimeAPI(cfg), started: time.Now(), exited: make(chan struct{})}
	e.server = &http.Server{Handler: e.api.handler(), ReadHeaderTimeout: time.Second}
	e.cmd = exec.Command(cfg.Binary)
	e.cmd.Dir = filepath.Dir(cfg.Binary)
	e.cmd.Env = cfg.environ(listener.Addr().String())
	e.cmd.Stdout, e.cmd.Stderr = out, out
	e.cmd.WaitDelay = time.Second
	procgroup.Separate(e.cmd)
	if err := e.cmd.Start(); err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("start bootstrap: %w", err)
	}
	go func() { _ = e.server.Serve(listener) }() // ends when wait closes the server
	go e.wait(out)
	return e, nil
}

func (e *environment) wait(out *lineWriter) {
	defer close(e.exited)
	e.err = e.cmd.Wait()
	out.flush()
	_ = e.server.Close()
}

func (e *environment) alive() bool {
	select {
	case <-e.exited:
		return false
	default:
		return true
	}
}

// kill ends the process and waits until it is gone.
func (e *environment) kill() {
	_ = e.cmd.Process.Kill() // an error means that it ended already
	<-e.exited
}

// run does one invocation. After an error, a timeout or a crash the environment is no
// longer alive.
func (e *environment) run(ctx context.Context, inv *invocation, cold bool) (Result, error) {
	result := Result{RequestID: inv.id, Cold: cold}
	if cold {
		answer, err := e.await(ctx, inv, e.started)
		result.InitDuration = time.Since(e.started)
		if answer != nil || err != nil {
			return result.with(answer), err
		}
	}
	begin := time.Now()
	inv.deadline = begin.Add(e.cfg.Timeout)
	e.api.assign(inv)
	answer, err := e.await(ctx, inv, begin)
	result.Duration = time.Since(begin)
	return result.with(answer), err
}

// await waits until the process asks for its next invocation, which completes the
// current one, and gives the answer to the current one, if there is one. Start-up, too,
// may take no longer than the timeout, which is stricter than Lambda's 10 seconds.
func (e *environment) await(ctx context.Context, inv *invocation, begin time.Time) (*answer, error) {
	timer := time.NewTimer(time.Until(begin.Add(e.cfg.Timeout)))
	defer timer.Stop()
	select {
	case <-e.api.asked:
		return e.api.answer(), nil
	case <-e.exited:
		return e.lastWords(crash(inv, e.err)), nil
	case <-timer.C:
		e.kill()
		return e.lastWords(timeout(inv, e.cfg.Timeout, time.Now())), nil
	case <-ctx.Done():
		e.kill()
		return nil, context.Cause(ctx)
	}
}

// lastWords prefers the error that the process posted to its exit status: a Go function that panics posts its error and
// then exits.
func (e *environment) lastWords(fate *answer) *answer {
	if said := e.api.answer(); said != nil {
		return said
	}
	return fate
}

func (r Result) with(a *answer) Result {
	if a != nil {
		r.Payload, r.FunctionError = a.payload, a.functionError
	}
	return r
}
