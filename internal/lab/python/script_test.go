package python_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/python"
)

func run(t *testing.T, text string, payload map[string]any) (python.Outcome, error) {
	t.Helper()
	return python.RunScript(t.Context(), config(t), python.Script{Text: text, Handler: "handler", Payload: payload})
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
		"nothing": {
			text: "def handler(events, context):\n    pass",
			want: python.Outcome{Logs: []string{}},
		},
		"prints": {
			text: "print('loading')\ndef handler(events, context):\n    print('{\"value\": 1}')\n    return True",
			want: python.Outcome{Value: true, Logs: []string{"loading", `{"value": 1}`}},
		},
		"allowed modules": {
			text: `
from __future__ import annotations
import collections.abc, copy, datetime, decimal, fractions, functools, ipaddress, itertools, json, math, operator, re, string, typing

def handler(events, context):
    network = ipaddress.ip_network("10.0.0.0/8")
    return [network.prefixlen, str(datetime.date(2026, 1, 2)), re.sub("a", "b", "aa")]`,
			want: python.Outcome{Value: []any{8.0, "2026-01-02", "bb"}, Logs: []string{}},
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
		"raised":         {body(`raise ValueError("port 22 is open: close it")`), python.ScriptError{Type: "ValueError", Message: "port 22 is open: close it"}},
		"own class":      {"class Refused(Exception): pass\n" + body(`raise Refused("no")`), python.ScriptError{Type: "Refused", Message: "no"}},
		"exit":           {body(`raise SystemExit(0)`), python.ScriptError{Type: "SystemExit", Message: "0"}},
		"no handler":     {"def other(events, context): pass", python.ScriptError{Type: "NameError", Message: "the script defines no function 'handler'"}},
		"syntax":         {"def handler(:", python.ScriptError{Type: "SyntaxError", Message: "invalid syntax (script, line 1)"}},
		"boto3":          {"import boto3\n" + body("pass"), python.ScriptError{Type: "ImportError", Message: "a runbook script decides only; it may not import boto3"}},
		"urllib.request": {body("from urllib.request import urlopen"), python.ScriptError{Type: "ImportError", Message: "a runbook script decides only; it may not import urllib.request"}},
		"time":           {body("import time"), python.ScriptError{Type: "ImportError", Message: "a runbook script decides only; it may not import time"}},
		"relative":       {body("from . import json"), python.ScriptError{Type: "ImportError", Message: "a runbook script decides only; it may not import ."}},
		"open":           {body("open('x')"), python.ScriptError{Type: "PermissionError", Message: "a runbook script decides only; it may not call open()"}},
		"not JSON":       {body("return {1, 2}"), python.ScriptError{Type: "TypeError", Message: "the script's return value is not JSON: Object of type set is not JSON serializable"}},
		"not a number":   {body("return float('nan')"), python.ScriptError{Type: "TypeError", Message: "the script's return value is not JSON: Out of range float values are not JSON compliant"}},
		"too large":      {body("return 'x' * 102400"), python.ScriptError{Type: "ValueError", Message: "the script returned 102402 bytes of JSON, the limit is 102400"}},
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

func TestRunScriptShowsTheScriptsOwnLinesOnly(t *testing.T) {
	t.Parallel()
	out, err := run(t, "def handler(events, context):\n    print('so far')\n    return 1 / 0", nil)
	var got *python.ScriptError
	if !errors.As(err, &got) {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(got.Traceback, "main") || !strings.Contains(got.Traceback, `File "script", line 3, in handler`) ||
		!strings.Contains(got.Traceback, "return 1 / 0") {
		t.Errorf("traceback is\n%s", got.Traceback)
	}
	if diff := cmp.Diff([]string{"so far"}, out.Logs); diff != "" {
		t.Error(diff)
	}
}

func TestRunScriptIsKilledWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := python.RunScript(ctx, config(t), python.Script{Text: "while True: pass", Handler: "handler"})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if spent := time.Since(begin); spent > 30*time.Second {
		t.Errorf("took %v", spent)
	}
}

// A script cannot get at credentials, because its process has none.
func TestRunScriptSeesNoEnvironment(t *testing.T) {
	cfg := config(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	out, err := python.RunScript(t.Context(), cfg, python.Script{Handler: "handler", Text: `
import json

def handler(events, context):
    environ = json.codecs.sys.modules["os"].environ
    return sorted(environ)`})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range out.Value.([]any) {
		if strings.HasPrefix(name.(string), "AWS_") {
			t.Errorf("the script sees %s", name)
		}
	}
}

func BenchmarkRunScript(b *testing.B) {
	cfg := config(b)
	for b.Loop() {
		script := python.Script{Text: "def handler(events, context):\n    return events", Handler: "handler"}
		if _, err := python.RunScript(b.Context(), cfg, script); err != nil {
			b.Fatal(err)
		}
	}
}
