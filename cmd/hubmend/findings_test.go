package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/lab/samplefinding"
)

// hubWith answers GetFindings with findings, page by page, and notes what it was asked.
func hubWith(t *testing.T, asked *[]string, findings ...map[string]any) terminal {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/findings" { // the new Security Hub is not enabled
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"__type": "ResourceNotFoundException", "message": "not enabled"}`)
			return
		}
		var in struct {
			Filters   map[string]any
			NextToken string
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		filters, _ := json.Marshal(in.Filters)
		*asked = append(*asked, string(filters))
		out := map[string]any{"Findings": findings}
		if in.NextToken == "" && len(findings) > 1 { // the first page has one
			out = map[string]any{"Findings": findings[:1], "NextToken": "more"}
		} else if in.NextToken != "" {
			out = map[string]any{"Findings": findings[1:]}
		}
		if !strings.Contains(string(filters), `"EC2.13"`) { // the other controls have none
			out = map[string]any{"Findings": []any{}}
		}
		if err := json.NewEncoder(w).Encode(out); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return terminal{env: slices.Concat(nobody, []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=x",
		"AWS_SECRET_ACCESS_KEY=y", "AWS_ENDPOINT_URL=" + server.URL})}
}

func sample(t *testing.T, control, resource, id string) map[string]any {
	t.Helper()
	c, err := controlNamed(catalog.Embedded(), control)
	if err != nil {
		t.Fatal(err)
	}
	f, err := samplefinding.Build(samplefinding.Spec{Control: c, Resource: resource, Account: workload,
		Region: homeRegion, ID: id, Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFindings(t *testing.T) {
	t.Parallel()
	sg := func(n int) string {
		return fmt.Sprintf("arn:aws:ec2:us-east-1:%s:security-group/sg-%017d", workload, n)
	}
	var asked []string
	s := hubWith(t, &asked, sample(t, "EC2.13", sg(1), "a"), sample(t, "EC2.13", sg(1), "b"),
		sample(t, "EC2.13", sg(2), "c"), sample(t, "EC2.2", sg(3), "d"), map[string]any{"Id": "of another product"})

	out := s.says(t, 0, "findings", "hubmend findings --control EC2.2", "hubmend playbook enable EC2.2")
	if i, j := strings.Index(out, "EC2.2 "), strings.Index(out, "EC2.13 "); i < 0 || j < i ||
		strings.Contains(out, sg(1)) {
		t.Errorf("prints\n%s", out)
	}
	for _, want := range []string{`"FAILED"`, `"ACTIVE"`, `"NEW"`, `"NOTIFIED"`} {
		if !strings.Contains(asked[0], want) {
			t.Errorf("asks for %s", asked[0])
		}
	}

	asked = nil
	s.says(t, 0, "findings --control ec2.13 --account 222222222222 --region us-east-1",
		"security-group/sg-00000000000000001",
		"\n  hubmend remediate --control EC2.2 --resource sg-00000000000000003\n")
	for _, want := range []string{`"EC2.13"`, `"222222222222"`, `"us-east-1"`} {
		if !strings.Contains(asked[0], want) || strings.Contains(asked[0], "EC2.14") {
			t.Errorf("asks for %s", asked[0])
		}
	}

	var got openReport
	if err := json.Unmarshal([]byte(s.says(t, 0, "findings --json")), &got); err != nil || len(got.Resources) != 3 ||
		got.More || len(got.Resources[1].Findings) != 2 || got.Resources[1].Resource != sg(1) {
		t.Errorf("findings --json = %+v, %v", got, err)
	}
	none := hubWith(t, &asked)
	none.says(t, 0, "findings", "No open findings that Hubmend can remediate.\n")
	none.says(t, 0, "findings --control 4.1 --account 222222222222 --region eu-west-9",
		"No open findings that Hubmend can remediate for EC2.13 in account 222222222222 in Region eu-west-9 (did you "+
			"mean eu-west-1?).\n")
	if out := none.says(t, 0, "findings --json"); out != `{"resources":[],"more":false}`+"\n" {
		t.Errorf("prints %s", out)
	}
	none.says(t, exitUsage, "findings --region us-esat-1", "unknown Region us-esat-1; did you mean us-east-1?")
}
