package lambdahost_test

import (
	"strings"
	"testing"
	"time"

	"hubmend/internal/lab/lambdahost"
)

func TestNewTellsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := lambdahost.New(lambdahost.Config{
		Binary: "testdata/missing", Timeout: time.Hour, MemoryMB: 64, MaxConcurrency: -1,
		Env: map[string]string{"AWS_LAMBDA_RUNTIME_API": "x", "TABLE": "ledger"},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"no name", "find bootstrap", "timeout 1h0m0s", "memory of 64 MB", "concurrency -1",
		"variable AWS_LAMBDA_RUNTIME_API is set by Lambda itself: remove it",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "TABLE") {
		t.Errorf("error complains about TABLE:\n%v", err)
	}
}
