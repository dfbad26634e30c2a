package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/lab"
	"hubmend/internal/lab/samplefinding"
	"hubmend/test/assembly"
	"hubmend/test/labtest"
)

const (
	farRegion   = "eu-west-1"
	exposureARN = "arn:aws:securityhub:" + homeRegion + ":" + workload + ":exposure/e1"
	macieARN    = "arn:aws:macie2:" + homeRegion + ":" + workload + ":finding/1"
)

// withV2 is a lab with the new Security Hub and two Regions.
func withV2(c *lab.Config) {
	c.V2.Enabled, c.Regions = true, []string{homeRegion, farRegion}
}

// openIn makes a security group that is open to the world in a Region, and imports its finding.
func openIn(t *testing.T, l *lab.Lab, region string) (group, finding string) {
	t.Helper()
	call := func(service, api string, input map[string]any) map[string]any {
		out, err := l.Call(t.Context(),
			lab.Call{Account: workload, Region: region, Service: service, API: api, Input: input})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	group = fmt.Sprint(call("ec2", "CreateSecurityGroup", map[string]any{"GroupName": "web",
		"Description": "web"})["GroupId"])
	call("ec2", "AuthorizeSecurityGroupIngress", map[string]any{"GroupId": group, "IpProtocol": "tcp", "FromPort": 22,
		"ToPort": 22, "CidrIp": "0.0.0.0/0"})
	c, _ := catalog.Embedded().ByID("EC2.13")
	f, err := samplefinding.Build(samplefinding.Spec{Control: c, Account: workload, Region: region, ID: "open",
		Resource: "arn:aws:ec2:" + region + ":" + workload + ":security-group/" + group, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	call("securityhub", "BatchImportFindings", map[string]any{"Findings": []any{f}})
	return group, fmt.Sprint(f["Id"])
}

// exposes imports an exposure, and a finding of Amazon Macie, whose ids are ARNs.
func exposes(t *testing.T, l *lab.Lab, related ...string) {
	t.Helper()
	e, macie := anExposure(append(related, macieARN)...), anExposure()
	e["metadata"].(map[string]any)["uid"] = exposureARN
	macie["finding_info"] = map[string]any{"uid": macieARN}
	macie["metadata"] = map[string]any{"uid": macieARN, "product": map[string]any{
		"uid": "arn:aws:securityhub:" + homeRegion + "::productv2/aws/macie"}}
	for _, document := range []map[string]any{e, macie} {
		if err := l.ImportV2(document); err != nil {
			t.Fatal(err)
		}
	}
}

// An exposure is remediated by the control findings behind it, each in its Region, and the history has the id of V2.
func TestExposureInLab(t *testing.T) {
	t.Parallel()
	s := terminalOf(labtest.Start(t, "../..", assembly.Copy, withV2))
	group, open := openIn(t, s.lab, homeRegion)
	_, far := openIn(t, s.lab, farRegion)
	exposes(t, s.lab, open, far)
	const wrong = exposureARN + "2"
	s.says(t, exitUsage, "remediate "+exposureARN, "no answer; nothing was changed", // it cannot ask
		"Remediate 2 findings behind the exposure?")
	s.says(t, exitUsage, "remediate "+exposureARN+" "+open, exposureARN+" is an exposure; name it without other ids")
	s.says(t, exitUsage, "remediate "+open+" "+exposureARN, exposureARN+" is an exposure; name it without other ids")
	s.says(t, exitUsage, "remediate "+macieARN, macieARN+" is neither a control finding nor an exposure: ")
	s.says(t, exitUsage, "remediate "+wrong, "Security Hub has no finding "+wrong)
	patient{s, ""}.bent(t,
		bend{call: "/findingsv2", status: http.StatusForbidden, answer: `{"__type": "AccessDeniedException"}`},
	).says(t, exitUsage, "remediate "+wrong, "Security Hub has no finding "+wrong,
		"it may be an exposure, but the new Security Hub cannot be read: access denied")
	if got := s.open(t, group); got == "[]" {
		t.Fatal("it was remediated without a confirmation")
	}
	out := s.says(t, 0, "remediate --yes "+exposureARN, "not a control finding")
	for _, region := range []string{homeRegion, farRegion} {
		if want := "EC2.13 arn:aws:ec2:" + region; strings.Count(out, want) == 0 {
			t.Errorf("the output does not say %q:\n%s", want, out)
		}
	}
	var in []string
	for _, e := range s.lab.Executions() {
		in = append(in, e.Region)
	}
	if len(in) != 2 || in[0] == in[1] {
		t.Errorf("there are executions in %v", in)
	}
	for _, id := range []string{open, far} {
		if f, _ := s.lab.FindingV2(id); f["status"] != "Resolved" {
			t.Errorf("%s is %v", id, f["status"])
		}
	}
	s.says(t, 0, "history "+group+" --json", `"v2Ids"`)

	s.openPort(t, group, 22)
	s.says(t, 0, "remediate "+open, "[1/1] EC2.13 ", ": done and verified") // it is a finding, and does not ask
}

// A plan is made for the Region of the exposure, and names the commands for the others.
func TestPlanExposureInLab(t *testing.T) {
	t.Parallel()
	l := startPlanningLab(t, withV2)
	_, open := openIn(t, l.lab, homeRegion)
	_, far := openIn(t, l.lab, farRegion)
	exposes(t, l.lab, open, far)
	s := terminal{l.lab, l.env("workload")}
	out := s.says(t, 0, "plan "+exposureARN, "Findings behind it (3)", "remediates", "in another Region",
		"not a control finding", "1. ec2:RevokeSecurityGroupIngress")
	if n := strings.Count(out, "1. ec2:RevokeSecurityGroupIngress"); n != 1 {
		t.Errorf("there are %d plans", n)
	}
	json := s.says(t, 0, "plan --json "+exposureARN, "in eu-west-1; `hubmend plan "+far+"` plans it")
	if strings.Count(json, `"verdict"`) != 1 {
		t.Error(json)
	}
	for args, want := range map[string]string{
		open:                        "1. ec2:RevokeSecurityGroupIngress", // a finding of Security Hub CSPM
		far:                         "1. ec2:RevokeSecurityGroupIngress",
		"--region eu-west-1 " + far: "1. ec2:RevokeSecurityGroupIngress",
		"--finding " + far:          "1. ec2:RevokeSecurityGroupIngress",
	} {
		s.says(t, 0, "plan "+args, want)
	}
	for args, want := range map[string]string{
		exposureARN + "2":                   "Security Hub in us-east-1 has no finding " + exposureARN + "2 ",
		"--finding " + exposureARN:          exposureARN + " is an exposure; name it without --finding",
		macieARN:                            macieARN + " is not the id of a finding or an exposure",
		"--region eu-west-1 " + exposureARN: "Security Hub in eu-west-1 has no finding " + exposureARN,
	} {
		s.says(t, exitUsage, "plan "+args, want)
	}
}
