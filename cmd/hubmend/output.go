package main

import (
	"os"
	"sync"
)

// output is a file that remembers that it could not be written, so that no command has to look.
type output struct {
	file *os.File

	mu  sync.Mutex
	err error
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.file.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// Fd tells a terminal from a file.
func (o *output) Fd() uintptr { return o.file.Fd() }

// failed gives the first error.
func (o *output) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}
