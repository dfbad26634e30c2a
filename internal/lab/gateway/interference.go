package gateway

import (
	"errors"
	"net/http"
	"strings"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/faults"
	"hubmend/internal/lab/python"
)

// serveFunction serves a call of a function, with its latency and interventions.
func (g *Gateway) serveFunction(w http.ResponseWriter, r *http.Request, q apicall.Request) {
	if !g.Forced.Reach(r.Context(), q) {
		panic(http.ErrAbortHandler) // closes the connection, see its documentation
	}
	m := faults.Moment{Function: q.Caller.Function, API: q.Call()}
	if err := g.Forced.At(g.Lab.Context, m); err != nil {
		interfere(w, r, q, err)
		return
	}
	answer := apicall.NewHeld()
	g.route(answer, r, q)
	m.After = true
	if err := g.Forced.At(g.Lab.Context, m); err != nil {
		interfere(w, r, q, err)
		return
	}
	answer.Send(w)
}

// interfere answers a call with an error, or closes the connection of a function that was killed.
func interfere(w http.ResponseWriter, r *http.Request, q apicall.Request, err error) {
	if errors.Is(err, faults.ErrKilled) {
		panic(http.ErrAbortHandler) // closes the connection, see its documentation
	}
	var forced *python.APIError
	if errors.As(err, &forced) {
		err = &apicall.Error{Status: statusOf(forced.Code), Code: forced.Code, Message: forced.Message}
	}
	apicall.WriteError(w, apicall.Shape(q.Service, r), err)
}

// statusOf gives the HTTP status of an error. SDKs retry some statuses.
func statusOf(code string) int {
	switch {
	case strings.HasPrefix(code, "Internal"):
		return http.StatusInternalServerError
	case strings.HasPrefix(code, "ServiceUnavailable"):
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}
