package settle

// This file tests from inside: what a message is taken for shows outside only by what is done.

import (
	"runtime"
	"strings"
	"testing"

	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/target"
)

const executor = "arn:aws:sts::222222222222:assumed-role/hubmend-dispatch/"

var key = target.Target{}.Key()

func event(detail string) string {
	return `{"source":"aws.ssm","account":"222222222222","region":"eu-west-1","detail":` + detail + `}`
}

func TestParse(t *testing.T) {
	t.Parallel()
	const whole = `{"ExecutionId":"e","Status":"Success","ExecutedBy":"`
	for name, tc := range map[string]struct {
		body string
		want notice
	}{
		"an event": {event(whole + executor + key + `"}`),
			notice{key: key, executionID: "e", account: "222222222222", region: "eu-west-1", status: "Success"}},
		"a follow-up": {messages.FollowUp{Key: "k", ExecutionID: "e"}.Body(),
			notice{key: "k", executionID: "e"}},
		"somebody else's": {event(whole + `arn:aws:iam::1:user/alice"}`),
			notice{refused: `the execution was not started by Hubmend but by "arn:aws:iam::1:user/alice"`}},
		"somebody with much": {event(whole + strings.Repeat("a", 1000) + `"}`),
			notice{refused: `the execution was not started by Hubmend but by "` + strings.Repeat("a", 197) + `..."`}},
	} {
		if got, err := parse([]byte(tc.body)); err != nil || got != tc.want {
			t.Errorf("%s: parse = %+v, %v; want %+v", name, got, err, tc.want)
		}
	}
}

// hostile are bodies that a queue may carry at most, 1 MiB, and the worst of them.
func hostile() map[string]string {
	fill := func(before, one, behind string) string {
		return before + strings.Repeat(one, (1<<20-len(before)-len(behind))/len(one)) + behind
	}
	return map[string]string{
		"a long executor": fill(`{"source":"aws.ssm","detail":{"ExecutionId":"e","Status":"s","ExecutedBy":"`,
			":/", `"}}`),
		"a long id": fill(`{"source":"aws.ssm","detail":{"ExecutedBy":"`+executor+key+
			`","Status":"s","ExecutionId":"`, "e", `"}}`),
		"a long list":        fill(`{"source":"aws.ssm","detail":[1`, ",1", `]}`),
		"a long list beside": fill(`{"x":[1`, ",1", `],"source":"aws.ssm","detail":{}}`),
		"the detail often":   fill(`{"source":"aws.ssm"`, `,"detail":{"ExecutionId":"e"}`, `}`),
		"deep":               fill(`{"source":"aws.ssm","detail":`, "[", ""),
		"deep, and whole": `{"source":"aws.ssm","detail":{"ExecutionId":` + strings.Repeat("[",
			10_000) + strings.Repeat("]", 10_000) + `}}`,
		"wrong, a number":       event(`{"ExecutionId":1}`),
		"wrong, a list":         event(`{"ExecutedBy":[]}`),
		"wrong, a text":         event(`"x"`),
		"wrong, a long account": `{"source":"aws.ssm","account":` + strings.Repeat("9", 100_000) + `}`,
	}
}

func TestHostileNotices(t *testing.T) { //nolint:paralleltest // it measures what all tests take together
	for name, body := range hostile() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n, err := parse([]byte(body))
		runtime.ReadMemStats(&after)
		if taken := (after.TotalAlloc - before.TotalAlloc) / uint64(len(body)); taken > 32 && len(body) > 100_000 {
			t.Errorf("%s: parse takes %d bytes for each", name, taken)
		}
		if err != nil && (n != (notice{}) || len(err.Error()) > 400) || len(n.refused) > 400 {
			t.Errorf("%s: parse gave %+v and %v", name, n, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(event(`{"ExecutionId":"e","Status":"Success","ExecutedBy":"` + executor + key + `"}`)))
	f.Add([]byte(event(`{"ExecutionId":"e","Status":"Failed","ExecutedBy":"arn:aws:iam::1:user/alice"}`)))
	f.Add([]byte(messages.FollowUp{Key: key, ExecutionID: "e"}.Body()))
	f.Add([]byte(`{"source":"hubmend.sweep","detail":{"key":"k"},"account":"1"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := parse(body)
		switch {
		case err != nil:
			if n != (notice{}) {
				t.Errorf("parse gave %+v with the error %v", n, err)
			}
		case n.refused != "":
			if n.key != "" || n.executionID != "" {
				t.Errorf("refused, and yet %+v", n)
			}
		case n.key == "" || n.executionID == "":
			t.Errorf("accepted without a name: %+v", n)
		case n.isFollowUp():
			// Only a follow-up may speak of any account: an event must never pass for one.
			if e, is, err := messages.Parse(body); err != nil || !is || e.Key != n.key || n.account+n.region != "" {
				t.Errorf("%s passes for a follow-up", body)
			}
		case len(n.key) != len(key):
			t.Errorf("%q is no key", n.key)
		}
	})
}
