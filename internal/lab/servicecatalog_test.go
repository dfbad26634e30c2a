package lab_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/naming"
	"hubmend/internal/lab"
	"hubmend/test/labtest"
)

// These labs launch the released templates of the
// playbook, with the compiled function behind its custom actions.
func TestServiceCatalog(t *testing.T) {
	t.Parallel()
	c := config(t, "")
	c.Assembly, c.Enforce = labtest.Synthesize(t, c.Root), true
	c.Functions = lab.Compile(c.Root)
	for name, test := range map[string]func(*testing.T, shop){
		"leaves nothing behind":          testLifecycle,
		"launched twice":                 testTwice,
		"the function dies once":         testFunctionDiesOnce,
		"the function always dies":       testFunctionAlwaysDies,
		"an upgrade fails":               testUpgradeFails,
		"somebody deleted an action":     testActionDeleted,
		"the launch role distrusts":      testNoLaunchRole,
		"the launch role may too little": testLaunchRoleLacks,
		"what the API refuses":           testCatalogRefuses,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, start(t, c))) })
	}
}

// shop is Service Catalog, with its only product.
type shop struct {
	world
	product string
	version map[string]string // id by name
}

func open(t *testing.T, w world) shop {
	t.Helper()
	s := shop{world: w, version: map[string]string{}}
	out := w.call(t, admin, "servicecatalog", "SearchProducts", object{})
	s.product, _ = at(out, "ProductViewSummaries", 0, "ProductId").(string)
	described := w.call(t, admin, "servicecatalog", "DescribeProduct", object{"Id": s.product})
	for _, v := range described["ProvisioningArtifacts"].([]any) {
		s.version[at(v, "Name").(string)] = at(v, "Id").(string)
	}
	return s
}

// set are parameters in the API's form.
func set(parameters ...string) []any {
	var all []any
	for _, p := range parameters {
		name, value, _ := strings.Cut(p, "=")
		all = append(all, object{"Key": name, "Value": value})
	}
	return all
}

func (s shop) launch(t *testing.T, name, version string, parameters ...string) object {
	t.Helper()
	in := object{"ProductId": s.product, "ProvisioningArtifactId": s.version[version], "ProvisionedProductName": name,
		"ProvisionToken": name}
	if len(parameters) > 0 {
		in["ProvisioningParameters"] = set(parameters...)
	}
	return s.await(t, s.call(t, admin, "servicecatalog", "ProvisionProduct", in))
}

func (s shop) update(t *testing.T, name, version string, parameters ...string) object {
	t.Helper()
	in := object{"ProvisionedProductName": name, "UpdateToken": name + version + strings.Join(parameters, " ")}
	if version != "" {
		in["ProvisioningArtifactId"] = s.version[version]
	}
	if len(parameters) > 0 {
		in["ProvisioningParameters"] = set(parameters...)
	}
	return s.await(t, s.call(t, admin, "servicecatalog", "UpdateProvisionedProduct", in))
}

func (s shop) terminate(t *testing.T, name string) object {
	t.Helper()
	return s.await(t, s.call(t, admin, "servicecatalog", "TerminateProvisionedProduct",
		object{"ProvisionedProductName": name, "TerminateToken": "terminate" + name}))
}

// await waits for the end of a record, which must begin as one that is under way.
func (s shop) await(t *testing.T, begun object) object {
	t.Helper()
	id := at(begun, "RecordDetail", "RecordId")
	if status := at(begun, "RecordDetail", "Status"); status != "CREATED" {
		t.Errorf("the record begins as %v", status)
	}
	for range 600 {
		detail, _ := s.call(t, admin, "servicecatalog", "DescribeRecord", object{"Id": id})["RecordDetail"].(object)
		if status := detail["Status"]; status == "SUCCEEDED" || status == "FAILED" {
			return detail
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the record does not end")
	return nil
}

func succeeded(t *testing.T, record object) {
	t.Helper()
	if record["Status"] != "SUCCEEDED" {
		t.Fatalf("%v is %v: %v", record["RecordType"], record["Status"], record["RecordErrors"])
	}
}

func failed(t *testing.T, record object, want string) {
	t.Helper()
	text, _ := at(record, "RecordErrors", 0, "Description").(string)
	if record["Status"] != "FAILED" || !strings.Contains(text, want) {
		t.Fatalf("%v is %v: %q, want FAILED with %q", record["RecordType"], record["Status"], text, want)
	}
}

// status is that of something launched; empty when it is gone.
func (s shop) status(t *testing.T, name string) string {
	t.Helper()
	for _, p := range s.call(t, admin, "servicecatalog", "SearchProvisionedProducts",
		object{})["ProvisionedProducts"].([]any) {
		if at(p, "Name") == name {
			return at(p, "Status").(string) + " " + at(p, "ProvisioningArtifactName").(string)
		}
	}
	return ""
}

// made is what a launch made: custom actions with their descriptions, and rules.
type made struct {
	Actions map[string]string
	Rules   map[string]bool
}

func (s shop) made(t *testing.T) made {
	t.Helper()
	m := made{map[string]string{}, s.rules(t)}
	for _, a := range s.call(t, admin, "securityhub", "DescribeActionTargets", object{})["ActionTargets"].([]any) {
		arn := at(a, "ActionTargetArn").(string)
		m.Actions[arn[strings.LastIndex(arn, "/")+1:]] = at(a, "Description").(string)
	}
	return m
}

// shared checks that there are these groups, each with its action and two rules, and beside them the action
// and the rules that the playbook's other groups share.
func (m made) shared(t *testing.T, enabled string, ids ...string) {
	t.Helper()
	p := labtest.Playbook()
	for _, rule := range []string{p.CustomAction.ID + "-custom-action", p.ID + "-imported-1"} {
		if !m.Rules["hubmend-"+rule] {
			t.Errorf("there is no rule hubmend-%s, or it is off", rule)
		}
		delete(m.Rules, "hubmend-"+rule)
	}
	if _, ok := m.Actions[p.CustomAction.ID]; !ok {
		t.Error("the playbook has no custom action")
	}
	delete(m.Actions, p.CustomAction.ID)
	for rule, on := range m.Rules {
		imported := strings.HasPrefix(rule, "hubmend-"+p.ID+"-v2-imported-")
		if !imported && !strings.HasPrefix(rule, "hubmend-"+p.ID+"-v2-in-progress-") {
			continue
		}
		if on != imported {
			t.Errorf("rule %s: enabled is %t", rule, on)
		}
		delete(m.Rules, rule)
	}
	m.groups(t, enabled, ids...)
}

// groups checks that there are these groups, each with its action and two rules.
func (m made) groups(t *testing.T, enabled string, ids ...string) {
	t.Helper()
	rules := map[string]bool{}
	for _, id := range ids {
		rules["hubmend-"+id+"-custom-action"], rules["hubmend-"+id+"-imported"] = true, id == enabled
	}
	if diff := cmp.Diff(rules, m.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(ids)), slices.Sorted(maps.Keys(m.Actions))); diff != "" {
		t.Errorf("custom actions (-want +got):\n%s", diff)
	}
}

func (s shop) nothingIsLeft(t *testing.T) {
	t.Helper()
	s.made(t).groups(t, "")
	if diff := cmp.Diff([]string{"hubmend-admin CREATE_COMPLETE", "hubmend-member-roles CREATE_COMPLETE",
		"hubmend-member-runbooks CREATE_COMPLETE"}, s.liveStacks(t)); diff != "" {
		t.Errorf("stacks (-want +got):\n%s", diff)
	}
}

// groupIDs are those of the playbook's separate groups, but for the removed, and with the added.
func groupIDs(remove, add string) []string {
	var ids []string
	for _, g := range labtest.Playbook().Groups {
		if g.Separate {
			ids = append(ids, g.ID)
		}
	}
	if remove != "" {
		ids = append(slices.DeleteFunc(ids, func(id string) bool { return strings.Contains(remove, id) }), add)
	}
	return ids
}

func testLifecycle(t *testing.T, s shop) {
	succeeded(t, s.launch(t, "p", "1.0.0", "CIS4142AutoRemediation=ENABLED"))
	s.made(t).groups(t, "CIS4142", groupIDs("", "")...)

	succeeded(t, s.update(t, "p", "", "CIS4142AutoRemediation=DISABLED", "CIS43AutoRemediation=ENABLED"))
	s.made(t).groups(t, "CIS43", groupIDs("", "")...)
	succeeded(t, s.update(t, "p", "", "CIS28AutoRemediation=ENABLED", "CIS43AutoRemediation=DISABLED"))

	// Upgraded, every group stays as it was set, and the product says how.
	succeeded(t, s.update(t, "p", labtest.Playbook().Version))
	s.made(t).shared(t, "CIS28", groupIDs("", "")...)
	outputs := s.call(t, admin, "servicecatalog", "GetProvisionedProductOutputs",
		object{"ProvisionedProductName": "p"})["Outputs"].([]any)
	if len(outputs) != len(labtest.Playbook().Groups)+1 || !slices.ContainsFunc(outputs, func(o any) bool {
		return at(o, "OutputKey") == "CIS28State" && at(o, "OutputValue") == "ENABLED"
	}) {
		t.Errorf("outputs = %v", outputs)
	}
	// A version that lacks a group takes the group's action with it.
	succeeded(t, s.update(t, "p", labtest.Newer))
	s.made(t).shared(t, "CIS28", groupIDs("CIS22 CIS43", "CIS44")...)
	// And back.
	succeeded(t, s.update(t, "p", "1.0.0"))
	s.made(t).groups(t, "CIS28", groupIDs("", "")...)

	succeeded(t, s.terminate(t, "p"))
	s.nothingIsLeft(t)
	if status := s.status(t, "p"); status != "" {
		t.Errorf("it is %s", status)
	}
	succeeded(t, s.launch(t, "again", labtest.Playbook().Version))
	succeeded(t, s.terminate(t, "again"))
	s.nothingIsLeft(t)
}

func testTwice(t *testing.T, s shop) {
	newest := labtest.Playbook().Version
	succeeded(t, s.launch(t, "first", newest, "CIS22AutoRemediation=ENABLED"))
	before := s.made(t)
	stack := strings.Fields(s.liveStacks(t)[0])[0]
	failed(t, s.launch(t, "second", newest),
		"the playbook is already launched in this account and Region, as "+stack+": update that one instead")
	if diff := cmp.Diff(before, s.made(t)); diff != "" {
		t.Errorf("the failed launch changed the first one (-before +after):\n%s", diff)
	}
	if status := s.status(t, "second"); status != "ERROR "+newest {
		t.Errorf("the second is %s", status)
	}
	succeeded(t, s.terminate(t, "second"))
	if diff := cmp.Diff(before, s.made(t)); diff != "" {
		t.Errorf("the terminated launch changed the first one (-before +after):\n%s", diff)
	}
	succeeded(t, s.update(t, "first", "", "CIS22AutoRemediation=DISABLED"))
	s.made(t).shared(t, "", groupIDs("", "")...)
	succeeded(t, s.terminate(t, "first"))
	s.nothingIsLeft(t)
}

// The answer of a create is lost, and Lambda tries again: the action is known as the stack's own.
func testFunctionDiesOnce(t *testing.T, s shop) {
	s.kill(t, 1)
	succeeded(t, s.launch(t, "p", "1.0.0"))
	s.made(t).groups(t, "", groupIDs("", "")...)
	succeeded(t, s.terminate(t, "p"))
	s.nothingIsLeft(t)
}

// No answer ever comes, so CloudFormation makes up a physical id: the action is deleted all the same.
func testFunctionAlwaysDies(t *testing.T, s shop) {
	s.kill(t, 3)
	failed(t, s.launch(t, "p", "1.0.0"), "hubmend-custom-action")
	s.made(t).groups(t, "")
	succeeded(t, s.terminate(t, "p"))
	s.nothingIsLeft(t)
}

// kill lets the function die so often after it made an action.
func (s shop) kill(t *testing.T, times int) {
	t.Helper()
	after := "securityhub:CreateActionTarget"
	if err := s.Intervene(lab.Intervention{Function: naming.CustomActionFunction, After: after, Kill: true,
		Times: times}); err != nil {
		t.Fatal(err)
	}
}

// A product that fails to upgrade keeps its version, and can be upgraded once the cause is fixed.
func testUpgradeFails(t *testing.T, s shop) {
	succeeded(t, s.launch(t, "p", "1.0.0", "CIS22AutoRemediation=ENABLED"))
	before := s.made(t)
	failed(t, s.update(t, "p", labtest.Broken), "Zebra")
	if diff := cmp.Diff(before, s.made(t)); diff != "" {
		t.Errorf("before and after the failed upgrade:\n%s", diff)
	}
	if status := s.status(t, "p"); status != "TAINTED 1.0.0" {
		t.Errorf("it is %s", status)
	}
	succeeded(t, s.update(t, "p", labtest.Newer))
	s.made(t).shared(t, "", groupIDs("CIS22 CIS43", "CIS44")...)
	succeeded(t, s.terminate(t, "p"))
	s.nothingIsLeft(t)
}

// Users who deleted an action by hand can still upgrade and terminate.
func testActionDeleted(t *testing.T, s shop) {
	arn := "arn:aws:securityhub:" + home + ":" + admin + ":action/custom/CIS22"
	succeeded(t, s.launch(t, "p", "1.0.0"))
	s.call(t, admin, "securityhub", "DeleteActionTarget", object{"ActionTargetArn": arn})
	succeeded(t, s.update(t, "p", labtest.Newer))
	succeeded(t, s.terminate(t, "p"))
	s.nothingIsLeft(t)
}

func testNoLaunchRole(t *testing.T, s shop) {
	trust := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}`
	s.call(t, admin, "iam", "UpdateAssumeRolePolicy", object{"RoleName": naming.LaunchRole, "PolicyDocument": trust})
	failed(t, s.launch(t, "p", "1.0.0"), "cannot assume the launch role")
	s.nothingIsLeft(t)
}

func testLaunchRoleLacks(t *testing.T, s shop) {
	policy := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action": ["cloudformation:*", "lambda:InvokeFunction", "events:PutRule", "events:RemoveTargets", "events:DeleteRule"]}]}`
	s.call(t, admin, "iam", "PutRolePolicy",
		object{"RoleName": naming.LaunchRole, "PolicyName": "hubmend", "PolicyDocument": policy})
	failed(t, s.launch(t, "p", "1.0.0"),
		"role/hubmend-launch is not authorized to perform: events:PutTargets on resource: arn:aws:events:"+home+":"+
			admin+":rule/hubmend-")
	succeeded(t, s.terminate(t, "p"))
	s.nothingIsLeft(t)
}

func testCatalogRefuses(t *testing.T, s shop) {
	succeeded(t, s.launch(t, "p", "1.0.0"))
	version := s.version["1.0.0"]
	for name, tc := range map[string]struct {
		api           string
		input         object
		code, message string
	}{
		"no such product": {"DescribeProduct", object{"Id": "prod-nobody"}, "ResourceNotFoundException",
			"prod-nobody"},
		"no such version": {"ProvisionProduct",
			object{"ProductId": s.product, "ProvisioningArtifactId": "pa-nobody", "ProvisionedProductName": "q",
				"ProvisionToken": "1"}, "ResourceNotFoundException", "pa-nobody"},
		"a name twice": {"ProvisionProduct",
			object{"ProductId": s.product, "ProvisioningArtifactId": version, "ProvisionedProductName": "p",
				"ProvisionToken": "2"}, "DuplicateResourceException", "named p"},
		"a bad name": {"ProvisionProduct",
			object{"ProductId": s.product, "ProvisioningArtifactId": version, "ProvisionedProductName": "-p",
				"ProvisionToken": "3"}, "ValidationException", `"-p"`},
		"unknown parameter": {"UpdateProvisionedProduct",
			object{"ProvisionedProductName": "p", "UpdateToken": "4", "ProvisioningParameters": set("Colour=red")},
			"InvalidParametersException", "Colour"},
		"nothing launched": {"TerminateProvisionedProduct",
			object{"ProvisionedProductName": "q", "TerminateToken": "5"}, "ResourceNotFoundException", "q"},
		"no such record": {"DescribeRecord", object{"Id": "rec-nobody"}, "ResourceNotFoundException", "rec-nobody"},
		"unknown filter": {"SearchProducts", object{"Filters": object{"Owner": []any{"x"}}},
			"InvalidParametersException", "Owner"},
		"unknown API": {"ListBudgetsForResource", object{"ResourceId": "x"}, "NotImplemented",
			"ListBudgetsForResource"},
	} {
		t.Run(name, func(t *testing.T) { s.refused(t, admin, "servicecatalog", tc.api, tc.input, tc.code, tc.message) })
	}
	if out := s.call(t, member, "servicecatalog", "SearchProducts",
		object{}); len(out["ProductViewSummaries"].([]any)) != 0 {
		t.Errorf("another account sees %v", out)
	}
	// An SDK that tries again sends the same token, and nothing begins twice.
	in := object{"ProvisionedProductName": "p", "UpdateToken": "again"}
	one, two := s.call(t, admin, "servicecatalog", "UpdateProvisionedProduct", in), s.call(t, admin, "servicecatalog",
		"UpdateProvisionedProduct", in)
	if at(one, "RecordDetail", "RecordId") != at(two, "RecordDetail", "RecordId") {
		t.Errorf("two records of one token: %v, %v", one, two)
	}
	s.quiet(t)
}

// rules lists the rules on the default bus of the administrator's home Region, each with whether it is enabled.
func (w world) rules(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	list, _ := w.call(t, admin, "events", "ListRules", object{})["Rules"].([]any)
	for _, r := range list {
		all[fmt.Sprint(at(r, "Name"))] = at(r, "State") == "ENABLED"
	}
	return all
}

// liveStacks lists the stacks of the administrator's home Region that are not deleted, with their status.
func (w world) liveStacks(t *testing.T) []string {
	t.Helper()
	var names []string
	list, _ := w.call(t, admin, "cloudformation", "DescribeStacks", object{})["Stacks"].([]any)
	for _, s := range list {
		names = append(names, fmt.Sprint(at(s, "StackName"), " ", at(s, "StackStatus")))
	}
	return sorted(names)
}
