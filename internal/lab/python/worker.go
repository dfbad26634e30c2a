package python

import (
	"context"
	_ "embed" // for the Python source
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed aws_worker.py
var awsWorker string

// Call is one AWS API call.
type Call struct {
	// Service is botocore's name, such as ec2.
	Service string `json:"service"`
	// API is the operation, as AWS writes it (DescribeVpcs) or as boto3 does (describe_vpcs).
	API string `json:"api"`

	Region string `json:"region"`
	// Endpoint is the address of the service; AWS's own when it is empty.
	Endpoint string `json:"endpoint"`

	Credentials Credentials `json:"credentials"`

	// Parameters is the input in botocore's spelling.
	Parameters map[string]any `json:"parameters"`
}

// Credentials sign a call. The session token is empty for long-term keys.
type Credentials struct {
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
	SessionToken    string `json:"session_token"`
}

// Worker makes AWS calls by botocore, because SSM Automation names APIs, parameters and
// results as botocore does. It makes eight calls at a time and never retries one.
type Worker struct {
	child *child

	mu      sync.Mutex // guards what follows and writes to the child
	lastID  uint64
	waiting map[uint64]chan<- answer
}

type request struct {
	ID uint64 `json:"id"`
	Call
}

type answer struct {
	ID     uint64         `json:"id"`
	Result map[string]any `json:"result"`
	Error  *APIError      `json:"error"`
}

// StartWorker starts a worker. The context limits the start only; the worker runs until
// Close. A worker that cannot import botocore fails at the first Call.
func StartWorker(ctx context.Context, cfg Config) (*Worker, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("start AWS worker: %w", err)
	}
	cmd, err := cfg.command(context.WithoutCancel(ctx), localhost+awsWorker)
	if err != nil {
		return nil, fmt.Errorf("start AWS worker: %w", err)
	}
	cmd.Env = append(cmd.Env, cfg.Env...) // the last of a name counts
	w := &Worker{waiting: map[uint64]chan<- answer{}}
	if w.child, err = start(cmd, cfg.Log, w.deliver); err != nil {
		return nil, fmt.Errorf("start AWS worker: %w", err)
	}
	return w, nil
}

// Call makes one call and returns its result: times as RFC 3339 strings in UTC, bytes
// and streams in base64, no ResponseMetadata. A call that AWS or botocore refused gives
// an *APIError. When the context ends first, its error is returned at once; the call may
// still be carried out.
func (w *Worker) Call(ctx context.Context, call Call) (map[string]any, error) {
	answers := make(chan answer, 1)
	id, err := w.send(call, answers)
	if err != nil {
		return nil, fmt.Errorf("call %s %s: %w", call.Service, call.API, err)
	}
	defer w.forget(id)
	select {
	case a := <-answers:
		if a.Error != nil {
			return nil, a.Error
		}
		return a.Result, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("call %s %s: %w", call.Service, call.API, context.Cause(ctx))
	case <-w.child.done:
		return nil, fmt.Errorf("call %s %s: %w", call.Service, call.API, w.child.err)
	}
}

// send gives the call an id and hands it to the child.
func (w *Worker) send(call Call, answers chan<- answer) (uint64, error) {
	if call.Parameters == nil {
		call.Parameters = map[string]any{}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lastID++
	line, err := json.Marshal(request{ID: w.lastID, Call: call})
	if err != nil {
		return 0, fmt.Errorf("encode parameters: %w", err)
	}
	w.waiting[w.lastID] = answers
	// A failed write means that the child ended, and then Call learns why from done.
	_, _ = w.child.stdin.Write(append(line, '\n'))
	return w.lastID, nil
}

// deliver hands an answer to the call that waits for it, if one still does.
func (w *Worker) deliver(line []byte) {
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		// The answer names no call, so every call must fail.
		_ = w.child.cmd.Process.Kill()
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if waiting, ok := w.waiting[a.ID]; ok {
		waiting <- a
	}
}

func (w *Worker) forget(id uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, id)
}

// Close ends the worker and every call in flight. Closing it again does nothing.
func (w *Worker) Close() {
	w.child.kill()
}
