package python_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/python"
)

func run(t *testing.T, text string, payload map[string]any) (python.Outcome, error) {
	t.Helper()
	return runBoth(t, python.Script{Text: text, Handler: "handler", Payload: payload})
}

// runBoth runs a script in a process of its own and by the server, which must not differ.
func runBoth(t *testing.T, script python.Script) (python.Outcome, error) {
	t.Helper()
	alone, err := python.RunScript(t.Context(), config(t), script)
	served, servedErr := server(t).Run(t.Context(), script)
	if diff := cmp.Diff(alone, served) + cmp.Diff(fmt.Sprint(err), fmt.Sprint(servedErr)); diff != "" {
		t.Errorf("alone and by the server (-alone +served):\n%s", diff)
	}
	return served, servedErr
}

func TestMain(m *testing.M) {
	code := m.Run()
	if started.Load() {
		if s, err := startServer(); err == nil {
			s.Close()
		}
	}
	os.Exit(code)
}

var started atomic.Bool

var startServer = sync.OnceValues(func() (*python.ScriptServer, error) {
	path, err := python.Find("../../..")
	if err != nil {
		return nil, err
	}
	return python.StartScriptServer(context.Background(), python.Config{Python: path})
})

// server is one for all tests.
func server(t testing.TB) *python.ScriptServer {
	t.Helper()
	config(t)
	started.Store(true)
	s, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRunScriptReturns(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text    string
		payload map[string]any
		want    python.Outcome
	}{
		"payload and empty context": {
			text:    "def handler(events, context):\n    return [events['Ports'], context]",
			payload: map[string]any{"Ports": []any{22, "ü"}},
			want:    python.Outcome{Value: []any{[]any{22.0, "ü"}, map[string]any{}}, Logs: []string{}},
		},
		"a name of its own": {
			text: "if __name__ == '__main__':\n    raise SystemExit\ndef handler(events, context):\n    return __name__",
			want: python.Outcome{Value: "customer_script", Logs: []string{}},
		},
		"a dataclass": {
			text: "from __future__ import annotations\nimport dataclasses\n@dataclasses.dataclass\nclass A:\n    n: " +
				"int\ndef handler(events, context):\n    return A(2).n",
			want: python.Outcome{Value: 2.0, Logs: []string{}},
		},
		"logs of a library": {
			text: "import logging\ndef handler(events, context):\n    logging.warning('slow')",
			want: python.Outcome{Logs: []string{"WARNING:root:slow"}},
		},
		"a process of the script's": {
			text: "import subprocess\ndef handler(events, context):\n    return subprocess.call(['/bin/echo', 'x'])",
			want: python.Outcome{Value: 0.0, Logs: []string{}},
		},
		"a thread left behind": {
			text: "import threading, time\ndef handler(events, context):\n    threading.Thread(target=time.sleep, " +
				"args=[600]).start()",
			want: python.Outcome{Logs: []string{}},
		},
		"nothing": {
			text: "def handler(events, context):\n    pass",
			want: python.Outcome{Logs: []string{}},
		},
		"prints": {
			text: "print('loading')\ndef handler(events, context):\n    print('{\"value\": 1}')\n    return True",
			want: python.Outcome{Value: true, Logs: []string{"loading", `{"value": 1}`}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := run(t, test.text, test.payload)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRunScriptCutsLists(t *testing.T) {
	t.Parallel()
	got, err := run(t, "def handler(events, context):\n    return list(range(150))", nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Value.([]any)); n != 100 {
		t.Errorf("%d items, want 100", n)
	}
}

func TestRunScriptErrors(t *testing.T) {
	t.Parallel()
	body := func(line string) string { return "def handler(events, context):\n    " + line }
	tests := map[string]struct {
		text    string
		wantErr python.ScriptError // without the traceback
	}{
		"raised": {body(`raise ValueError("port 22 is open: close it")`),
			python.ScriptError{Type: "ValueError", Message: "port 22 is open: close it"}},
		"own class": {"class Refused(Exception): pass\n" + body(`raise Refused("no")`),
			python.ScriptError{Type: "Refused", Message: "no"}},
		"exit": {body(`raise SystemExit(0)`), python.ScriptError{Type: "SystemExit", Message: "0"}},
		"no handler": {"def other(events, context): pass",
			python.ScriptError{Type: "NameError", Message: "the script defines no function 'handler'"}},
		"syntax": {"def handler(:",
			python.ScriptError{Type: "SyntaxError", Message: "invalid syntax (customer_script.py, line 1)"}},
		"not JSON": {body("return {1, 2}"),
			python.ScriptError{Type: "TypeError",
				Message: "the script's return value is not JSON: Object of type set is not JSON serializable"}},
		"not a number": {body("return float('nan')"),
			python.ScriptError{Type: "TypeError",
				Message: "the script's return value is not JSON: Out of range float values are not JSON compliant"}},
		"too much memory": {body("return len(bytearray(600 * 1024 * 1024))"), python.ScriptError{Type: "MemoryError"}},
		"too large": {body("return 'x' * 102400"),
			python.ScriptError{Type: "ValueError",
				Message: "the script returned 102402 bytes of JSON, the limit is 102400"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := run(t, test.text, nil)
			var got *python.ScriptError
			if !errors.As(err, &got) {
				t.Fatalf("got %v", err)
			}
			if got.Type != test.wantErr.Type || !strings.HasPrefix(got.Message, test.wantErr.Message) {
				t.Errorf("got %v, want %v", got, &test.wantErr)
			}
		})
	}
}

// The traceback is what Systems Manager shows: from the script's first line to where it was raised.
func TestRunScriptTraceback(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"own": {"return 1 / 0", `Traceback (most recent call last):
  File "/tmp/customer_script.py", line 3, in handler
    return 1 / 0
`},
		"in a library": {"return __import__('ipaddress').ip_address('x')", `Traceback (most recent call last):
  File "/tmp/customer_script.py", line 3, in handler
    return __import__('ipaddress').ip_address('x')
  File "LIBRARY/ipaddress.py", line N, in ip_address
    raise ValueError(f'{address!r} does not appear to be an IPv4 or IPv6 address')
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := run(t, "def handler(events, context):\n    print('so far')\n    "+test.body, nil)
			var got *python.ScriptError
			if !errors.As(err, &got) {
				t.Fatalf("got %v", err)
			}
			trace := regexp.MustCompile(`(?m)^[ ~^]+\n`).ReplaceAllString(got.Traceback, "") // not before 3.11
			trace = regexp.MustCompile(`"/[^"]*/python3[^"]*/(\w+\.py)", line \d+`).ReplaceAllString(trace,
				`"LIBRARY/$1", line N`)
			if diff := cmp.Diff(test.want, trace); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"so far"}, out.Logs); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRunScriptIsKilledWithTheContext(t *testing.T) {
	t.Parallel()
	runs := map[string]func(context.Context, python.Script) (python.Outcome, error){
		"alone": func(ctx context.Context, s python.Script) (python.Outcome, error) {
			return python.RunScript(ctx, config(t), s)
		},
		"by the server": server(t).Run,
	}
	for name, run := range runs {
		for busy, text := range map[string]string{"itself": "while True: pass",
			"another process": "import os\nos.system('sleep 600')"} {
			t.Run(name+", "+busy, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begin := time.Now()
				_, err := run(ctx, python.Script{Text: text, Handler: "handler"})
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				if spent := time.Since(begin); spent > 30*time.Second {
					t.Errorf("took %v", spent)
				}
			})
		}
	}
}

// A script sees what it is given, and nothing of this process.
func TestRunScriptEnvironment(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_PROFILE", "production")
	environment := func(access *python.Access) map[string]any {
		out, err := runBoth(t, python.Script{
			Handler: "handler", Text: "import os\ndef handler(events, context):\n    return dict(os.environ)",
			Access: access,
		})
		if err != nil {
			t.Fatal(err)
		}
		values, _ := out.Value.(map[string]any)
		delete(values, "LC_CTYPE") // which Python sets itself
		return values
	}
	isolation := map[string]any{
		"TZ": "UTC", "HOME": "/nonexistent", "NO_PROXY": "*", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	}
	if diff := cmp.Diff(isolation, environment(nil)); diff != "" {
		t.Error(diff)
	}
	want := maps.Clone(isolation)
	maps.Copy(want, map[string]any{
		"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://localhost:1",
		"AWS_ACCESS_KEY_ID": "ASIAX", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
	})
	access := &python.Access{Region: "eu-west-1", Endpoint: "http://localhost:1",
		Credentials: python.Credentials{AccessKeyID: "ASIAX", SecretAccessKey: "s", SessionToken: "t"}}
	if diff := cmp.Diff(want, environment(access)); diff != "" {
		t.Error(diff)
	}
}

// boto3 works without a Region or an endpoint in the script, with S3 too, whose buckets are host names in AWS.
func TestRunScriptCallsAWS(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		key, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="), "/")
		seen = append(seen, key+" "+r.Header.Get("X-Amz-Security-Token")+" "+r.Method+" "+r.URL.Path+" "+
			r.Header.Get("X-Amz-Target"))
		if r.Header.Get("X-Amz-Target") != "" {
			_, _ = w.Write([]byte(`{"KeyRotationEnabled": true}`))
		}
	}))
	t.Cleanup(server.Close)
	access := &python.Access{
		Region: "eu-west-1", Endpoint: strings.Replace(server.URL, "127.0.0.1", "localhost", 1),
		Credentials: python.Credentials{AccessKeyID: "ASIAX", SecretAccessKey: "s", SessionToken: "t"},
	}
	out, err := runBoth(t, python.Script{Access: access, Handler: "handler", Text: `
import boto3

def handler(events, context):
    boto3.client("s3").head_bucket(Bucket="some-bucket")
    return boto3.client("kms").get_key_rotation_status(KeyId="k")["KeyRotationEnabled"]`})
	if err != nil || out.Value != true {
		t.Errorf("%v, %v", out, err)
	}
	want := slices.Repeat([]string{"ASIAX t HEAD /some-bucket ", "ASIAX t POST / TrentService.GetKeyRotationStatus"}, 2)
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

// The scripts of a server end with it, and a script that ends the process says no more.
func TestScriptServer(t *testing.T) {
	t.Parallel()
	s, err := python.StartScriptServer(t.Context(), config(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if _, err := s.Run(t.Context(), python.Script{Text: "import os\nos._exit(3)", Handler: "handler"}); err == nil ||
		!strings.Contains(err.Error(), "read outcome of script") {
		t.Errorf("got %v", err)
	}
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			out, err := s.Run(t.Context(),
				python.Script{Text: "def handler(events, context):\n    return events['n'] * 2", Handler: "handler",
					Payload: map[string]any{"n": n}})
			if err != nil || out.Value != float64(2*n) {
				t.Errorf("%v, %v; want %d", out.Value, err, 2*n)
			}
		})
	}
	wait.Wait()
	s.Close()
	if _, err := s.Run(t.Context(), python.Script{}); err == nil {
		t.Error("a closed server runs a script")
	}
	bad, err := python.StartScriptServer(t.Context(), python.Config{Python: "/bin/false"})
	if err == nil {
		t.Cleanup(bad.Close)
		_, err = bad.Run(t.Context(), python.Script{})
	}
	if err == nil {
		t.Error("a server without Python runs a script")
	}
}

// With boto3, as most scripts of others are.
func BenchmarkRunScript(b *testing.B) {
	cfg := config(b)
	script := python.Script{Text: "import boto3\ndef handler(events, context):\n    return events", Handler: "handler"}
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			if _, err := python.RunScript(b.Context(), cfg, script); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("server", func(b *testing.B) {
		s := server(b)
		for b.Loop() {
			if _, err := s.Run(b.Context(), script); err != nil {
				b.Fatal(err)
			}
		}
	})
}
