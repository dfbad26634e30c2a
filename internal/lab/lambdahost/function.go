package lambdahost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrClosed is returned by Invoke after Close.
var ErrClosed = errors.New("the function is closed")

// Result is the outcome of an invocation.
type Result struct {
	// Payload is what the function returned, or Lambda's JSON description of the error.
	Payload []byte
	// FunctionError is empty, or Unhandled when the function failed, crashed or
	// took too long.
	FunctionError string
	// RequestID is the invocation's id, which the function sees too.
	RequestID string

	// Cold says that a new execution environment was started, and InitDuration how long
	// that took until it asked for its first invocation. Duration is the rest.
	Cold         bool
	InitDuration time.Duration
	Duration     time.Duration
}

// Function is a deployed Lambda function.
type Function struct {
	cfg   Config
	slots chan struct{} // one for each execution environment that may work

	mu     sync.Mutex
	closed bool
	idle   []*environment            // the last one is the warmest
	all    map[*environment]struct{} // idle, starting and working ones
}

// New makes a function. No process starts before the first Invoke.
func New(cfg Config) (*Function, error) {
	cfg, err := cfg.normalize()
	if err != nil {
		return nil, fmt.Errorf("configure function %s: %w", cfg.Name, err)
	}
	cfg.Log = serialize(cfg.Log)
	return &Function{
		cfg:   cfg,
		slots: make(chan struct{}, cfg.MaxConcurrency),
		all:   map[*environment]struct{}{},
	}, nil
}

// Invoke calls the function with a JSON payload and waits for the outcome, as a
// RequestResponse invocation does. A failure of the function is a Result with a
// FunctionError. The error is for what Lambda itself would refuse (a payload that is too
// large or not JSON), for a binary that cannot be started, a closed function, and the end
// of the context, which also ends the execution environment.
func (f *Function) Invoke(ctx context.Context, payload []byte) (Result, error) {
	if len(payload) > MaxPayload {
		return Result{}, fmt.Errorf("invoke %s: payload of %d bytes, the limit is %d", f.cfg.Name, len(payload),
			MaxPayload)
	}
	if !json.Valid(payload) {
		return Result{}, fmt.Errorf("invoke %s: the payload is not JSON", f.cfg.Name)
	}
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return Result{}, fmt.Errorf("invoke %s: %w", f.cfg.Name, context.Cause(ctx))
	}
	env, cold, err := f.take()
	if err != nil {
		return Result{}, fmt.Errorf("invoke %s: %w", f.cfg.Name, err)
	}
	result, err := env.run(ctx, newInvocation(payload), cold)
	f.giveBack(env)
	if err != nil {
		return Result{}, fmt.Errorf("invoke %s: %w", f.cfg.Name, err)
	}
	return result, nil
}

// Kill ends every execution environment at once, whether it works or idles. The
// function stays: invocations in flight fail as in a crash, later ones start afresh.
func (f *Function) Kill() {
	f.mu.Lock()
	victims := f.all
	f.all, f.idle = map[*environment]struct{}{}, nil
	f.mu.Unlock()
	for env := range victims {
		env.kill()
	}
}

// Close ends every execution environment and refuses further invocations. Closing again
// does nothing.
func (f *Function) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.Kill()
}

// take gives a warm environment if there is one, else starts a new one.
func (f *Function) take() (env *environment, cold bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, false, ErrClosed
	}
	for len(f.idle) > 0 {
		env = f.idle[len(f.idle)-1]
		f.idle = f.idle[:len(f.idle)-1]
		if env.alive() {
			return env, false, nil
		}
		delete(f.all, env)
	}
	if env, err = start(f.cfg); err != nil {
		return nil, false, err
	}
	f.all[env] = struct{}{}
	return env, true, nil
}

// giveBack keeps an environment warm, unless Kill forgot it. One that ended is for take
// to find, which has to look anyway: an idle process can end too.
func (f *Function) giveBack(env *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.all[env]; known {
		f.idle = append(f.idle, env)
	}
}
