package lambdahost_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hubmend/internal/lab/lambdahost"
)

// bootstrap is the path of the function in testdata, built as for AWS.
var bootstrap string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	if testing.Short() {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "lambdahost")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	bootstrap = filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-ldflags=-s -w", "-o", bootstrap,
		"./testdata/bootstrap")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build the test's function: %v\n%s", err, out))
	}
	return m.Run()
}

// journal collects the lines of a function.
type journal struct {
	mu    sync.Mutex
	lines []string
	seen  chan string // gets each line too, if set
}

func (j *journal) log(line string) {
	j.mu.Lock()
	j.lines = append(j.lines, line)
	j.mu.Unlock()
	if j.seen != nil {
		j.seen <- line
	}
}

func deploy(tb testing.TB, cfg lambdahost.Config) *lambdahost.Function {
	tb.Helper()
	if testing.Short() {
		tb.Skip("builds and starts a Lambda function")
	}
	cfg.Name, cfg.Binary = "mender", bootstrap
	if cfg.Timeout == 0 {
		cfg.Timeout = 20 * time.Second // a busy machine is no failure
	}
	function, err := lambdahost.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(function.Close)
	return function
}

func invoke(tb testing.TB, function *lambdahost.Function, do, text string) lambdahost.Result {
	tb.Helper()
	payload, err := json.Marshal(map[string]string{"Do": do, "Text": text})
	if err != nil {
		tb.Fatal(err)
	}
	result, err := function.Invoke(tb.Context(), payload)
	if err != nil {
		tb.Fatal(err)
	}
	return result
}
