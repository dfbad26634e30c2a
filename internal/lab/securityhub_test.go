package lab_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"hubmend/internal/lab"
)

const product = "arn:aws:securityhub:us-east-1::product/aws/securityhub"

// asff is a finding with all that Security Hub demands, and what is set on top of it.
func asff(id string, set object) object {
	f := object{
		"SchemaVersion": "2018-10-08", "Id": id, "ProductArn": product, "GeneratorId": "security-control/X.1",
		"AwsAccountId": member, "Region": home,
		"CreatedAt": "2026-01-01T00:00:00Z", "UpdatedAt": "2026-01-01T00:00:00Z", "Severity": object{"Label": "HIGH"},
		"Title": "t", "Description": "d",
		"Resources":  []any{object{"Type": "Other", "Id": "r"}},
		"Compliance": object{"Status": "FAILED", "SecurityControlId": "X.1"},
	}
	maps.Copy(f, set)
	return f
}

// importOne imports a finding as its account does and says why it was refused, if it was.
func (w world) importOne(t *testing.T, as string, f object) string {
	t.Helper()
	out := w.call(t, as, "securityhub", "BatchImportFindings", object{"Findings": []any{f}})
	message, _ := at(out, "FailedFindings", 0, "ErrorMessage").(string)
	return message
}

// checked imports the result of another check of a finding.
func (w world) checked(t *testing.T, id string, day int, compliance string, set object) {
	t.Helper()
	f := asff(id, object{"UpdatedAt": fmt.Sprintf("2026-02-%02dT00:00:00Z", day),
		"Compliance": object{"Status": compliance}})
	maps.Copy(f, set)
	if problem := w.importOne(t, member, f); problem != "" {
		t.Fatal(problem)
	}
}

func (w world) workflow(t *testing.T, id string) string {
	t.Helper()
	f, ok := w.Finding(id)
	if !ok {
		t.Fatalf("there is no finding %s", id)
	}
	status, _ := at(f, "Workflow", "Status").(string)
	return status
}

func update(id string, set object) object {
	in := object{"FindingIdentifiers": []any{object{"Id": id, "ProductArn": product}}}
	maps.Copy(in, set)
	return in
}

func note(length int) object {
	return object{"Text": strings.Repeat("ü", length), "UpdatedBy": "test"}
}

func TestSecurityHub(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{admin: resources{
		"Queue": queue("linked"), "Policy": allow("linked", "*"),
		"Rule": onBus("default", "linked",
			object{"detail": object{"findings": object{"Id": []any{object{"prefix": "linked/"}}}}},
			object{"Id": "t", "Arn": queueARN("linked")}),
	}})
	t.Run("linked Regions", w.testLinked)
	t.Run("import", w.testImport)
	t.Run("workflow", w.testWorkflow)
	t.Run("update", w.testUpdate)
	t.Run("get", w.testGetFindings)
	t.Run("custom actions", w.testActionTargets)
	t.Run("disabled", func(t *testing.T) {
		if _, err := w.Call(t.Context(),
			lab.Call{Account: member, Region: home, Service: "securityhub", API: "DisableSecurityHub"}); err != nil {
			t.Fatal(err)
		}
		w.refused(t, member, "securityhub", "GetFindings", object{}, "InvalidAccessException",
			"Account "+member+" is not subscribed")
		w.call(t, admin, "securityhub", "GetFindings", object{})
	})
}

func (w world) testImport(t *testing.T) {
	for _, name := range []string{"SchemaVersion", "ProductArn", "GeneratorId", "AwsAccountId", "CreatedAt",
		"UpdatedAt", "Severity", "Title", "Description", "Resources"} {
		f := asff("incomplete", nil)
		delete(f, name)
		// botocore refuses it before the lab can, so that both are right.
		out, err := w.try(t, member, "securityhub", "BatchImportFindings", object{"Findings": []any{f}})
		if err == nil && at(out, "FailedCount") != 1.0 || err != nil && !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v, %v", name, out, err)
		}
	}
	if _, ok := w.Finding("incomplete"); ok {
		t.Error("an incomplete finding was kept")
	}
	if problem := w.importOne(t, "333333333333", asff("foreign", nil)); !strings.Contains(problem,
		"333333333333 may not import findings of account "+member) {
		t.Errorf("another account's finding: %q", problem)
	}
	if problem := w.importOne(t, admin, asff("by admin", nil)); problem != "" {
		t.Errorf("the administrator: %q", problem)
	}
	var many []any
	for i := range 101 {
		many = append(many, asff(fmt.Sprintf("many/%d", i), nil))
	}
	w.refused(t, member, "securityhub", "BatchImportFindings", object{"Findings": many}, "InvalidInputException",
		"1 to 100 items, not 101")

	if problem := w.importOne(t, member, asff("once", nil)); problem != "" {
		t.Fatal(problem)
	}
	for at, want := range map[string]string{"2026-01-01T00:00:00Z": "must be later",
		"2025-12-31T23:59:59Z": "must be later", "2026-01-01T00:00:00.001Z": ""} {
		problem := w.importOne(t, member, asff("once", object{"UpdatedAt": at, "Title": at}))
		if (problem == "") != (want == "") || !strings.Contains(problem, want) {
			t.Errorf("UpdatedAt %s after 2026-01-01T00:00:00Z: %q", at, problem)
		}
	}
	if f, _ := w.Finding("once"); f["Title"] != "2026-01-01T00:00:00.001Z" {
		t.Errorf("the finding has the title %v", f["Title"])
	}
	mixed := w.call(t, member, "securityhub", "BatchImportFindings",
		object{"Findings": []any{asff("once", nil), asff("another", nil)}})
	if at(mixed, "FailedCount") != 1.0 || at(mixed, "SuccessCount") != 1.0 ||
		at(mixed, "FailedFindings", 0, "Id") != "once" {
		t.Errorf("one good and one bad: %v", mixed)
	}
}

// A check may change some of the fields that users set.
func (w world) testWorkflow(t *testing.T) {
	type check struct {
		compliance string
		set        string // workflow status that a person sets before the check
		archived   bool
		want       string
	}
	for name, checks := range map[string][]check{
		"new": {{compliance: "FAILED", want: "NEW"}, {compliance: "FAILED", want: "NEW"}},
		"notified stays": {{compliance: "FAILED", want: "NEW"},
			{set: "NOTIFIED", compliance: "FAILED", want: "NOTIFIED"}},
		"resolved stays": {{compliance: "FAILED", want: "NEW"},
			{set: "RESOLVED", compliance: "FAILED", want: "RESOLVED"}},
		"passed resolves": {{compliance: "FAILED", want: "NEW"}, {compliance: "PASSED", want: "RESOLVED"}},
		"passed resolves notified": {{compliance: "FAILED", want: "NEW"},
			{set: "NOTIFIED", compliance: "PASSED", want: "RESOLVED"}},
		"fails again": {{compliance: "FAILED", want: "NEW"}, {compliance: "PASSED", want: "RESOLVED"},
			{compliance: "FAILED", want: "NEW"}},
		"warns again": {{compliance: "FAILED", want: "NEW"}, {compliance: "PASSED", want: "RESOLVED"},
			{compliance: "WARNING", want: "NEW"}},
		"suppressed stays, failed": {{compliance: "PASSED", want: "NEW"},
			{set: "SUPPRESSED", compliance: "FAILED", want: "SUPPRESSED"}},
		"suppressed stays, passed": {{compliance: "FAILED", want: "NEW"},
			{set: "SUPPRESSED", compliance: "PASSED", want: "SUPPRESSED"}, {compliance: "FAILED", want: "SUPPRESSED"}},
		"comes back": {{compliance: "FAILED", want: "NEW"},
			{set: "RESOLVED", compliance: "FAILED", archived: true, want: "RESOLVED"},
			{compliance: "FAILED", want: "NEW"}},
		"suppressed and comes back": {{compliance: "FAILED", want: "NEW"},
			{set: "SUPPRESSED", compliance: "FAILED", archived: true, want: "SUPPRESSED"},
			{compliance: "FAILED", want: "SUPPRESSED"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for day, c := range checks {
				if c.set != "" {
					w.call(t, member, "securityhub", "BatchUpdateFindings",
						update(name, object{"Workflow": object{"Status": c.set}, "Note": note(3)}))
				}
				state := object{}
				if c.archived {
					state["RecordState"] = "ARCHIVED"
				}
				w.checked(t, name, day+1, c.compliance, state)
				if got := w.workflow(t, name); got != c.want {
					t.Errorf("after check %d the finding is %s, want %s", day+1, got, c.want)
				}
				if f, _ := w.Finding(name); c.set != "" && at(f, "Note", "Text") != "üüü" {
					t.Errorf("check %d took the note away", day+1)
				}
			}
		})
	}
}

func (w world) testUpdate(t *testing.T) {
	if problem := w.importOne(t, member, asff("mine", nil)); problem != "" {
		t.Fatal(problem)
	}
	resolve := object{"Workflow": object{"Status": "RESOLVED"}}
	for name, tc := range map[string]struct{ account, id string }{
		"unknown finding":     {member, "nobody"},
		"another member's":    {"333333333333", "mine"},
		"unknown, from admin": {admin, "nobody"},
	} {
		out := w.call(t, tc.account, "securityhub", "BatchUpdateFindings", update(tc.id, resolve))
		if at(out, "UnprocessedFindings", 0, "ErrorCode") != "FindingNotFound" ||
			at(out, "UnprocessedFindings", 0, "FindingIdentifier", "Id") != tc.id ||
			at(out, "ProcessedFindings", 0) != nil {
			t.Errorf("%s: %v", name, out)
		}
	}
	if got := w.workflow(t, "mine"); got != "NEW" {
		t.Errorf("another member made the finding %s", got)
	}
	out := w.call(t, admin, "securityhub", "BatchUpdateFindings",
		update("mine", object{"Workflow": object{"Status": "RESOLVED"}, "Note": note(512)}))
	if at(out, "ProcessedFindings", 0, "Id") != "mine" || w.workflow(t, "mine") != "RESOLVED" {
		t.Errorf("the administrator: %v", out)
	}
	w.refused(t, member, "securityhub", "BatchUpdateFindings", update("mine", object{"Note": note(513)}),
		"InvalidInputException", "1 to 512 characters (it has 513)")
	w.refused(t, member, "securityhub", "BatchUpdateFindings", update("mine", object{"Note": note(0)}),
		"InvalidInputException", "1 to 512")
	w.call(t, member, "securityhub", "BatchUpdateFindings",
		update("mine", object{"UserDefinedFields": object{"a": "b"}}))
	f, _ := w.Finding("mine")
	if text, _ := at(f, "Note", "Text").(string); len([]rune(text)) != 512 || at(f, "UserDefinedFields", "a") != "b" {
		t.Errorf("an update of one field changed another: %v", f)
	}
	t.Run("too many at once", func(t *testing.T) {
		var many []any
		for i := range 101 {
			many = append(many, object{"Id": fmt.Sprint(i), "ProductArn": product})
		}
		w.refused(t, member, "securityhub", "BatchUpdateFindings",
			object{"FindingIdentifiers": many, "Workflow": object{"Status": "NEW"}}, "InvalidInputException", "100")
	})
}

func (w world) testGetFindings(t *testing.T) {
	for id, set := range map[string]object{
		"get/1": {"GeneratorId": "one", "Resources": []any{object{"Type": "Other", "Id": "sg-1"}}},
		"get/2": {"GeneratorId": "one", "RecordState": "ARCHIVED"}, "get/3": {"GeneratorId": "two", "Region": linked},
	} {
		if problem := w.importOne(t, member, asff(id, set)); problem != "" {
			t.Fatal(problem)
		}
	}
	if problem := w.importOne(t, admin, asff("get/4", object{"AwsAccountId": admin})); problem != "" {
		t.Fatal(problem)
	}
	is := func(comparison string, values ...string) []any {
		var list []any
		for _, v := range values {
			list = append(list, object{"Value": v, "Comparison": comparison})
		}
		return list
	}
	ours := is("PREFIX", "get/")
	for name, tc := range map[string]struct {
		account, region string
		filters         object
		want            string
	}{
		"everything, for the administrator": {account: admin, region: home, filters: object{},
			want: "get/1 get/2 get/3 get/4"},
		"own account and Region":      {account: member, region: home, filters: object{}, want: "get/1 get/2"},
		"own account, other Region":   {account: member, region: linked, filters: object{}, want: "get/3"},
		"administrator, other Region": {account: admin, region: linked, filters: object{}, want: ""},
		"equals": {account: admin, region: home,
			filters: object{"GeneratorId": is("EQUALS", "two")}, want: "get/3"},
		"one of two": {account: admin, region: home,
			filters: object{"GeneratorId": is("EQUALS", "one", "two")}, want: "get/1 get/2 get/3"},
		"two filters": {account: admin, region: home,
			filters: object{"GeneratorId": is("EQUALS", "one"), "RecordState": is("EQUALS", "ACTIVE")}, want: "get/1"},
		"not": {account: admin, region: home,
			filters: object{"AwsAccountId": is("NOT_EQUALS", member)}, want: "get/4"},
		"status": {account: admin, region: home,
			filters: object{"WorkflowStatus": is("EQUALS", "RESOLVED")}, want: ""},
		"a resource": {account: admin, region: home,
			filters: object{"ResourceId": is("EQUALS", "sg-1")}, want: "get/1"},
		"neither of two": {account: admin, region: home,
			filters: object{"GeneratorId": is("NOT_EQUALS", "one", "two")}, want: "get/4"},
	} {
		t.Run(name, func(t *testing.T) {
			filters := maps.Clone(tc.filters)
			filters["Id"] = ours
			out, err := w.Call(t.Context(),
				lab.Call{Account: tc.account, Region: tc.region, Service: "securityhub", API: "GetFindings",
					Input: object{"Filters": filters}})
			if err != nil {
				t.Fatal(err)
			}
			ids := map[string]bool{}
			list, _ := out["Findings"].([]any)
			for _, f := range list {
				id, _ := at(f, "Id").(string)
				ids[id] = true
			}
			var got []string
			for i := range 5 {
				if id := fmt.Sprintf("get/%d", i); ids[id] {
					got = append(got, id)
				}
			}
			if strings.Join(got, " ") != tc.want || len(ids) != len(got) {
				t.Errorf("found %v, want %q", ids, tc.want)
			}
		})
	}
	w.refused(t, admin, "securityhub", "GetFindings", object{"Filters": object{"ResourceTags": is("EQUALS", "r")}},
		"InvalidInputException", "no filter ResourceTags")
	t.Run("unknown comparison", func(t *testing.T) {
		w.refused(t, admin, "securityhub", "GetFindings", object{"Filters": object{"Title": is("MATCHES", "t")}},
			"InvalidInputException", "MATCHES")
	})
}

func (w world) testActionTargets(t *testing.T) {
	create := func(id string) object { return object{"Id": id, "Name": "Repair", "Description": "Repairs."} }
	arn := at(w.call(t, admin, "securityhub", "CreateActionTarget", create("A0")), "ActionTargetArn")
	if want := "arn:aws:securityhub:us-east-1:111111111111:action/custom/A0"; arn != want {
		t.Errorf("the ARN is %v, want %s", arn, want)
	}
	w.refused(t, admin, "securityhub", "CreateActionTarget", create("A0"), "ResourceConflictException", "A0")
	for name, in := range map[string]object{
		"id with a hyphen": create("A-1"),
		"long id":          create(strings.Repeat("A", 21)),
		"long name":        {"Id": "B", "Name": strings.Repeat("n", 21), "Description": "d"},
		"no description":   {"Id": "B", "Name": "n", "Description": ""},
	} {
		if _, err := w.try(t, admin, "securityhub", "CreateActionTarget", in); err == nil ||
			!strings.Contains(err.Error(), "InvalidInputException") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := 1; i < 50; i++ {
		w.call(t, admin, "securityhub", "CreateActionTarget", create(fmt.Sprintf("A%d", i)))
	}
	w.refused(t, admin, "securityhub", "CreateActionTarget", create("A50"), "LimitExceededException", "50")
	w.call(t, member, "securityhub", "CreateActionTarget", create("A50")) // a limit for each account

	w.call(t, admin, "securityhub", "UpdateActionTarget",
		object{"ActionTargetArn": arn, "Name": "New", "Description": "New one."})
	if got := w.action(t, "A0"); got["Name"] != "New" || got["Description"] != "New one." {
		t.Errorf("updated it is %v", got)
	}
	t.Run("update of the name alone", func(t *testing.T) {
		w.call(t, admin, "securityhub", "UpdateActionTarget", object{"ActionTargetArn": arn, "Name": "Newer"})
		if got := w.action(t, "A0"); got["Description"] != "New one." {
			t.Errorf("updated it is %v", got)
		}
	})
	t.Run("delete by another account", func(t *testing.T) {
		w.refused(t, member, "securityhub", "DeleteActionTarget", object{"ActionTargetArn": arn},
			"ResourceNotFoundException", "")
	})
	w.call(t, admin, "securityhub", "DeleteActionTarget", object{"ActionTargetArn": arn})
	w.refused(t, admin, "securityhub", "DeleteActionTarget", object{"ActionTargetArn": arn},
		"ResourceNotFoundException", "")
	w.refused(t, admin, "securityhub", "UpdateActionTarget",
		object{"ActionTargetArn": arn, "Name": "n", "Description": "d"}, "ResourceNotFoundException", "")
	if got := w.action(t, "A0"); got != nil {
		t.Errorf("deleted it is %v", got)
	}

	if err := w.UseCustomAction("A0", []string{"r"}); err == nil ||
		!strings.Contains(err.Error(), "not found; launch the product first") {
		t.Errorf("an action that is gone: %v", err)
	}
	if err := w.UseCustomAction("A1", []string{"nobody"}); err == nil || !strings.Contains(err.Error(), "0 of 1") {
		t.Errorf("a finding that is not: %v", err)
	}
	if err := w.UseCustomAction("A1", nil); err == nil {
		t.Error("no finding at all is accepted")
	}
}

// action finds an action target of the administrator by its id.
func (w world) action(t *testing.T, id string) object {
	t.Helper()
	targets, _ := w.call(t, admin, "securityhub", "DescribeActionTargets", object{})["ActionTargets"].([]any)
	for _, one := range targets {
		if arn, _ := at(one, "ActionTargetArn").(string); strings.HasSuffix(arn, "/"+id) {
			return one.(object)
		}
	}
	return nil
}

// The home Region of the administrator gets the event of every finding once, wherever the finding is.
func (w world) testLinked(t *testing.T) {
	for _, region := range []string{linked, home} {
		if problem := w.importOne(t, member, asff("linked/"+region, object{"Region": region})); problem != "" {
			t.Fatal(problem)
		}
	}
	w.quiet(t)
	if got, want := w.received(t, "linked"), admin+" Security Hub Findings - Imported"; len(got) != 2 ||
		got[0] != want || got[1] != want {
		t.Errorf("received %q", got)
	}
}
