package messages_test

import (
	"strings"
	"testing"
	"time"

	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/target"
)

var wish = messages.Undo{
	ID: "5fea7756-0ea4-451a-a703-a558b933e274", Key: target.Target{Resource: "sg-1"}.Key(),
	ExecutionID: "0b0a7756-0ea4-451a-a703-a558b933e274",
	By:          "arn:aws:sts::111111111111:assumed-role/Admin/ann@example.com",
	At:          time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC),
}

func TestUndoComesBackAsItWas(t *testing.T) {
	t.Parallel()
	got, is, err := messages.ParseUndo([]byte(wish.Body()))
	if err != nil || !is || got != wish {
		t.Errorf("ParseUndo(%s) = %+v, %t, %v", wish.Body(), got, is, err)
	}
	if _, is, err := messages.Parse([]byte(wish.Body())); is || err != nil {
		t.Errorf("it passes for a follow-up of the sweep: %v", err)
	}
}

func TestParseUndoRefuses(t *testing.T) {
	t.Parallel()
	with := func(old, text string) string {
		body := wish.Body()
		if !strings.Contains(body, old) {
			panic(old)
		}
		return strings.Replace(body, old, text, 1)
	}
	for name, tc := range map[string]struct {
		body    string
		is      bool
		problem string
	}{
		"nothing":              {"", false, ""},
		"not JSON":             {"hubmend.undo", false, ""},
		"a follow-up":          {messages.FollowUp{Key: "hubmend.undo"}.Body(), false, ""},
		"an event":             {`{"source":"aws.securityhub","detail":{"x":"hubmend.undo"}}`, false, ""},
		"no detail":            {`{"source":"hubmend.undo"}`, true, "read undo"},
		"a detail of a list":   {`{"source":"hubmend.undo","detail":[]}`, true, "read undo"},
		"no id":                {with(`"id":"`+wish.ID+`",`, ""), true, "its id is not a UUID"},
		"an id with braces":    {with(wish.ID, "{"+wish.ID+"}"), true, "its id is not a UUID"},
		"no key":               {with(wish.Key, ""), true, "its key"},
		"a key of another":     {with(wish.Key, "breaker#X.1"), true, "its key"},
		"an execution that is": {with(wish.ExecutionID, "{{ global:ACCOUNT_ID }}"), true, "its executionId"},
		"a URN":                {with(wish.ExecutionID, "urn:uuid:"+wish.ExecutionID), true, "its executionId"},
		"nobody":               {with(wish.By, ""), true, "its by"},
		"somebody with lines":  {with(wish.By, `arn:aws:iam::111111111111:user/ann\nbob`), true, "its by"},
		"somebody very long":   {with("ann@example.com", strings.Repeat("a", 1000)), true, "its by"},
		"no time":              {with(`,"at":"2026-03-01T12:00:00.000000005Z"`, ""), true, "at what time"},
		"another time":         {with("2026-03-01T12:00:00.000000005Z", "yesterday"), true, "read undo"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, is, err := messages.ParseUndo([]byte(tc.body))
			if got != (messages.Undo{}) || is != tc.is || (err != nil) != (tc.problem != "") {
				t.Fatalf("ParseUndo = %+v, %t, %v", got, is, err)
			}
			if err != nil && (!strings.Contains(err.Error(), tc.problem) || len(err.Error()) > 400) {
				t.Errorf("ParseUndo = %v, want %q", err, tc.problem)
			}
		})
	}
}

func FuzzParseUndo(f *testing.F) {
	f.Add([]byte(wish.Body()))
	f.Add([]byte(`{"source":"hubmend.undo","detail":{"key":1}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		u, is, err := messages.ParseUndo(body)
		if err != nil || !is {
			if u != (messages.Undo{}) || err != nil && !is {
				t.Errorf("ParseUndo = %+v, %t, %v", u, is, err)
			}
			return
		}
		again, is, err := messages.ParseUndo([]byte(u.Body()))
		if err != nil || !is || !again.At.Equal(u.At) || again.ID != u.ID || again.Key != u.Key ||
			again.ExecutionID != u.ExecutionID || again.By != u.By {
			t.Errorf("%+v is %+v, %t, %v when it is written and read", u, again, is, err)
		}
	})
}
