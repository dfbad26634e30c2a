package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/lab/samplefinding"
	"hubmend/internal/ops/exposure"
)

const exposureID = "e000000000000000000000000000000000000000000000000000000000000001"

// v2IDOf is the id that the tests' new Security Hub gives a finding.
func v2IDOf(name string) string { return fmt.Sprintf("%064x", name) }

// inOCSF is a finding of EC2.13 as the new Security Hub has it.
func inOCSF(name, resource, status string) map[string]any {
	return map[string]any{
		"class_uid": 2003, "class_name": "Compliance Finding", "activity_id": 1, "status": status,
		"cloud":      map[string]any{"account": map[string]any{"uid": workload}, "region": homeRegion},
		"compliance": map[string]any{"control": "EC2.13", "status": "Fail", "status_id": 3},
		"finding_info": map[string]any{"uid": findingID(name), "title": "SSH is open",
			"first_seen_time_dt": "2026-03-01T12:00:00Z", "last_seen_time_dt": "2026-03-01T12:00:00Z",
			"modified_time_dt": "2026-03-01T12:00:00Z"},
		"metadata": map[string]any{"uid": v2IDOf(name), "version": "1.9.0", "product": map[string]any{
			"uid": "arn:aws:securityhub:" + homeRegion + "::productv2/aws/securityhub", "name": "Security Hub"}},
		"resources": []any{map[string]any{"type": "AWS::EC2::SecurityGroup",
			"uid": resource[strings.LastIndex(resource, "/")+1:], "uid_alt": resource}},
		"severity": "High", "severity_id": 4, "time_dt": "2026-03-01T12:00:00Z",
	}
}

// findingID is the id of a sample finding of EC2.13.
func findingID(name string) string {
	return "arn:aws:securityhub:" + homeRegion + ":" + workload + ":security-control/EC2.13/finding/" + name
}

// anExposure is an exposure with findings behind it.
func anExposure(related ...string) map[string]any {
	events := []any{}
	for _, id := range related {
		events = append(events, map[string]any{"uid": id, "title": "trait"})
	}
	return map[string]any{
		"class_uid": 2004, "severity": "Critical", "status": "New",
		"cloud":        map[string]any{"account": map[string]any{"uid": workload}, "region": homeRegion},
		"finding_info": map[string]any{"uid": "exposure-1", "title": "Open to the internet", "related_events": events},
		"metadata": map[string]any{"uid": exposureID, "product": map[string]any{
			"uid": "arn:aws:securityhub:" + homeRegion + "::productv2/aws/securityhub-exposure"}},
	}
}

// answers has GetFindingsV2 answer with findings when it is asked about a value.
func answers(t *testing.T, about string, findings ...map[string]any) bend {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Findings": append([]map[string]any{}, findings...)})
	if err != nil {
		t.Fatal(err)
	}
	return bend{call: about, status: http.StatusOK, answer: string(text)}
}

// importsAs imports a finding of a control with changes.
func (s terminal) importsAs(t *testing.T, control, name, resource string, changes map[string]any) string {
	t.Helper()
	c, _ := catalog.Embedded().ByID(control)
	f, err := samplefinding.Build(samplefinding.Spec{Control: c, Resource: resource, Account: workload,
		Region: homeRegion, ID: name, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(f, changes)
	s.calls(t, "securityhub", "BatchImportFindings", map[string]any{"Findings": []any{f}})
	return fmt.Sprint(f["Id"])
}

func TestRemediateExposure(t *testing.T) {
	t.Parallel()
	s := startDeployed(t)
	group, arn := s.openGroup(t, "web")
	_, quiet := s.openGroup(t, "quiet")
	open := s.imports(t, "EC2.13", "open", arn)
	there := s.imports(t, "EC2.13", "there", quiet) // suppressed in the new Security Hub only
	here := s.importsAs(t, "EC2.13", "here", quiet, map[string]any{"Workflow": map[string]any{"Status": "SUPPRESSED"}})
	passed := s.importsAs(t, "EC2.13", "passed", quiet, map[string]any{"Compliance": map[string]any{
		"Status": "PASSED", "SecurityControlId": "EC2.13"}})
	inspector := "arn:aws:inspector2:us-east-1:222222222222:finding/1"
	related := []string{open, there, here, passed, inspector, findingID("gone"), open}
	v2 := patient{s, ""}.bent(t,
		answers(t, exposureID, anExposure(related...)),
		answers(t, v2IDOf("hopeless"), anExposure(there, inspector)),
		answers(t, v2IDOf("open"), inOCSF("open", arn, "New")),
		answers(t, v2IDOf("noise"), map[string]any{"class_uid": 2003}),
		answers(t, v2IDOf("none")),
		answers(t, "/findingsv2", inOCSF("open", arn, "New"), inOCSF("there", quiet, "Suppressed")),
		bend{call: "GET /hubv2", status: http.StatusOK, answer: `{}`},
	)

	v2.says(t, exitUsage, "remediate "+exposureID+" "+open, "is an exposure; name it without other ids")
	v2.says(t, exitUsage, "remediate --json "+exposureID, "--json does not ask for confirmation; add --yes")
	v2.says(t, exitUsage, "remediate "+exposureID, "no answer; nothing was changed", "Open to the internet",
		"remediates", "suppressed", "passed already", "not a control finding", "not found", "Findings behind it (6)",
		"Remediate 1 finding behind the exposure?")
	if got := s.open(t, group); got != "[22]" {
		t.Fatalf("before anybody confirmed, open are %s", got)
	}
	var got remediatedExposure
	if err := json.Unmarshal([]byte(v2.says(t, 0, "remediate --yes --json "+exposureID)), &got); err != nil {
		t.Fatal(err)
	}
	var states []exposure.State
	for _, r := range got.Related {
		states = append(states, r.State)
	}
	if want := []exposure.State{exposure.Remediates, exposure.Suppressed, exposure.Suppressed, exposure.Passed,
		exposure.NoControl, exposure.NotFound}; !slices.Equal(states, want) || got.Exposure.ID != exposureID ||
		got.Related[0].V2ID != v2IDOf("open") || len(got.Results) != 1 || got.Results[0].State != "succeeded" ||
		got.Results[0].Finding != open {
		t.Errorf("%+v", got)
	}
	if got := s.open(t, group); got != "[]" {
		t.Errorf("open are %s", got)
	}

	s.openPort(t, group, 22)
	v2.says(t, 0, "remediate "+v2IDOf("open"), "[1/1] EC2.13 "+arn+": done and verified")
	v2.says(t, exitUsage, "remediate --yes "+v2IDOf("hopeless"),
		"nothing was started: Hubmend can remediate none of the 2 findings behind the exposure")
	v2.says(t, exitUsage, "remediate "+v2IDOf("noise"), "is neither a control finding nor an exposure: ")
	v2.says(t, exitUsage, "remediate "+v2IDOf("none"), "the new Security Hub has no finding "+v2IDOf("none"))
	const denied, none = `{"__type": "AccessDeniedException"}`, `{"__type": "ResourceNotFoundException"}`
	patient{s, ""}.bent(t,
		bend{call: "/findingsv2", status: http.StatusForbidden, answer: denied},
		bend{call: "GET /hubv2", status: http.StatusNotFound, answer: none},
	).says(t, exitUsage, "remediate "+exposureID,
		"the new Security Hub is not enabled in account 111111111111, us-east-1",
		"aws securityhub describe-security-hub-v2 --region us-east-1")
	patient{s, ""}.bent(t,
		bend{call: "/findingsv2", status: http.StatusForbidden, answer: denied},
		bend{call: "GET /hubv2", status: http.StatusForbidden, answer: denied},
	).says(t, exitUsage, "remediate "+exposureID, "access denied for these AWS credentials")
}
