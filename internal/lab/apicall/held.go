package apicall

import (
	"bytes"
	"net/http"
)

// Held keeps an answer until it is known whether the caller gets it.
type Held struct {
	header http.Header
	Status int
	Body   bytes.Buffer
}

// NewHeld gives an answer with status 200 and no body.
func NewHeld() *Held { return &Held{header: http.Header{}, Status: http.StatusOK} }

var _ http.ResponseWriter = (*Held)(nil)

// Header implements http.ResponseWriter.
func (a *Held) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *Held) WriteHeader(status int) { a.Status = status }

// Write implements http.ResponseWriter.
func (a *Held) Write(p []byte) (int, error) { return a.Body.Write(p) }

// Send gives the answer to the caller.
func (a *Held) Send(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body.Bytes())
}
