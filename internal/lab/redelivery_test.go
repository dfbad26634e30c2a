package lab_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A message that a function did not handle comes back soon, is counted, and ends with the
// dead letters; the function is started anew when it died.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	w, j := upWithFunction(t, stacks{admin: merged(fed("fails"), fed("dies"), fed("hides"))})
	w.send(t, "fails", "say a", "fail")
	w.send(t, "dies", "say b", "exit")
	w.send(t, "hides", "say c", "hide 3", "fail")
	w.quiet(t)
	for msg, tc := range map[string]struct {
		queue       string
		least, most time.Duration // between one delivery and the next
	}{
		"a": {"fails", time.Second, 2900 * time.Millisecond},
		"b": {"dies", time.Second, 2900 * time.Millisecond},
		"c": {"hides", 3 * time.Second, 10 * time.Second},
	} {
		lines := j.of(msg)
		if diff := cmp.Diff([]string{"1", "2"}, j.texts(msg)); diff != "" {
			t.Fatalf("receive counts of queue %s (-want +got):\n%s", tc.queue, diff)
		}
		if wait := lines[1].at.Sub(lines[0].at); wait < tc.least || wait > tc.most {
			t.Errorf("the message of queue %s comes back after %v", tc.queue, wait)
		}
		if n := w.visible(t, tc.queue+"-dlq"); n != "1" {
			t.Errorf("the dead letters of queue %s are %v", tc.queue, n)
		}
	}
	if cold := len(w.ColdStarts()); cold != 4 {
		t.Errorf("%d cold starts, want one for each function and one more for the one that died", cold)
	}
	if problems := w.problems(); len(problems) != 2 || !strings.Contains(problems[0], "function dies: Unhandled") {
		t.Errorf("problems are %q", problems)
	}
}

// The other messages of a batch are deleted.
func TestRedeliveryOfSome(t *testing.T) {
	t.Parallel()
	w, j := upWithFunction(t, stacks{admin: fed("mixed")})
	for range 3 {
		w.send(t, "mixed", "say good")
	}
	w.send(t, "mixed", "say bad", "fail")
	w.quiet(t)
	if got := j.texts("good"); !slices.Equal(got, []string{"1", "1", "1"}) {
		t.Errorf("messages that were handled come %q", got)
	}
	if got := j.texts("bad"); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("the message that was not handled comes %q", got)
	}
}
