package lab_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/reverted"
	"hubmend/internal/lab"
)

// CloudTrail shows who changed a resource: late, by its id or ARN, the latest first, and only twice a second.
func TestLookupEvents(t *testing.T) {
	t.Parallel()
	w := upAs(t, stacks{}, func(c *lab.Config) { c.Faults.TrailShowsAfter = lab.Duration(time.Hour) })
	group := at(w.call(t, member, "ec2", "CreateSecurityGroup", object{"GroupName": "web", "Description": "web"}),
		"GroupId").(string)
	open := func(port int, as, agent string) {
		t.Helper()
		_, err := w.Lab.Call(t.Context(), lab.Call{Account: member, Region: home, Service: "ec2",
			API: "AuthorizeSecurityGroupIngress", As: as, Agent: agent, Session: "run-1",
			Input: object{"GroupId": group, "IpPermissions": []any{object{"IpProtocol": "tcp", "FromPort": port,
				"ToPort": port, "IpRanges": []any{object{"CidrIp": "0.0.0.0/0"}}}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	open(22, "deploy-prod", "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io)")
	w.call(t, member, "ec2", "DescribeSecurityGroups", object{})
	look := func(name string) (sentence string, events []any) {
		t.Helper()
		out := w.call(t, member, "cloudtrail", "LookupEvents", object{"LookupAttributes": []any{
			object{"AttributeKey": "ResourceName", "AttributeValue": name}}})
		events, _ = out["Events"].([]any)
		var records []string
		for _, e := range events {
			records = append(records, at(e, "CloudTrailEvent").(string))
		}
		by := reverted.Latest(records, []string{"AuthorizeSecurityGroupIngress"})
		sentence, _, _ = strings.Cut(by.Sentence(), " at ")
		return sentence, events
	}
	if sentence, _ := look(group); sentence != "" {
		t.Errorf("at once: %s", sentence)
	}
	if err := w.Lab.Pass(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // for the limit of two a second
	const want = "Reverted by run-1 (role deploy-prod) with Terraform"
	arn := "arn:aws:ec2:us-east-1:222222222222:security-group/" + group
	for _, name := range []string{group, arn} {
		sentence, events := look(name)
		if diff := cmp.Diff(want, sentence); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", name, diff)
		}
		if len(events) == 0 || at(events[0], "EventName") != "AuthorizeSecurityGroupIngress" {
			t.Errorf("events: %v", events)
		}
	}
	w.refused(t, member, "cloudtrail", "LookupEvents", object{}, "ThrottlingException", "Rate exceeded")
	time.Sleep(time.Second)
	if _, events := look("sg-00000000000000000"); len(events) > 0 {
		t.Errorf("another group: %v", events)
	}
}
