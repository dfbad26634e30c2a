package lambdahost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// runtimeAPI is what a process talks to: it hands out invocations and takes answers.
type runtimeAPI struct {
	arn string

	asked chan struct{}    // gets a value each time the process asks for an invocation
	work  chan *invocation // holds the invocation that the process will get

	mu      sync.Mutex
	current *invocation // handed out last
	said    *answer     // to the current invocation, or about a failed start
}

func newRuntimeAPI(cfg Config) *runtimeAPI {
	return &runtimeAPI{arn: cfg.ARN, asked: make(chan struct{}, 1), work: make(chan *invocation, 1)}
}

// assign gives the process an invocation, now or when it asks.
func (a *runtimeAPI) assign(inv *invocation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current, a.said = inv, nil
	a.work <- inv
}

// answer gives what the process said last, or nil.
func (a *runtimeAPI) answer() *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.said
}

func (a *runtimeAPI) handler() http.Handler {
	const prefix = "/2018-06-01/runtime"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+"/invocation/next", a.next)
	mux.HandleFunc("POST "+prefix+"/invocation/{id}/response", a.response)
	mux.HandleFunc("POST "+prefix+"/invocation/{id}/error", a.failure)
	mux.HandleFunc("POST "+prefix+"/init/error", a.initFailure)
	return mux
}

// next blocks until there is an invocation or the process is gone.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	if !a.idle() {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "the current invocation has no answer yet")
		return
	}
	select {
	case a.asked <- struct{}{}:
	default: // it asked again after a lost connection
	}
	select {
	case inv := <-a.work:
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", a.arn)
		header.Set("Lambda-Runtime-Trace-Id", inv.trace)
		_, _ = w.Write(inv.payload) // a process that is gone shows by its exit
	case <-r.Context().Done():
	}
}

// idle reports whether the process may ask for an invocation.
func (a *runtimeAPI) idle() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.current == nil || a.said != nil
}

func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxPayload))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		message := fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", MaxPayload)
		a.record(w, r.PathValue("id"), failed("Function.ResponseSizeTooLarge", message),
			http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		return // the process went away while it spoke; its exit tells the rest
	}
	a.record(w, r.PathValue("id"), &answer{payload: body}, http.StatusAccepted)
}

func (a *runtimeAPI) failure(w http.ResponseWriter, r *http.Request) {
	if body, err := io.ReadAll(r.Body); err == nil {
		a.record(w, r.PathValue("id"), &answer{payload: body, functionError: unhandled}, http.StatusAccepted)
	}
}

// initFailure takes the reason of a failed start; the process exits on its own next.
func (a *runtimeAPI) initFailure(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current != nil {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "the start is over")
		return
	}
	a.said = &answer{payload: body, functionError: unhandled}
	w.WriteHeader(http.StatusAccepted)
}

// record keeps the one answer to the current invocation and acknowledges it.
func (a *runtimeAPI) record(w http.ResponseWriter, id string, said *answer, status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current == nil || a.current.id != id {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "this is not the current invocation: "+id)
		return
	}
	if a.said != nil {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "the invocation has an answer already: "+id)
		return
	}
	a.said = said
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	body, _ := json.Marshal(map[string]string{"errorType": code, "errorMessage": message}) // strings always encode
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
