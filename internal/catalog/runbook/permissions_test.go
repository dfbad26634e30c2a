package runbook_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog/runbook"
)

const arn = "arn:${AWS::Partition}:x:*:${AWS::AccountId}:thing/*"

func TestParsePermissions(t *testing.T) {
	t.Parallel()
	const reason = ", reason: X has no resource level."
	for name, tc := range map[string]struct{ text, want string }{
		"narrow":              {`x:Close: {actions: ["x:Close", "x-y:Tag2"], resources: ["` + arn + `"]}`, ""},
		"star with reason":    {`x:Close: {actions: ["x:Close"], resources: ["*"]` + reason + `}`, ""},
		"star without reason": {`x:Close: {actions: ["x:Close"], resources: ["*"]}`, "needs a reason"},
		"reason without star": {`x:Close: {actions: ["x:Close"], resources: ["` + arn + `"]` + reason + `}`,
			"needs a reason"},
		"star among others": {`x:Close: {actions: ["x:Close"], resources: ["` + arn + `", "*"]}`,
			"needs a reason"},
		"no actions":           {`x:Close: {resources: ["` + arn + `"]}`, "actions and resources"},
		"no resources":         {`x:Close: {actions: ["x:Close"]}`, "actions and resources"},
		"wildcard":             {`x:Close: {actions: ["x:*"], resources: ["` + arn + `"]}`, `"x:*"`},
		"wildcard at the end":  {`x:Close: {actions: ["x:Close*"], resources: ["` + arn + `"]}`, `"x:Close*"`},
		"everything":           {`x:Close: {actions: ["*"], resources: ["` + arn + `"]}`, `"*"`},
		"one of several wrong": {`x:Close: {actions: ["x:Close", "Close"], resources: ["` + arn + `"]}`, `"Close"`},
		"service in capitals":  {`x:Close: {actions: ["X:Close"], resources: ["` + arn + `"]}`, `"X:Close"`},
		"fixed partition": {`x:Close: {actions: ["x:Close"], resources: ["arn:aws:x:::thing"]}`,
			"must begin with"},
		"no ARN": {`x:Close: {actions: ["x:Close"], resources: ["thing/*"]}`, "must begin with"},
		"no account": {`x:Close: {actions: ["x:Close"], resources: ["arn:${AWS::Partition}:s3:::*/*"]}`,
			""},
		"fixed account": {
			`x:Close: {actions: ["x:Close"], resources: ["arn:${AWS::Partition}:x:*:222222222222:thing/*"]}`,
			"whose account is ${AWS::AccountId}"},
		"any account": {
			`x:Close: {actions: ["x:Close"], resources: ["arn:${AWS::Partition}:x:*:*:thing/*"]}`,
			"whose account is ${AWS::AccountId}"},
		"ARN that is cut": {
			`x:Close: {actions: ["x:Close"], resources: ["arn:${AWS::Partition}:x:*:${AWS::AccountId}:"]}`,
			"whose account is ${AWS::AccountId}"},
		"one runbook": {
			`x:Close: {actions: ["x:Close"], resources: ["` + arn + `"], runbooks: {Close: ["` + arn + `"]}}`, ""},
		"fixed partition of one runbook": {
			`x:Close: {actions: ["x:Close"], resources: ["` + arn + `"], runbooks: {Close: ["arn:aws:x:::thing"]}}`,
			"must begin with"},
		"a managed policy": {
			`x:Close: {actions: ["x:Close"], resources: ["` + arn +
				`"], policies: {Close: ["arn:${AWS::Partition}:iam::aws:policy/AWSSupportAccess"]}}`, ""},
		"a policy of the account": {
			`x:Close: {actions: ["x:Close"], resources: ["` + arn +
				`"], policies: {Close: ["arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/own"]}}`,
			"not the ARN of a policy that AWS manages"},
		"key that is no call": {`Close: {actions: ["x:Close"], resources: ["` + arn + `"]}`, `"Close"`},
		"a second document": {"x:Close: {actions: [\"x:Close\"], resources: [\"" + arn + "\"]}\n---\nx:Open: {}",
			"more than one"},
		"unknown key":             {`x:Close: {action: ["x:Close"]}`, "unknown field"},
		"call twice":              {"x:Close: {}\nx:Close: {}", "already defined"},
		"not a map":               {`[x:Close]`, "parse permissions"},
		"nothing":                 {``, "parse permissions"},
		"both problems are named": {`{"x:A": {actions: []}, "x:B": {actions: []}}`, "x:B: needs actions"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := runbook.ParsePermissions([]byte(tc.text))
			if got := errText(err); tc.want == "" && err != nil || !strings.Contains(got, tc.want) {
				t.Errorf("ParsePermissions error = %q, want it to contain %q", got, tc.want)
			}
		})
	}
}

// steps parses a document with these mainSteps, in YAML's flow style or as a block.
func steps(t *testing.T, text string) *runbook.Document {
	t.Helper()
	doc, err := runbook.Parse([]byte("schemaVersion: '0.3'\nmainSteps:\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

const callingSteps = `
- {name: read, action: "aws:executeAwsApi", inputs: {Service: x, Api: Read, Id: a}}
- {name: decide, action: "aws:executeScript", inputs: {Runtime: python3.11, InputPayload: {Service: no, Api: NoCall}}}
- name: each
  action: aws:loop
  inputs:
    Iterators: "{{ read.Ids }}"
    Steps:
      - {name: close, action: "aws:executeAwsApi", inputs: {Service: x, Api: Close}}
      - name: inner
        action: aws:loop
        inputs:
          Steps: [{name: tag, action: "aws:executeAwsApi", inputs: {Service: y, Api: Tag}}]
- {name: verify, action: "aws:assertAwsResourceProperty", inputs: {Service: x, Api: Read, PropertySelector: "$.A",
	DesiredValues: [b]}}
`

func TestCalls(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"x:Close", "x:Read", "y:Tag"}, runbook.Calls(steps(t, callingSteps))); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if calls := runbook.Calls(&runbook.Document{}); len(calls) > 0 {
		t.Errorf("an empty document calls %q", calls)
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	permissions := runbook.Permissions{
		"x:Read": {Actions: []string{"x:Read", "x:List"}, Resources: []string{"*"},
			Reason: "X has no resource level."},
		"x:Close": {Actions: []string{"x:Close"}, Resources: []string{arn + "2", arn}},
		"y:Tag":   {Actions: []string{"y:Tag", "x:Close"}, Resources: []string{arn, arn + "2"}},
		"y:Spare": {Actions: []string{"y:Spare"}, Resources: []string{"*"}, Reason: "No step calls it."},
	}
	got, err := runbook.Policy("Close", steps(t, callingSteps), permissions)
	if err != nil {
		t.Fatal(err)
	}
	want := []runbook.Statement{
		{Sid: "Calls1", Actions: []string{"x:List", "x:Read"}, Resources: []string{"*"},
			Reason: "X has no resource level."},
		{Sid: "Calls2", Actions: []string{"x:Close", "y:Tag"}, Resources: []string{arn, arn + "2"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{arn + "2", arn}, permissions["x:Close"].Resources); diff != "" {
		t.Errorf("the permissions were changed: %s", diff)
	}
	if got, err := runbook.Policy("Close", &runbook.Document{}, permissions); err != nil || len(got) != 0 {
		t.Errorf("an empty document has the policy %v, %v", got, err)
	}
}

// A role is passed by who names one: with a reference or a name, and not with an empty text, which takes it away.
func TestPolicyOfAParameter(t *testing.T) {
	t.Parallel()
	permissions := runbook.Permissions{"x:Set": {Actions: []string{"x:Set"}, Resources: []string{arn},
		Also: []runbook.Permission{
			{Actions: []string{"iam:PassRole"}, When: "Role", Resources: []string{arn + "role"},
				PassedTo: "x.amazonaws.com"},
		}}}
	for input, want := range map[string]int{"": 1, ", Role: ''": 1, ", Role: r": 2, `, Role: "{{ a.B }}"`: 2,
		", Other: r": 1} {
		got, err := runbook.Policy("Close", steps(t,
			`- {name: set, action: "aws:executeAwsApi", inputs: {Service: x, Api: Set`+input+"}}"), permissions)
		if err != nil || len(got) != want {
			t.Errorf("with %q: %d statements, %v; want %d", input, len(got), err, want)
		}
	}
}

// Two runbooks make the same call, of which one has resources of its own.
func TestPolicyOfOneRunbook(t *testing.T) {
	t.Parallel()
	permissions := runbook.Permissions{"x:Set": {Actions: []string{"x:Set"}, Resources: []string{arn},
		Runbooks: map[string][]string{"SetAll": {arn + "2"}}, Also: []runbook.Permission{
			{Actions: []string{"x:Tag"}, Resources: []string{arn},
				Runbooks: map[string][]string{"SetAll": {arn + "2"}}},
		}}}
	document := steps(t, `- {name: set, action: "aws:executeAwsApi", inputs: {Service: x, Api: Set}}`)
	for name, want := range map[string]string{"SetOne": arn, "SetAll": arn + "2", "UndoSetAll": arn} {
		got, err := runbook.Policy(name, document, permissions)
		if err != nil || len(got) != 1 || got[0].Resources[0] != want {
			t.Errorf("%s: %v, %v; want %s", name, got, err, want)
		}
	}
}

// A runbook may attach one managed policy only, to any role.
func TestPolicyOfOneManagedPolicy(t *testing.T) {
	t.Parallel()
	const managed = "arn:${AWS::Partition}:iam::aws:policy/AWSSupportAccess"
	permissions := runbook.Permissions{"x:Set": {Actions: []string{"x:Set"}, Resources: []string{arn},
		Policies: map[string][]string{"SetOne": {managed}}}}
	document := steps(t, `- {name: set, action: "aws:executeAwsApi", inputs: {Service: x, Api: Set}}`)
	for name, want := range map[string][]string{"SetOne": {managed}, "SetAll": nil} {
		got, err := runbook.Policy(name, document, permissions)
		if err != nil || len(got) != 1 || !slices.Equal(got[0].Policies, want) {
			t.Errorf("%s: %v, %v; want %s", name, got, err, want)
		}
	}
}

func TestPolicyRefusesACallOfWhichNobodySaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	got, err := runbook.Policy("Close", steps(t, callingSteps),
		runbook.Permissions{"x:Read": {Actions: []string{"x:Read"}, Resources: []string{"*"}}})
	if err == nil || got != nil || !strings.Contains(err.Error(), "x:Close") ||
		!strings.Contains(err.Error(), "y:Tag") {
		t.Errorf("Policy = %v, %v; want both calls named", got, err)
	}
}

// Two calls on "*" have two reasons; a reader of the policy must see both.
func TestPolicyKeepsEveryReason(t *testing.T) {
	t.Parallel()
	got, err := runbook.Policy("Close", steps(t, callingSteps), runbook.Permissions{
		"x:Close": {Actions: []string{"x:Close"}, Resources: []string{"*"}, Reason: "One."},
		"x:Read":  {Actions: []string{"x:Read"}, Resources: []string{"*"}, Reason: "Two."},
		"y:Tag":   {Actions: []string{"y:Tag"}, Resources: []string{"*"}, Reason: "Two."},
	})
	if err != nil || len(got) != 1 || !strings.Contains(got[0].Reason, "One.") ||
		!strings.Contains(got[0].Reason, "Two.") {
		t.Errorf("Policy = %+v, %v", got, err)
	}
}

// AWS's reference applies to calls that are in no permissions file.
func TestPolicyByTheReference(t *testing.T) {
	t.Parallel()
	const account = ":*:${AWS::AccountId}:"
	for name, tc := range map[string]struct {
		call      string
		resources []string
	}{
		"a resource": {"Service: rds, Api: ModifyDBInstance, DBInstanceIdentifier: a",
			[]string{"rds" + account + "db:*"}},
		"and one more": {"Service: rds, Api: ModifyDBInstance, DBInstanceIdentifier: a, DBParameterGroupName: b",
			[]string{"rds" + account + "db:*", "rds" + account + "pg:*"}},
		"a global service": {"Service: cloudfront, Api: UpdateDistribution, Id: a",
			[]string{"cloudfront::${AWS::AccountId}:distribution/*"}},
		"without account": {"Service: s3, Api: PutBucketVersioning, Bucket: a", []string{"s3:::*"}},
		"another signature": {"Service: elbv2, Api: ModifyListener, ListenerArn: a",
			[]string{"elasticloadbalancing" + account + "listener/app/*/*/*",
				"elasticloadbalancing" + account + "listener/gwy/*/*/*",
				"elasticloadbalancing" + account + "listener/net/*/*/*"}},
	} {
		got, err := runbook.Policy("Close", steps(t,
			`- {name: set, action: "aws:executeAwsApi", inputs: {`+tc.call+"}}"), nil)
		if err != nil || len(got) != 1 {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		for i := range tc.resources {
			tc.resources[i] = "arn:${AWS::Partition}:" + tc.resources[i]
		}
		if diff := cmp.Diff(tc.resources, got[0].Resources); diff != "" || got[0].Reason != "" {
			t.Errorf("%s: reason %q, resources (-want +got):\n%s", name, got[0].Reason, diff)
		}
	}
	got, err := runbook.Policy("Close", steps(t,
		`- {name: set, action: "aws:executeAwsApi", inputs: {Service: s3control, Api: PutPublicAccessBlock, AccountId: a}}`), nil)
	if err != nil || len(got) != 1 || got[0].Actions[0] != "s3:PutAccountPublicAccessBlock" ||
		got[0].Resources[0] != "*" || got[0].Reason != "IAM has no resource for s3:PutAccountPublicAccessBlock." {
		t.Errorf("on no resource: %+v, %v", got, err)
	}
}
