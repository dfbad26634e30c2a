package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"hubmend/internal/ops/request"
)

// watched is what a command prints, and tells when that contains something.
type watched struct {
	want  string
	found chan struct{}

	mu   sync.Mutex
	text strings.Builder
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := strings.Contains(w.text.String(), w.want)
	w.text.Write(p)
	if !before && strings.Contains(w.text.String(), w.want) {
		close(w.found)
	}
	return len(p), nil
}

// interrupted runs a command whose input nobody writes, presses Ctrl-C when it has printed a text, and
// gives how it ended.
func interrupted(t *testing.T, env []string, when, args string) (code int, output string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], strings.Fields(args)...) //nolint:gosec // the test itself
	cmd.Dir, cmd.Env = "../..", append(append(os.Environ(), asHubmend+"=1"), env...)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out := &watched{want: when, found: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-out.found:
		_ = cmd.Process.Signal(os.Interrupt)
	case <-ctx.Done():
	}
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), out.text.String()
}

// Ctrl-C in the middle is no failure of a scenario, and the others are not begun.
func TestLabRunInterrupted(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a lab")
	}
	one, two := write(t, "one.yaml", "name: one\nproduct: ''\nexpect: [{executions: 0}]\n"), write(t, "two.yaml",
		"name: two\nproduct: ''\nexpect: [{executions: 0}]\n")
	code, out := interrupted(t, nil, "[1/2] one", "lab run --templates "+emptyTemplates(t)+" "+one+" "+two)
	if code != exitUsage || !strings.HasSuffix(out, "\nhubmend: interrupted\n") ||
		strings.Contains(out, "FAIL") || strings.Contains(out, "[2/2]") || strings.Contains(out, "passed") {
		t.Errorf("exits with %d and prints\n%s", code, out)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	queued := func(context.Context) (request.Progress, error) { return request.Progress{}, nil }
	refused := func(context.Context) (request.Progress, error) { return request.Progress{Refusal: "No."}, nil }
	gone, leave := context.WithCancel(t.Context())
	leave()
	for name, tc := range map[string]struct {
		ctx       context.Context
		look      func(context.Context) (request.Progress, error)
		err, said string
	}{
		"interrupted": {gone, queued,
			"interrupted; undo continues, and `hubmend history hubmend-1` shows the progress",
			"undo: queued\n"},
		"too late": {t.Context(), queued, "",
			"hubmend: undo did not end within 10ms (queued); it continues, and `hubmend history " +
				"hubmend-1` shows the progress\n"},
		"refused": {t.Context(), refused, "", ""}, // who asked tells it, once
	} {
		var out strings.Builder
		cmd := &cobra.Command{}
		cmd.SetContext(tc.ctx)
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		f := following{timeout: 10 * time.Millisecond}
		ctx, cancel := f.deadline(cmd)
		_, err := f.follow(ctx, cmd, asking{}, "undo", "hubmend-1", tc.look)
		cancel()
		if got := errorText(err); got != tc.err || !strings.HasSuffix(out.String(), tc.said) || tc.said == "" &&
			out.Len() > 0 {
			t.Errorf("%s: error %q, says %q", name, got, out.String())
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
