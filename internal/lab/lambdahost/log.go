package lambdahost

import (
	"bytes"
	"sync"
)

// serialize lets many environments share one log, which may be nil.
func serialize(log func(string)) func(string) {
	var mu sync.Mutex
	return func(line string) {
		if log == nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		log(line)
	}
}

// lineWriter cuts what a process writes into lines. One goroutine uses it.
type lineWriter struct {
	log     func(string)
	partial []byte
}

// Write implements io.Writer.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.partial = append(w.partial, p...)
	for {
		line, rest, found := bytes.Cut(w.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		w.log(string(line))
		w.partial = rest
	}
}

// flush passes on a last line that has no end.
func (w *lineWriter) flush() {
	if len(w.partial) > 0 {
		w.log(string(w.partial))
		w.partial = nil
	}
}
