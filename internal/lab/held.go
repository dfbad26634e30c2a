package lab

import (
	"bytes"
	"net/http"
)

// heldAnswer keeps an answer until it is known whether the caller gets it.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newHeld() *heldAnswer { return &heldAnswer{header: http.Header{}, status: http.StatusOK} }

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
