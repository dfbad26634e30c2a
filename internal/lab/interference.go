package lab

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"hubmend/internal/lab/python"
)

// serveFunction serves a call that a function makes, with the time that it takes to reach its
// Region, and what is to happen before and after it.
func (g *gateway) serveFunction(w http.ResponseWriter, r *http.Request, q request) {
	if !g.lab.reach(r.Context(), q) {
		panic(http.ErrAbortHandler) // closes the connection, see its documentation
	}
	m := moment{function: q.caller.Function, api: q.service + ":" + q.api}
	if err := g.lab.interventions.at(g.lab.ctx, m); err != nil {
		interfere(w, r, q, err)
		return
	}
	answer := &heldAnswer{header: http.Header{}, status: http.StatusOK}
	g.route(answer, r, q)
	m.after = true
	if err := g.lab.interventions.at(g.lab.ctx, m); err != nil {
		interfere(w, r, q, err)
		return
	}
	answer.send(w)
}

// interfere answers a call with an error, or not at all when nobody is left to hear it.
func interfere(w http.ResponseWriter, r *http.Request, q request, err error) {
	if errors.Is(err, errKilled) {
		panic(http.ErrAbortHandler) // closes the connection, see its documentation
	}
	var forced *python.APIError
	if errors.As(err, &forced) {
		err = &apiError{statusOf(forced.Code), forced.Code, forced.Message}
	}
	writeError(w, shape(q.service, r), err)
}

// statusOf gives an error the status that services give it: SDKs retry some by it.
func statusOf(code string) int {
	switch {
	case strings.HasPrefix(code, "Internal"):
		return http.StatusInternalServerError
	case strings.HasPrefix(code, "ServiceUnavailable"):
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// heldAnswer keeps an answer until it is known whether the caller gets it.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

var _ http.ResponseWriter = (*heldAnswer)(nil)

// Header implements http.ResponseWriter.
func (a *heldAnswer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *heldAnswer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *heldAnswer) Write(p []byte) (int, error) { return a.body.Write(p) }

func (a *heldAnswer) send(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes())
}
