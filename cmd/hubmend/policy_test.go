package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/policy"
)

const exemptPayments = `version: 1
owner: security@example.com
rules:
  - name: Payments
    decision: exempt
    when: {resources: ["*sg-00000000000000001"]}
    reason: It is being migrated.
    until: 2099-03-31
`

func TestPolicyCheck(t *testing.T) {
	t.Parallel()
	s := terminal{env: nobody}
	good, bad := write(t, "policy.yaml", exemptPayments), write(t, "bad.yaml", "version: 1\nrule: []\nowner: 3\n")
	s.says(t, 0, "policy check "+good, "1 valid rule in "+good+".\n")
	s.says(t, exitFailed, "policy check "+bad, bad+":2:1: unknown key rule; did you mean rules?\n",
		bad+":3:8: owner must be a text, and 3 is a number; write \"3\" instead\n", "2 problems found.\n")
	var got []struct{ Line, Column int }
	if err := json.Unmarshal([]byte(s.says(t, exitFailed, "policy check --json "+bad)), &got); err != nil ||
		len(got) != 2 || got[1].Column != 8 {
		t.Errorf("--json: %v, %v", got, err)
	}
	if out := s.says(t, 0, "policy check --json "+good); out != "[]\n" {
		t.Errorf("--json of a valid file: %q", out)
	}
	ended := write(t, "ended.yaml", strings.Replace(exemptPayments, "2099", "2020", 1))
	s.says(t, 0, "policy check "+ended, `:4:1: warning: rule "Payments" ended on 2020-03-31`)
	s.says(t, exitUsage, "policy check none.yaml", "none.yaml")
	utf16 := "\xff\xfe"
	for _, c := range exemptPayments {
		utf16 += string([]byte{byte(c), 0})
	}
	s.says(t, 0, "policy check "+write(t, "windows.yaml", utf16), "1 valid rule")
}

func TestPolicySchema(t *testing.T) {
	t.Parallel()
	if out := (terminal{env: nobody}).says(t, 0, "policy schema"); !json.Valid([]byte(out)) {
		t.Errorf("prints %s", out)
	}
}

func TestPolicyTest(t *testing.T) {
	t.Parallel()
	s := terminal{env: nobody}
	fine := `{control: EC2.13, account: "222222222222", region: us-east-1, resource: sg-00000000000000001, expect: exempt, rule: Payments}`
	file := write(t, "policy.yaml", exemptPayments+"tests:\n  - "+fine+"\n")
	s.says(t, 0, "policy test "+file, "1 of 1 test passed.\n")
	finding, err := json.Marshal(sample(t, "EC2.13",
		"arn:aws:ec2:us-east-1:"+workload+":security-group/sg-00000000000000001", "a"))
	if err != nil {
		t.Fatal(err)
	}
	name := write(t, "finding.json", string(finding))
	other, err := filepath.Rel(filepath.Dir(file), name)
	if err != nil {
		t.Fatal(err)
	}
	cases := filepath.Join(filepath.Dir(file), "tests.yaml")
	writeTo(t, cases, "tests:\n  - {finding: "+other+", expect: exempt}\n  - {finding: "+other+", expect: allow}\n")
	s.says(t, exitFailed, "policy test "+file+" "+cases,
		cases+`:3: FAIL allow of EC2.13: expected allow; got exempt (rule "Payments")`, "1 of 2 tests passed.\n")
	s.says(t, exitFailed, "policy test --json "+file+" "+cases, `"passed":false`)
	s.says(t, exitUsage, "policy test "+write(t, "p.yaml", exemptPayments), "has no tests")
	writeTo(t, cases, "tests:\n  - {finding: none.json, expect: exempt}\n")
	s.says(t, exitUsage, "policy test "+file+" "+cases, cases+":2: ", "none.json")
}

func TestPolicyExplainOffline(t *testing.T) {
	t.Parallel()
	s := terminal{env: nobody}
	file := write(t, "policy.yaml", exemptPayments+`  - name: Tagged
    decision: ask
    when: {tags: [env=prod], ous: [r-ab12]}
    forever: Production.
  - {name: Others, decision: allow}
`)
	const arn = "arn:aws:ec2:us-east-1:222222222222:security-group/sg-"
	explain := "policy explain --control EC2.13 --policy " + file + " "
	s.says(t, 0, explain+arn+"00000000000000001", `: exempt (rule "Payments")`, "\n  Reason: It is being migrated.\n",
		"  Owner: security@example.com\n", "  Last day: 2099-03-31\n")
	s.says(t, 0, explain+arn+"2", "depends on the organizational units", "add --ou ID")
	s.says(t, 0, explain+arn+"2 --ou r-ab12", "depends on the tags", "add --tag KEY=VALUE")
	s.says(t, 0, explain+arn+"2 --ou r-ab12 --tag env=prod", `: ask (rule "Tagged")`, "Earlier rules do not match:\n",
		"  line 4  Payments (exempt): resources\n")
	var got []explanation
	out := s.says(t, 0, explain+arn+"2 --ou r-ab12 --tag env=test --json")
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got) != 1 || got[0].Rule != "Others" ||
		got[0].Decision != policy.Allow || len(got[0].Passed) != 2 {
		t.Errorf("--json: %+v, %v", got, err)
	}
	for args, want := range map[string]string{
		"":                               "specify either FINDING or ARN",
		"x --finding f.json":             "specify either FINDING or ARN",
		"x --control EC2.13 --tag a":     "--tag a: write KEY=VALUE",
		"x --control EC2.13":             "x has no account or Region in it",
		"--control EC2.13 --finding f.j": "--control and --finding do not go together",
	} {
		s.says(t, exitUsage, "policy explain --policy "+file+" "+args, want)
	}
}

func TestPolicyExplainFindings(t *testing.T) {
	t.Parallel()
	arn := "arn:aws:ec2:us-east-1:" + workload + ":security-group/sg-00000000000000001"
	var filters string
	found := []any{sample(t, "EC2.13", arn, "a"), sample(t, "EC2.14", arn, "b")}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.NewEncoder(w).Encode(map[string]any{"Findings": found})
		}
		if filters = string(text); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	s := terminal{env: slices.Concat(nobody, []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=x",
		"AWS_SECRET_ACCESS_KEY=y", "AWS_ENDPOINT_URL=" + server.URL})}
	explain := "policy explain --policy " + write(t, "policy.yaml", exemptPayments) + " "
	s.says(t, 0, explain+arn, "EC2.13, 222222222222, us-east-1, ", "EC2.14, 222222222222, us-east-1, ",
		`exempt (rule "Payments")`)
	if !strings.Contains(filters, `"ResourceId":[{"Comparison":"EQUALS","Value":"`+arn) ||
		strings.Contains(filters, `"Id"`) {
		t.Errorf("asks for %s", filters)
	}
	s.says(t, 0, explain+"some-finding", "EC2.13")
	if !strings.Contains(filters, `"Id":[{"Comparison":"EQUALS","Value":"some-finding"`) {
		t.Errorf("asks for %s", filters)
	}
	found = nil
	s.says(t, exitUsage, explain+arn, "not found: Security Hub in us-east-1",
		"add --control to explain without a finding")
}

func TestPolicyInForce(t *testing.T) {
	t.Parallel()
	var asked []string
	sg := func(n int) string {
		return fmt.Sprintf("arn:aws:ec2:us-east-1:%s:security-group/sg-%017d", workload, n)
	}
	hub := hubWith(t, &asked, sample(t, "EC2.13", sg(1), "a"), sample(t, "EC2.13", sg(2), "b"))
	a := administer(t, startSQS(t), homeRegion)
	endpoint := hub.env[len(hub.env)-1]
	s := terminal{env: slices.Concat(a.env, []string{strings.Replace(endpoint, "URL=", "URL_SECURITYHUB=", 1)})}
	file := write(t, "policy.yaml", exemptPayments)

	s.says(t, 0, "policy show", "No policy was applied yet: remediation is allowed.\n")
	s.says(t, 0, "policy diff "+file, "No policy was applied yet", "  added    Payments (line 4)\n",
		"Another decision for 1 of 2 open findings:\n      1  allow -> exempt\n", "sg-00000000000000001")
	s.says(t, exitUsage, "policy apply "+file, "no answer; nothing was changed; add --yes to confirm")
	s.says(t, exitUsage, "policy apply --json "+file, "add --yes to confirm")
	s.says(t, 0, "policy apply --yes "+file, "Version 1 is in force.")
	s.says(t, 0, "policy apply --yes "+file, "Nothing to change", "Version 1, applied ")
	s.says(t, 0, "policy show", "Version 1, applied ", " UTC by arn:aws:", " from policy.yaml.\n", "Payments",
		"2099-03-31")
	s.says(t, 0, "policy explain --control EC2.13 "+sg(1), `exempt (rule "Payments")`)

	other := write(t, "other.yaml", "version: 1\nbudgets: {dailyPerOrganization: 7}\n")
	var d difference
	if err := json.Unmarshal([]byte(s.says(t, 0, "policy diff --json "+other)), &d); err != nil || d.InForce != 1 ||
		len(d.Changes) != 1 || d.Changes[0].Before != "exempt" || d.Changes[0].After != "allow" || d.Open != 2 {
		t.Errorf("diff --json: %+v, %v", d, err)
	}
	var done applied
	if err := json.Unmarshal([]byte(s.says(t, 0, "policy apply --yes --json "+other)), &done); err != nil ||
		done.Version != 2 || !done.Changed {
		t.Errorf("apply --json: %+v, %v", done, err)
	}
	s.says(t, 0, "policy show", "Version 2", "Budget: 7 per day in the organization\n")
	s.says(t, 0, "policy show --version 1", "Version 1", "Payments")
	s.says(t, exitUsage, "policy show --version 9", "no such version; `hubmend policy show --versions` lists all")
	s.says(t, exitUsage, "policy restore 9 --yes", "no such version")
	s.says(t, exitUsage, "policy restore last", `"last" is not the number of a version`)
	s.says(t, 0, "policy restore 1 --yes", "Version 3 is in force.")
	s.says(t, 0, "policy restore 1 --yes", "Nothing to change")
	s.says(t, 0, "policy show --versions", "version 1", "policy.yaml")

	units := write(t, "units.yaml",
		"version: 1\nrules:\n  - {name: Units, decision: ask, when: {ous: [r-ab12]}, forever: x}\n")
	s.says(t, 0, "policy diff "+units, "hubmend: organizational units are not known: ",
		"depends on the organizational units")
	member := terminal{env: slices.Concat(s.env, []string{organization(t, "r-ab12")})}
	member.says(t, 0, "policy diff "+units, "      1  allow -> ask\n      1  exempt -> ask\n")

	deployed := policy.Version{Number: 4, Policy: policy.Policy{Format: 1}, By: policy.ByDeployment}
	if err := a.ledger.SavePolicy(t.Context(), deployed); err != nil {
		t.Fatal(err)
	}
	s.says(t, 0, "policy apply --yes "+file, "Version 5 is in force.", "The next deployment of a changed file replaces this one.")
	a.spoilPolicy(t)
	s.says(t, exitUsage, "policy show", "load policy")
	s.says(t, 0, "policy apply --yes "+other, "It cannot be read, so nothing starts automatically", "Version 6 is in force.")
}

// spoilPolicy makes the policy in force unreadable.
func (a administration) spoilPolicy(t *testing.T) {
	t.Helper()
	_, err := dynamodb.NewFromConfig(a.config).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(naming.LedgerTable), Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "policy"}, "sk": &types.AttributeValueMemberS{Value: "current"}},
		UpdateExpression: aws.String("REMOVE #text"), ExpressionAttributeNames: map[string]string{"#text": "Text"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// organization answers ListParents: each account is directly below the root.
func organization(t *testing.T, root string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"Parents": [{"Id": %q, "Type": "ROOT"}]}`, root)
	}))
	t.Cleanup(server.Close)
	return "AWS_ENDPOINT_URL_ORGANIZATIONS=" + server.URL
}

func writeTo(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
