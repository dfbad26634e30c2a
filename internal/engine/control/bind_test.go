package control_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/control"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
)

func TestBind(t *testing.T) {
	t.Parallel()
	trail := control.Control{
		ID: "X.1", Runbook: "FixTrail", Scope: control.Regional,
		Resource: control.Resource{Type: "T", ID: "arn:{partition}:cloudtrail:{region}:{account}:trail/{Name}"},
		Parameters: map[string]any{"Name": "{Name}", "Both": "{account}/{Name}", "Limit": 3, "On": true,
			"Ports": []any{uint64(3389), "22", "{Name}"}},
	}
	bounded := control.Control{
		ID: "X.4", Runbook: "FixBounds", Scope: control.Global,
		Resource: control.Resource{Type: "T", ID: "AWS::::Account:{account}"},
		Parameters: map[string]any{"Days": map[string]any{"atMost": uint64(45)},
			"Length": map[string]any{"atLeast": "14"}},
	}
	user := control.Control{
		ID: "X.2", Runbook: "FixUser", Scope: control.Global,
		Resource:   control.Resource{Type: "T", ID: "arn:{partition}:iam::{account}:user/{Path+}"},
		Parameters: map[string]any{"User": "{Path}"},
	}
	bucket := control.Control{
		ID: "X.3", Runbook: "FixBucket", Scope: control.Regional,
		Resource:   control.Resource{Type: "T", ID: "arn:{partition}:s3:::{Bucket}"},
		Parameters: map[string]any{"Bucket": "{Bucket}"},
	}
	one := func(v string) target.Parameter { return target.Parameter{Values: []string{v}} }
	for name, tc := range map[string]struct {
		control    control.Control
		resource   string
		region     string
		parameters target.Parameters // nil for a mismatch
	}{
		"every kind of value": {trail, "arn:aws:cloudtrail:eu-west-1:222222222222:trail/main", "eu-west-1",
			target.Parameters{
				"Name": one("main"), "Both": one("222222222222/main"), "Limit": one("3"), "On": one("true"),
				"Ports": {Values: []string{"22", "3389", "main"}, List: true},
			}},
		"another account": {control: trail, resource: "arn:aws:cloudtrail:eu-west-1:333333333333:trail/main"},
		"another Region": {trail, "arn:aws:cloudtrail:us-east-1:222222222222:trail/main", "us-east-1",
			target.Parameters{
				"Name": one("main"), "Both": one("222222222222/main"), "Limit": one("3"), "On": one("true"),
				"Ports": {Values: []string{"22", "3389", "main"}, List: true},
			}},
		"an unknown Region": {control: trail, resource: "arn:aws:cloudtrail:mars-north-1:222222222222:trail/main"},
		"Region of another": {control: trail, resource: "arn:aws:cloudtrail:cn-north-1:222222222222:trail/main"},
		"another partition": {control: trail, resource: "arn:aws-cn:cloudtrail:eu-west-1:222222222222:trail/main"},
		"another service":   {control: trail, resource: "arn:aws:ec2:eu-west-1:222222222222:trail/main"},
		"no account":        {control: trail, resource: "arn:aws:cloudtrail:eu-west-1::trail/main"},
		"no name":           {control: trail, resource: "arn:aws:cloudtrail:eu-west-1:222222222222:trail/"},
		"more behind":       {control: trail, resource: "arn:aws:cloudtrail:eu-west-1:222222222222:trail/main/x"},
		"more with a colon": {control: trail, resource: "arn:aws:cloudtrail:eu-west-1:222222222222:trail/main:x"},
		"more before":       {control: trail, resource: "xarn:aws:cloudtrail:eu-west-1:222222222222:trail/main"},
		"not an ARN":        {control: trail, resource: "main"},
		"nothing":           {control: trail, resource: ""},
		"path of several": {user, "arn:aws:iam::222222222222:user/team/a/alice", target.Global,
			target.Parameters{"User": one("team/a/alice")}},
		"path of one": {user, "arn:aws:iam::222222222222:user/alice", target.Global,
			target.Parameters{"User": one("alice")}},
		"path with a colon":   {control: user, resource: "arn:aws:iam::222222222222:user/a:b"},
		"global, other owner": {control: user, resource: "arn:aws:iam::333333333333:user/alice"},
		"bucket": {bucket, "arn:aws:s3:::my.bucket-1", "eu-west-1",
			target.Parameters{"Bucket": one("my.bucket-1")}},
		"bounds": {bounded, "AWS::::Account:222222222222", target.Global, target.Parameters{
			"Days":   {Values: []string{"45"}, Bound: target.AtMost},
			"Length": {Values: []string{"14"}, Bound: target.AtLeast},
		}},
		"object, not a bucket": {control: bucket, resource: "arn:aws:s3:::my/object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := finding.Finding{Partition: "aws", Account: "222222222222", Region: "eu-west-1", ResourceType: "T",
				ResourceID: tc.resource}
			bound, parameters, err := tc.control.Bind(f)
			if tc.parameters == nil {
				if !errors.Is(err, control.ErrMismatch) || parameters != nil || bound != (target.Target{}) {
					t.Errorf("Bind = %s, %v, %v; want a mismatch", bound, parameters, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := target.Target{Account: "222222222222", Region: tc.region, Runbook: tc.control.Runbook,
				Resource: tc.resource}
			if diff := cmp.Diff(want, bound); diff != "" {
				t.Errorf("target (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.parameters, parameters); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
		})
	}
}

// A trail of an organization is seen from its members under the ARN of the account that owns it.
func TestBindNamesTheOwner(t *testing.T) {
	t.Parallel()
	c := control.Control{ID: "X.1",
		Resource: control.Resource{Type: "T", ID: "arn:{partition}:cloudtrail:{region}:{account}:trail/{Name}"}}
	for id, want := range map[string]bool{
		"arn:aws:cloudtrail:eu-west-1:333333333333:trail/main":    true,
		"arn:aws:cloudtrail:eu-west-1:33333333333:trail/main":     false,
		"arn:aws:cloudtrail:mars-north-1:222222222222:trail/main": false,
		"arn:aws:cloudtrail:eu-west-1:333333333333:dashboard/x":   false,
	} {
		f := finding.Finding{Partition: "aws", Account: "222222222222", Region: "eu-west-1", ResourceType: "T",
			ResourceID: id}
		_, _, err := c.Bind(f)
		if !errors.Is(err, control.ErrMismatch) ||
			strings.Contains(err.Error(), "belongs to account 333333333333") != want {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestBindOtherTypes(t *testing.T) {
	t.Parallel()
	c := control.Control{ID: "X.1", Runbook: "R", Scope: control.Global, Resource: control.Resource{
		Type: "AwsIamRole", OtherTypes: []string{"AwsIamUser"}, ID: "arn:{partition}:iam::{account}:{Kind}/{Path*}{Name}"},
		Parameters: map[string]any{"Kind": "{Kind}"}}
	for kind, bound := range map[string]bool{"AwsIamRole": true, "AwsIamUser": true, "AwsIamGroup": false} {
		_, parameters, err := c.Bind(finding.Finding{Partition: "aws", Account: "222222222222", ResourceType: kind,
			ResourceID: "arn:aws:iam::222222222222:user/staff/ann"})
		if (err == nil) != bound || bound && parameters["Kind"].Values[0] != "user" {
			t.Errorf("%s: %v, %v", kind, parameters, err)
		}
	}
}

// The captures of a resource's id go into parameters. A capture must not be read as a form.
func TestBindDoesNotExpandTwice(t *testing.T) {
	t.Parallel()
	c := control.Control{
		Runbook: "R", Scope: control.Regional, Resource: control.Resource{Type: "T", ID: "a/{Name}/{Other}"},
		Parameters: map[string]any{"Name": "{Name}"},
	}
	_, parameters, err := c.Bind(finding.Finding{ResourceType: "T", ResourceID: "a/{Other}/x"})
	if err != nil {
		t.Fatal(err)
	}
	if got := parameters["Name"].Values[0]; got != "{Other}" {
		t.Errorf("Name = %q", got)
	}
}

// No resource has these in its name, and a pattern's $ may stand before a last line break.
func TestBindRefusesControlCharacters(t *testing.T) {
	t.Parallel()
	c := control.Control{
		Runbook: "R", Scope: control.Regional, Resource: control.Resource{Type: "T", ID: "a/{Name}"},
		Parameters: map[string]any{"Name": "{Name}"},
	}
	for _, name := range []string{"x\n", "x\ty", "x y", "x\x00"} {
		if _, parameters, err := c.Bind(finding.Finding{ResourceType: "T", ResourceID: "a/" + name}); err == nil {
			t.Errorf("Bind of %q = %q", name, parameters["Name"].Values)
		}
	}
}

func TestMismatchSaysWhy(t *testing.T) {
	t.Parallel()
	c := control.Control{ID: "X.1",
		Resource: control.Resource{Type: "T", ID: "arn:{partition}:x:{region}:{account}:y/{Name}"}}
	for name, tc := range map[string]struct {
		f    finding.Finding
		want []string
	}{
		"type": {finding.Finding{ResourceType: "U", ResourceID: "x"}, []string{"X.1", `"U"`, "a T"}},
		"id": {
			finding.Finding{ResourceType: "T", ResourceID: "bad\nid", Account: "222222222222", Region: "eu-west-1"},
			[]string{`"bad\nid"`, "arn:{partition}:x", "222222222222"},
		},
	} {
		_, _, err := c.Bind(tc.f)
		for _, part := range tc.want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %v does not say %s", name, err, part)
			}
		}
	}
}
