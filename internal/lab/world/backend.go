package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"hubmend/internal/lab/python"
)

// Backend is the Python of a lab: moto, which stores resources, and the worker, which makes calls with botocore.
// Starting them takes most of the start of a lab, so labs may share a Backend, one after the other.
type Backend struct {
	config python.Config
	Moto   *python.Moto
	Worker *python.Worker
	// Scripts runs the scripts of documents.
	Scripts *python.ScriptServer
	// address is where the previous lab listened. The next one listens there too if it can, because the clients of the
	// worker are for one endpoint, and creating a client takes longer than many calls.
	address string
}

// StartBackend starts the Python processes. Close it after the labs that use it.
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

// Reset makes moto forget the resources of the previous lab.
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

// Listen listens at an address. Port 0 takes a free port.
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

// Close ends the processes.
func (b *Backend) Close() {
	b.Scripts.Close()
	b.Worker.Close()
	b.Moto.Close()
}
