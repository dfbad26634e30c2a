package scripts_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"

	"hubmend/internal/lab/automation"
	"hubmend/internal/lab/python"
	"hubmend/internal/lab/scripts"
)

func config(t *testing.T) python.Config {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Python")
	}
	interpreter, err := python.Find("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return python.Config{Python: interpreter}
}

// Only an answer of AWS, or a call that botocore refuses, may look like one: a runbook decides by it.
func TestAccountTellsAnswersFromSilence(t *testing.T) {
	t.Parallel()
	worker, err := python.StartWorker(t.Context(), config(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(worker.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Security-Token") != "token" {
			t.Errorf("the token is %q", r.Header.Get("X-Amz-Security-Token"))
		}
		if r.Header.Get("X-Amz-Target") == "TrentService.ListAliases" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type": "AccessDeniedException", "message": "no"}`))
			return
		}
		_, _ = w.Write([]byte(`{"KeyRotationEnabled": true}`))
	}))
	t.Cleanup(server.Close)
	a := scripts.Account{Worker: worker, Region: "eu-west-1", Endpoint: server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "token")}
	out, err := a.Call(t.Context(), "kms", "GetKeyRotationStatus", map[string]any{"KeyId": "k"})
	if err != nil || out["KeyRotationEnabled"] != true {
		t.Errorf("%v, %v", out, err)
	}
	silent := a
	silent.Endpoint = "http://127.0.0.1:1"
	for name, tc := range map[string]struct {
		account    scripts.Account
		api        string
		parameters map[string]any
		code       string // empty when it is no answer
	}{
		"refused by AWS":      {a, "ListAliases", nil, "AccessDeniedException"},
		"refused by botocore": {a, "GetKeyRotationStatus", nil, "ParamValidationError"},
		"no such API":         {a, "GetNothing", nil, "UnknownOperation"},
		"nobody answers":      {silent, "ListKeys", nil, ""},
	} {
		_, err := tc.account.Call(t.Context(), "kms", tc.api, tc.parameters)
		var answer smithy.APIError
		if errors.As(err, &answer) != (tc.code != "") || err == nil || tc.code != "" && answer.ErrorCode() != tc.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.Credentials = credentials.NewStaticCredentialsProvider("", "", "")
	if _, err := a.Call(t.Context(), "kms", "ListKeys", nil); err == nil {
		t.Error("a call is made without credentials")
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	s := scripts.Scripts{Python: config(t)}
	const text = "def h(events, context):\n    if events['n'] > 1:\n        raise ValueError('too many')\n    " +
		"return events"
	script := func(n int) automation.Script {
		return automation.Script{Runtime: "python3.11", Handler: "h", Text: text, Payload: map[string]any{"n": n}}
	}
	out, err := s.Run(t.Context(), script(1))
	if m, ok := out.(map[string]any); err != nil || !ok || m["n"] != 1.0 {
		t.Errorf("%v, %v", out, err)
	}
	_, err = s.Run(t.Context(), script(2))
	var raised *automation.ScriptError
	if !errors.As(err, &raised) || raised.Type != "ValueError" || raised.Message != "too many" {
		t.Errorf("%v", err)
	}
}
