package python

import (
	"context"
	_ "embed" // for the Python source
	"encoding/json"
	"fmt"
	"net/http"
)

//go:embed moto_app.py
var motoApp string

// Moto is a running moto server. It is empty at the start, forgets everything at
// the end, and does not check permissions.
type Moto struct {
	child *child
	port  int
}

// StartMoto starts a moto server on a free loopback port and waits until it answers.
// The context limits the start only; the server runs until Close. If the server ends
// before it answers, the error carries the last lines it wrote.
func StartMoto(ctx context.Context, cfg Config) (*Moto, error) {
	cmd, err := cfg.command(context.WithoutCancel(ctx), motoApp)
	if err != nil {
		return nil, fmt.Errorf("start moto: %w", err)
	}
	hello := make(chan []byte, 1)
	c, err := start(cmd, cfg.Log, func(line []byte) {
		select {
		case hello <- line:
		default: // only the first line is for us
		}
	})
	if err != nil {
		return nil, fmt.Errorf("start moto: %w", err)
	}
	m := &Moto{child: c}
	if err := m.await(ctx, hello); err != nil {
		m.Close()
		return nil, fmt.Errorf("start moto: %w", err)
	}
	return m, nil
}

// await reads the port and makes one request.
func (m *Moto) await(ctx context.Context, hello <-chan []byte) error {
	select {
	case line := <-hello:
		var announced struct{ Port int }
		if err := json.Unmarshal(line, &announced); err != nil {
			return fmt.Errorf("read the port from %q: %w", line, err)
		}
		m.port = announced.Port
	case <-m.child.done:
		return m.child.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL()+"/moto-api/config", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// URL is the endpoint of every AWS service. It says localhost and not 127.0.0.1,
// which moto would take for a bucket's host name here and there.
func (m *Moto) URL() string {
	return fmt.Sprintf("http://localhost:%d", m.port)
}

// Done is closed when the server has ended, by Close or on its own.
func (m *Moto) Done() <-chan struct{} {
	return m.child.done
}

// Err says how the server ended, with the last lines it wrote, and nil while it runs.
func (m *Moto) Err() error {
	select {
	case <-m.child.done:
		return fmt.Errorf("moto: %w", m.child.err)
	default:
		return nil
	}
}

// Close ends the server. Closing it again does nothing.
func (m *Moto) Close() {
	m.child.kill()
}
