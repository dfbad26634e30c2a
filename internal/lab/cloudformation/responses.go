package cloudformation

import (
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// ResponsePath begins the paths to which custom resources answer.
const ResponsePath = "/lab/responses/"

// maxResponse bounds an answer of a custom resource; AWS takes 4 KB.
const maxResponse = 64 << 10

// responses are the pending answers of custom resources.
type responses struct {
	mu      sync.Mutex
	waiting map[string]chan []byte // by token
}

// expect opens a URL for the answer of a custom resource.
func (l *responses) expect() (token string, answered <-chan []byte) {
	token = uuid.NewString()
	c := make(chan []byte, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting[token] = c
	return token, c
}

// ServeHTTP implements http.Handler. It takes an answer.
func (l *responses) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.URL.Path, ResponsePath)
	l.mu.Lock()
	c := l.waiting[token]
	delete(l.waiting, token)
	l.mu.Unlock()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if c == nil || err != nil {
		http.Error(w, "this response is not expected", http.StatusNotFound)
		return
	}
	c <- body
}
