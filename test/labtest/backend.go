package labtest

import (
	"context"
	"sync"
	"testing"

	"hubmend/internal/lab"
)

// free are the backends that no test uses now.
var free struct {
	sync.Mutex
	backends []*lab.Backend
}

// Backend lends a backend to a test, to be given to one lab after the other. Starting one takes
// longer than most labs live, so the next test gets the same. It ends with the process.
func Backend(t testing.TB, c lab.Config) *lab.Backend {
	t.Helper()
	b, err := take(lab.Config{Python: c.Python})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		free.Lock()
		defer free.Unlock()
		free.backends = append(free.backends, b)
	})
	return b
}

func take(c lab.Config) (*lab.Backend, error) {
	free.Lock()
	if n := len(free.backends); n > 0 {
		b := free.backends[n-1]
		free.backends = free.backends[:n-1]
		free.Unlock()
		return b, nil
	}
	free.Unlock()
	return lab.StartBackend(context.Background(), c) // not the context of the test, which ends before
}
