package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"hubmend/internal/lab/python"
)

// Backend is the lab's Python: moto, which holds the state of resources, and the worker
// that speaks botocore. Starting them takes most of a lab's start, so labs that follow
// one another may share a Backend.
type Backend struct {
	config python.Config
	Moto   *python.Moto
	Worker *python.Worker
	// Scripts runs those of documents.
	Scripts *python.ScriptServer
	// address is where the last lab listened. The next listens there too if it can, because the
	// worker's clients are for an endpoint, and making one takes longer than many calls.
	address string
}

// StartBackend starts the Python children. Close it after the labs that use it.
func StartBackend(ctx context.Context, interpreter string, lines func(source, line string)) (*Backend, error) {
	b := &Backend{config: python.Config{Python: interpreter, Log: func(line string) {
		if lines != nil {
			lines("python", line)
		}
	}}}
	var err error
	if b.Moto, err = python.StartMoto(ctx, b.config); err != nil {
		return nil, err
	}
	if b.Worker, err = python.StartWorker(ctx, b.config); err != nil {
		b.Moto.Close()
		return nil, err
	}
	if b.Scripts, err = python.StartScriptServer(ctx, b.config); err != nil {
		b.Worker.Close()
		b.Moto.Close()
		return nil, err
	}
	return b, nil
}

// Reset makes moto forget everything that an earlier lab put there.
func (b *Backend) Reset(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.Moto.URL()+"/moto-api/reset", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("reset the emulator: %w", errors.Join(err, b.Moto.Err()))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("reset the emulator: it answered %s", response.Status)
	}
	return nil
}

// Listen opens the wanted address, which has port 0 when any will do.
func (b *Backend) Listen(ctx context.Context, wanted string) (net.Listener, error) {
	var config net.ListenConfig
	if _, port, _ := net.SplitHostPort(wanted); port == "0" && b.address != "" {
		if l, err := config.Listen(ctx, "tcp", b.address); err == nil {
			return l, nil
		}
	}
	l, err := config.Listen(ctx, "tcp", wanted)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", wanted, err)
	}
	b.address = l.Addr().String()
	return l, nil
}

// Close ends the children.
func (b *Backend) Close() {
	b.Scripts.Close()
	b.Worker.Close()
	b.Moto.Close()
}
