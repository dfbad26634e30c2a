package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"hubmend/internal/ops/exposure"
	"hubmend/internal/ops/plan"
)

func TestPlanExposure(t *testing.T) {
	t.Parallel()
	l := startPlanningLab(t)
	group := l.openGroup("web", 22)
	var list []map[string]any
	if err := json.Unmarshal(execute(t, "finding", "EC2.13", "--resource", group), &list); err != nil {
		t.Fatal(err)
	}
	list[0]["Id"] = findingID("open")
	l.call("securityhub", "BatchImportFindings", map[string]any{"Findings": list})
	before := len(l.lab.Calls())
	inspector := "arn:aws:inspector2:us-east-1:222222222222:finding/1"
	s := patient{terminal{l.lab, l.env("workload")}, ""}.bent(t,
		answers(t, exposureID, anExposure(findingID("open"), inspector)),
		answers(t, v2IDOf("hopeless"), anExposure(inspector)),
		answers(t, v2IDOf("open"), inOCSF("open", group, "New")),
		answers(t, v2IDOf("none")),
		answers(t, "/findingsv2", inOCSF("open", group, "New")),
		bend{call: "GET /hubv2", status: http.StatusOK, answer: `{}`},
	)
	s.says(t, 0, "plan "+exposureID+" --region us-east-1", "Findings behind it (2)",
		"not a control finding", "remediates",
		"1. ec2:RevokeSecurityGroupIngress", "Nothing was changed.")
	var got plannedExposure
	if err := json.Unmarshal([]byte(s.says(t, 0, "plan --json "+exposureID)), &got); err != nil ||
		len(got.Plans) != 1 ||
		got.Plans[0].Verdict != plan.Change || got.Plans[0].Finding != findingID("open") || len(got.Related) != 2 ||
		got.Related[0].V2ID != v2IDOf("open") || got.Related[1].State != exposure.NoControl {
		t.Errorf("%+v, %v", got, err)
	}
	s.says(t, exitFailed, "plan "+v2IDOf("hopeless"), "Hubmend can remediate none of them in us-east-1.")
	s.says(t, 0, "plan --region us-east-1 "+v2IDOf("open"), "1. ec2:RevokeSecurityGroupIngress")
	s.says(t, 0, "plan --region us-east-1 --finding "+v2IDOf("open"), "1. ec2:RevokeSecurityGroupIngress")
	for args, want := range map[string]string{
		v2IDOf("none"):                   "that account 222222222222 can see in us-east-1",
		"--finding " + exposureID:        exposureID + " is an exposure; name it without --finding",
		"exposure.json":                  `"exposure.json" is not the id of a finding or an exposure; use`,
		"--control EC2.13 " + exposureID: "an id does not go together with --finding, --control and --resource",
	} {
		s.says(t, exitUsage, "plan "+args, want)
	}
	onlyReads(t, l.lab.Calls()[before:])
	for _, c := range l.lab.Calls()[before:] {
		if strings.HasPrefix(c.API, "Revoke") {
			t.Errorf("the plan called %s", c.API)
		}
	}
}
