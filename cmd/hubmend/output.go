package main

import (
	"os"
	"sync"
)

// output is a file that keeps its first write error, so that commands need not check each write.
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

// Fd lets callers find out whether this is a terminal.
func (o *output) Fd() uintptr { return o.file.Fd() }

// failed returns the first write error.
func (o *output) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}
