package lab

import (
	"errors"
	"net/http"
	"strings"

	"hubmend/internal/lab/python"
)

// serveFunction serves a call that a function makes, with the time that it takes to reach its
// Region, and what is to happen before and after it.
func (g *gateway) serveFunction(w http.ResponseWriter, r *http.Request, q request) {
	if !g.forced.reach(r.Context(), q) {
		panic(http.ErrAbortHandler) // closes the connection, see its documentation
	}
	m := moment{function: q.caller.Function, api: q.call()}
	if err := g.forced.at(g.lab.ctx, m); err != nil {
		interfere(w, r, q, err)
		return
	}
	answer := newHeld()
	g.route(answer, r, q)
	m.after = true
	if err := g.forced.at(g.lab.ctx, m); err != nil {
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
