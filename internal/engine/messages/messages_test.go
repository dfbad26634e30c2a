package messages_test

import (
	"runtime"
	"strings"
	"testing"

	"hubmend/internal/engine/messages"
)

func TestFollowUpsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, want := range []messages.FollowUp{{Key: "hubmend-1"}, {Key: "hubmend-1", ExecutionID: "exec-1"},
		{Key: "\"ü\n"}} {
		got, is, err := messages.Parse([]byte(want.Body()))
		if err != nil || !is || got != want {
			t.Errorf("Parse(%s) = %+v, %t, %v", want.Body(), got, is, err)
		}
	}
}

// The function's role may send to the queue, and so may EventBridge: the form is what tells.
func TestBody(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]messages.FollowUp{
		`{"source":"hubmend.sweep","detail":{"key":"k"}}`:                        {Key: "k"},
		`{"source":"hubmend.sweep","detail":{"key":"k","executionId":"exec-1"}}`: {Key: "k", ExecutionID: "exec-1"},
	} {
		if got := e.Body(); got != want {
			t.Errorf("Body = %s, want %s", got, want)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body    string
		is      bool
		problem string
	}{
		"nothing":                {"", false, ""},
		"not JSON":               {"hello", false, ""},
		"another type":           {"[1]", false, ""},
		"an event of AWS":        {`{"source":"aws.ssm","detail":{"key":"k"}}`, false, ""},
		"no source":              {`{"detail":{"key":"k"}}`, false, ""},
		"no detail":              {`{"source":"hubmend.sweep"}`, true, "read follow-up"},
		"a detail of a list":     {`{"source":"hubmend.sweep","detail":[]}`, true, "read follow-up"},
		"a key that is a number": {`{"source":"hubmend.sweep","detail":{"key":1}}`, true, "read follow-up"},
		"no key": {`{"source":"hubmend.sweep","detail":{"executionId":"exec-1"}}`, true,
			"names no target"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, is, err := messages.Parse([]byte(tc.body))
			if got != (messages.FollowUp{}) || is != tc.is || (err != nil) != (tc.problem != "") {
				t.Fatalf("Parse = %+v, %t, %v", got, is, err)
			}
			if err != nil && !strings.Contains(err.Error(), tc.problem) {
				t.Errorf("Parse = %v, want %q", err, tc.problem)
			}
		})
	}
}

// hostile are bodies that a queue may carry at most, 1 MiB, and the worst of them.
func hostile() map[string]string {
	const size = 1 << 20
	fill := func(before, one, behind string) string {
		return before + strings.Repeat(one, (size-len(before)-len(behind))/len(one)) + behind
	}
	return map[string]string{
		"a long key":         fill(`{"source":"hubmend.sweep","detail":{"key":"`, "k", `"}}`),
		"a long list":        fill(`{"source":"hubmend.sweep","detail":[1`, ",1", `]}`),
		"a long list beside": fill(`{"x":[1`, ",1", `],"source":"hubmend.sweep","detail":{"key":"k"}}`),
		"the detail often":   fill(`{"source":"hubmend.sweep"`, `,"detail":{"key":"k"}`, `}`),
		"deep":               fill(`{"source":"hubmend.sweep","detail":`, "[", ""),
		"deep, and whole": `{"source":"hubmend.sweep","detail":{"key":` + strings.Repeat("[",
			10_000) + strings.Repeat("]", 10_000) + `}}`,
	}
}

func TestHostileFollowUps(t *testing.T) {
	t.Parallel()
	for name, body := range hostile() {
		got, _, err := messages.Parse([]byte(body))
		if len(got.Key) > len(body) || err != nil && (got != (messages.FollowUp{}) || len(err.Error()) > 400) {
			t.Errorf("%s: Parse gave a key of %d bytes and %v", name, len(got.Key), err)
		}
	}
}

// Memory grows with the message, and no faster.
func TestMemory(t *testing.T) { //nolint:paralleltest // it measures what all tests take together
	for name, body := range hostile() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, _ = messages.Parse([]byte(body))
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) / uint64(len(body)); n > 32 {
			t.Errorf("%s: Parse takes %d bytes for each", name, n)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(messages.FollowUp{Key: "k", ExecutionID: "e"}.Body()))
	f.Add([]byte(`{"source":"hubmend.sweep","detail":{"key":1}}`))
	f.Add([]byte(`{"source":"aws.ssm"}`))
	f.Add([]byte(`{"Source":"hubmend.sweep","detail":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, is, err := messages.Parse(body)
		switch {
		case err != nil || !is:
			if e != (messages.FollowUp{}) || err != nil && !is {
				t.Errorf("Parse = %+v, %t, %v", e, is, err)
			}
		case e.Key == "":
			t.Error("a follow-up names no target")
		default:
			if again, is, err := messages.Parse([]byte(e.Body())); again != e || !is || err != nil {
				t.Errorf("%+v is %+v, %t, %v when it is written and read", e, again, is, err)
			}
		}
	})
}
