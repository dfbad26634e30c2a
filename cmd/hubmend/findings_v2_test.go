package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// twoHubs answers as both Security Hubs, each with its own findings, and notes the calls.
func twoHubs(t *testing.T, calls *[]string, v2Status int, v2 string, cspm ...map[string]any) terminal {
	t.Helper()
	endpoint := serveHubs(t, calls, v2Status, v2, cspm...)
	return terminal{env: slices.Concat(nobody, []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=x",
		"AWS_SECRET_ACCESS_KEY=y", "AWS_MAX_ATTEMPTS=1", "AWS_ENDPOINT_URL=" + endpoint})}
}

// inV2 lets commands find both Security Hubs there, of which Security Hub CSPM has no findings.
func inV2(t *testing.T, calls *[]string, v2Status int, v2 string) []string {
	t.Helper()
	return []string{"AWS_ENDPOINT_URL_SECURITYHUB=" + serveHubs(t, calls, v2Status, v2)}
}

func serveHubs(t *testing.T, calls *[]string, v2Status int, v2 string, cspm ...map[string]any) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*calls = append(*calls, callOf(r, body))
		switch {
		case r.URL.Path == "/hubv2":
			fmt.Fprint(w, `{}`)
		case r.URL.Path == "/findingsv2":
			w.WriteHeader(v2Status)
			fmt.Fprint(w, v2)
		case r.URL.Path != "/findings":
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"__type": "AccessDeniedException", "message": "not allowed"}`)
		case strings.Contains(string(body), `"EC2.13"`):
			_ = json.NewEncoder(w).Encode(map[string]any{"Findings": cspm})
		default:
			fmt.Fprint(w, `{"Findings": []}`)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// A finding that is suppressed in the new Security Hub is not open. The others have their ids there.
func TestFindingsInBothHubs(t *testing.T) {
	t.Parallel()
	cspm := []map[string]any{sample(t, "EC2.13", sgARN(1), "a"), sample(t, "EC2.13", sgARN(2), "b")}
	v2 := answers(t, "", inOCSF("a", sgARN(1), "New"), inOCSF("b", sgARN(2), "Suppressed")).answer
	var calls []string
	s := twoHubs(t, &calls, http.StatusOK, v2, cspm...)
	args := "findings --control EC2.13 --account " + workload
	var got openReport
	if err := json.Unmarshal([]byte(s.says(t, 0, args+" --json")), &got); err != nil || len(got.Resources) != 1 ||
		got.Resources[0].V2IDs[findingID("a")] != v2IDOf("a") {
		t.Errorf("%+v, %v", got, err)
	}
	if out := s.says(t, 0, args+" --output csv"); !strings.Contains(out, v2IDOf("a")) {
		t.Errorf("prints %s", out)
	}
	i := slices.IndexFunc(calls, func(c string) bool { return strings.Contains(c, "/findingsv2") })
	for _, want := range []string{"compliance.control", `"EC2.13"`, "compliance.status", `"Fail"`, "cloud.account.uid",
		`"` + workload + `"`, `"AND"`} {
		if i < 0 || !strings.Contains(calls[i], want) {
			t.Errorf("does not ask for %s", want)
		}
	}
	s.says(t, 0, "preview --set CIS4142=ENABLED", "starts 1 repair for 1 open finding", "not open, and left out: 1.")

	s = twoHubs(t, &calls, http.StatusForbidden, `{"__type": "AccessDeniedException", "message": "no"}`, cspm...)
	s.says(t, 0, args, "hubmend: The status and the id of findings in the new Security Hub are not known: access denied",
		"security-group/sg-00000000000000002")
	s.says(t, 0, "preview --set CIS4142=ENABLED", "starts 2 repairs", "in the new Security Hub are not known")
}
