package sweep_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The sweep skips records that a newer version wrote. This is no failure, and it handles the others.
func TestNewerRecords(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for _, name := range []string{"a", "b"} {
		w.Rewrite(w.put(t, name, running(time.Hour)).Key(), 3)
	}
	w.put(t, "c", running(time.Hour))
	if err := w.sweep(t); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"look c exec-c"}, w.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	log := w.log.String()
	if strings.Count(log, `"WARN"`) != 1 || !strings.Contains(log, `"targets skipped","targets":2`) ||
		!strings.Contains(log, "deploy that version again") {
		t.Errorf("log:\n%s", log)
	}
}
