package lambdahost_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/lambdahost"
)

func TestInvokeReusesWarmEnvironment(t *testing.T) {
	t.Parallel()
	function := deploy(t, lambdahost.Config{ARN: "some:arn", Timeout: 10 * time.Second})
	for want := 1; want <= 3; want++ {
		result := invoke(t, function, "context", "")
		var got struct {
			ID, ARN, Trace, Name string
			Left                 float64
			Count                int
		}
		if err := json.Unmarshal(result.Payload, &got); err != nil {
			t.Fatal(err)
		}
		if got.Count != want || result.Cold != (want == 1) || (result.InitDuration > 0) != result.Cold ||
			result.Duration <= 0 {
			t.Errorf("invocation %d: %+v, %+v", want, got, result)
		}
		if got.ID != result.RequestID || got.ARN != "some:arn" || got.Name != "mender" || got.Left < 5 ||
			got.Left > 10 {
			t.Errorf("context is %+v", got)
		}
		if !regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$`).MatchString(
			got.Trace) {
			t.Errorf("trace is %s", got.Trace)
		}
	}
}

func TestInvokeFailures(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cfg      lambdahost.Config
		do       string
		want     string // regular expression of the payload
		survives bool
	}{
		"error": {do: "error", want: `^{"errorMessage":"boom","errorType":"errorString"}$`, survives: true},
		"panic": {do: "panic", want: `^{"errorMessage":"boom","errorType":"string","stackTrace":`},
		"exit 1": {do: "exit",
			want: `^{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited with error: exit status 1"}$`},
		"exit 0": {do: "end",
			want: `^{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited without providing a reason"}$`},
		"timeout": {do: "sleep", cfg: lambdahost.Config{Timeout: time.Second},
			want: `^{"errorMessage":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ID Task timed out after 1.00 seconds"}$`},
		"large answer":  {do: "large", want: `^{"errorType":"Function.ResponseSizeTooLarge",`},
		"start exits":   {cfg: startFails("exit", 0), want: `Runtime exited with error: exit status 3"}$`},
		"start hangs":   {cfg: startFails("sleep", time.Second), want: `Task timed out after 1.00 seconds"}$`},
		"start reports": {cfg: startFails("error", 0), want: `^{"errorType":"Config","errorMessage":"no table"}$`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			function := deploy(t, test.cfg)
			result := invoke(t, function, test.do, "boom")
			if result.FunctionError != "Unhandled" {
				t.Errorf("FunctionError is %q", result.FunctionError)
			}
			want := strings.ReplaceAll(test.want, "ID", result.RequestID)
			if !regexp.MustCompile(want).Match(result.Payload) {
				t.Errorf("payload %s does not match %s", result.Payload, want)
			}
			if test.cfg.Env["START"] != "" {
				return
			}
			after := invoke(t, function, "echo", "still here")
			if string(after.Payload) != `"still here"` || after.FunctionError != "" || after.Cold == test.survives {
				t.Errorf("next invocation: %+v %s", after, after.Payload)
			}
		})
	}
}

func startFails(how string, limit time.Duration) lambdahost.Config {
	return lambdahost.Config{Timeout: limit, Env: map[string]string{"START": how}}
}

// The answer to the rogue's invocation tells what happened until then; the last
// line tells the rest.
func TestProtocolViolationsAreRefused(t *testing.T) {
	t.Parallel()
	var lines journal
	function := deploy(t, lambdahost.Config{Env: map[string]string{"START": "rogue"}, Log: lines.log})
	result := invoke(t, function, "", "")
	if got, want := string(
		result.Payload), `["response 400" "next 200" "error 403" "response 400" "next 403"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	function.Close()
	want := []string{"response 400, next 200, error 403, response 400, next 403, response 202, error 403"}
	if diff := cmp.Diff(want, lines.lines); diff != "" {
		t.Error(diff)
	}
}

func TestEnvironmentHoldsOnlyWhatIsGiven(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "the parent's")
	function := deploy(t,
		lambdahost.Config{Env: map[string]string{"TABLE": "ledger", "AWS_REGION": "eu-west-1"}, MemoryMB: 256})
	var got []string
	if err := json.Unmarshal(invoke(t, function, "environ", "").Payload, &got); err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got,
		func(entry string) bool { return strings.HasPrefix(entry, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:") })
	slices.Sort(got)
	want := []string{
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
		"AWS_LAMBDA_FUNCTION_NAME=mender",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_REGION=eu-west-1",
		"LAMBDA_TASK_ROOT=" + filepath.Dir(bootstrap),
		"PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin",
		"TABLE=ledger",
		"TZ=:UTC",
		"_HANDLER=bootstrap",
	}
	// set by the SDK
	got = slices.DeleteFunc(got, func(entry string) bool { return strings.HasPrefix(entry, "_X_AMZN_TRACE_ID=") })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOutputGoesToTheLog(t *testing.T) {
	t.Parallel()
	var lines journal
	function := deploy(t, lambdahost.Config{Log: lines.log})
	invoke(t, function, "echo", "a")
	invoke(t, function, "echo", "b")
	function.Close()
	if diff := cmp.Diff([]string{"out a", "err a", "out b", "err b"}, lines.lines); diff != "" {
		t.Error(diff)
	}

	var last journal
	function = deploy(t, lambdahost.Config{Log: last.log, Env: map[string]string{"START": "exit"}})
	invoke(t, function, "", "")
	if diff := cmp.Diff([]string{"no end of line"}, last.lines); diff != "" {
		t.Error(diff)
	}
}

func TestConcurrencyIsLimited(t *testing.T) {
	t.Parallel()
	function := deploy(t, lambdahost.Config{MaxConcurrency: 2})
	var mu sync.Mutex
	processes := map[string]int{}
	var group sync.WaitGroup
	for range 12 {
		group.Go(func() {
			result, err := function.Invoke(t.Context(), []byte(`{"Do": "nap"}`))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			processes[string(result.Payload)]++
			mu.Unlock()
		})
	}
	group.Wait()
	if len(processes) != 2 {
		t.Errorf("invocations by process: %v, want two processes", processes)
	}
}

func TestKill(t *testing.T) {
	t.Parallel()
	lines := journal{seen: make(chan string, 9)}
	function := deploy(t, lambdahost.Config{Log: lines.log})
	go func() { <-lines.seen; function.Kill() }()
	result := invoke(t, function, "sleep", "")
	if result.FunctionError == "" ||
		!strings.Contains(string(result.Payload), "Runtime exited with error: signal: killed") {
		t.Errorf("killed at work: %+v %s", result, result.Payload)
	}
	for range 2 {
		if result = invoke(t, function, "echo", "x"); !result.Cold || result.FunctionError != "" {
			t.Errorf("after Kill: %+v %s", result, result.Payload)
		}
		function.Kill() // the idle one
	}
}

func TestContextEndsInvocation(t *testing.T) {
	t.Parallel()
	lines := journal{seen: make(chan string, 9)}
	function := deploy(t, lambdahost.Config{Log: lines.log, MaxConcurrency: 1})
	ctx, cancel := context.WithCancel(t.Context())
	waiter := make(chan error)
	go func() {
		<-lines.seen
		short, stop := context.WithTimeout(ctx, time.Millisecond)
		defer stop()
		_, err := function.Invoke(short, []byte(`{"Do": "echo"}`)) // there is no free environment
		waiter <- err
	}()
	go func() {
		if err := <-waiter; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting invocation: %v", err)
		}
		cancel()
	}()
	if _, err := function.Invoke(ctx, []byte(`{"Do": "sleep"}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if result := invoke(t, function, "echo", "x"); !result.Cold {
		t.Error("the sleeping environment was used again")
	}
}

// Not parallel, so that the goroutines of other tests do not count. A process that is
// not reaped has a goroutine that waits for it.
func TestNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	function := deploy(t, lambdahost.Config{})
	invoke(t, function, "panic", "")
	invoke(t, function, "echo", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := function.Invoke(ctx, []byte(`{"Do": "sleep"}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	function.Close()
	for deadline := time.Now().Add(30 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

func TestInvokeRefuses(t *testing.T) {
	t.Parallel()
	function := deploy(t, lambdahost.Config{})
	if _, err := function.Invoke(t.Context(), make([]byte, lambdahost.MaxPayload+1)); err == nil ||
		!strings.Contains(err.Error(), "the limit is 6291456") {
		t.Errorf("large payload: %v", err)
	}
	if _, err := function.Invoke(t.Context(), []byte("{")); err == nil || !strings.Contains(err.Error(), "not JSON") {
		t.Errorf("half a payload: %v", err)
	}
	function.Close()
	function.Close()
	if _, err := function.Invoke(t.Context(), []byte("{}")); !errors.Is(err, lambdahost.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func BenchmarkInvokeCold(b *testing.B) {
	function := deploy(b, lambdahost.Config{})
	for b.Loop() {
		invoke(b, function, "context", "")
		function.Kill()
	}
}

func BenchmarkInvokeWarm(b *testing.B) {
	function := deploy(b, lambdahost.Config{})
	for b.Loop() {
		invoke(b, function, "context", "")
	}
}
