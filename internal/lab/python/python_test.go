package python_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"hubmend/internal/lab/python"
)

// config gives the interpreter of the repository's virtual environment.
func config(tb testing.TB) python.Config {
	tb.Helper()
	if testing.Short() {
		tb.Skip("starts Python")
	}
	path, err := python.Find(filepath.Join("..", "..", ".."))
	if err != nil {
		tb.Fatal(err)
	}
	return python.Config{Python: path}
}

func startMoto(tb testing.TB) *python.Moto {
	tb.Helper()
	moto, err := python.StartMoto(tb.Context(), config(tb))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(moto.Close)
	return moto
}

func TestMotoAnswersUntilClosed(t *testing.T) {
	t.Parallel()
	moto := startMoto(t)
	resp, err := http.Get(moto.URL() + "/moto-api/config")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	if err := moto.Err(); err != nil {
		t.Errorf("error of a running server: %v", err)
	}

	moto.Close()
	moto.Close()
	if _, err := http.Get(moto.URL()); err == nil {
		t.Error("still answers after Close")
	}
	if moto.Err() == nil {
		t.Error("no error after Close")
	}
}

func TestStartMotoGivesUpWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := python.StartMoto(ctx, config(t)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// A Python without moto is the likeliest mistake of an installation.
func TestDeathIsExplained(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	bare := filepath.Join(t.TempDir(), "python")
	// -S hides the installed packages.
	script := "#!/bin/sh\nexec " + cfg.Python + " -S \"$@\"\n"
	if err := os.WriteFile(bare, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	cfg.Python = bare
	_, err := python.StartMoto(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "No module named '") {
		t.Errorf("moto: got %v", err)
	}
	worker, err := python.StartWorker(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer worker.Close()
	_, err = worker.Call(t.Context(), python.Call{Service: "ec2", API: "DescribeVpcs"})
	if err == nil || !strings.Contains(err.Error(), "No module named 'botocore'") {
		t.Errorf("worker: got %v", err)
	}
}

// Not parallel, so that the goroutines of other tests do not count. A process that is
// not reaped has a goroutine that waits for it.
func TestNothingIsLeftBehind(t *testing.T) {
	cfg := config(t)
	before := runtime.NumGoroutine()

	ctx, cancel := context.WithCancel(t.Context())
	worker, err := python.StartWorker(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := python.StartMoto(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("moto: got %v", err)
	}
	if _, err := worker.Call(ctx, python.Call{}); !errors.Is(err, context.Canceled) {
		t.Errorf("worker: got %v", err)
	}
	if _, err := python.RunScript(ctx, cfg, python.Script{}); !errors.Is(err, context.Canceled) {
		t.Errorf("script: got %v", err)
	}
	worker.Close()

	for deadline := time.Now().Add(30 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// The test runs itself as the parent that dies without closing anything.
func TestChildrenEndWithTheirParent(t *testing.T) {
	if os.Getenv("HUBMEND_TEST_DIE") != "" {
		moto := startMoto(t)
		startWorker(t, moto.URL()).must(t, "ec2", "DescribeVpcs", nil)
		os.Stdout.WriteString(moto.URL() + "\n")
		os.Exit(0)
	}
	cfg := config(t)
	parent := exec.Command(os.Args[0], "-test.run=^TestChildrenEndWithTheirParent$")
	parent.Env = append(os.Environ(), "HUBMEND_TEST_DIE=1", python.EnvVar+"="+cfg.Python)
	parent.Stderr = new(strings.Builder)
	out, err := parent.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, parent.Stderr)
	}
	url := strings.TrimSpace(string(out))
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := http.Get(url); err != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("moto at %s outlives its parent", url)
		}
	}
}

func BenchmarkStartMoto(b *testing.B) {
	cfg := config(b)
	for b.Loop() {
		moto, err := python.StartMoto(b.Context(), cfg)
		if err != nil {
			b.Fatal(err)
		}
		moto.Close()
	}
}
