package python

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// ScriptServer runs scripts as RunScript does, each in a process that is split off one that has imported
// boto3 already: that takes a quarter of a second, which is most of what a script takes.
type ScriptServer struct {
	child  *child
	folder string // of the socket
}

// StartScriptServer starts a server. The context limits the start only; the server runs until Close. One
// that cannot import boto3 fails at the first Run.
func StartScriptServer(ctx context.Context, cfg Config) (*ScriptServer, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("start script server: %w", err)
	}
	cmd, err := cfg.command(context.WithoutCancel(ctx), localhost+scriptRunner)
	if err != nil {
		return nil, fmt.Errorf("start script server: %w", err)
	}
	s := &ScriptServer{}
	if s.folder, err = os.MkdirTemp("", "hubmend-scripts-"); err != nil {
		return nil, fmt.Errorf("start script server: %w", err)
	}
	cmd.Args = append(cmd.Args, "serve", s.folder)
	listener, err := listenIn(s.folder)
	if err == nil {
		defer listener.Close()
		cmd.ExtraFiles = []*os.File{listener}
		s.child, err = start(cmd, cfg.Log, func([]byte) {})
	}
	if err != nil {
		_ = os.RemoveAll(s.folder)
		return nil, fmt.Errorf("start script server: %w", err)
	}
	return s, nil
}

const socketName = "s" // the path of a socket must be short

// listenIn opens a socket in a folder, which stays when this process closes it.
func listenIn(folder string) (*os.File, error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(folder, socketName), Net: "unix"})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	return l.File()
}

// Run runs a script, see RunScript.
func (s *ScriptServer) Run(ctx context.Context, script Script) (Outcome, error) {
	out, err := s.run(ctx, script)
	if err != nil && ctx.Err() != nil {
		return Outcome{}, fmt.Errorf("run script: %w", context.Cause(ctx))
	}
	return out, err
}

func (s *ScriptServer) run(ctx context.Context, script Script) (Outcome, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", filepath.Join(s.folder, socketName))
	if err != nil {
		return Outcome{}, fmt.Errorf("run script: %w", s.why(err))
	}
	defer conn.Close()
	// The end of the connection ends the script.
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	request := map[string]any{"environment": script.Access.environment(), "step": script.whole()}
	if err := json.NewEncoder(conn).Encode(request); err != nil {
		return Outcome{}, fmt.Errorf("run script: %w", s.why(err))
	}
	return readOutcome(conn)
}

// why gives the reason why the server ended, if it did, in place of an error that it causes.
func (s *ScriptServer) why(err error) error {
	select {
	case <-s.child.done:
		return s.child.err
	default:
		return err
	}
}

// Close ends the server and every script under way. Closing it again does nothing.
func (s *ScriptServer) Close() {
	s.child.kill()
	_ = os.RemoveAll(s.folder)
}
