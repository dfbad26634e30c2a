package lab_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab"
)

const productV2 = "arn:aws:securityhub:us-east-1::productv2/aws/securityhub"

// upV2 is a lab with the new Security Hub, and queues that get the events of each service.
func upV2(t *testing.T, v2 lab.V2) world {
	t.Helper()
	v2.Enabled = true
	return upAs(t, stacks{admin: resources{
		"Queue": queue("v1"), "Policy": allow("v1", "*"), "QueueV2": queue("v2"), "PolicyV2": allow("v2", "*"),
		"Rule": onBus("default", "v1", object{"detail-type": []any{"Security Hub Findings - Imported"}},
			object{"Id": "t", "Arn": queueARN("v1")}),
		"RuleV2": onBus("default", "v2", object{"detail-type": []any{"Findings Imported V2"}},
			object{"Id": "t", "Arn": queueARN("v2")}),
	}}, func(c *lab.Config) { c.V2 = v2 })
}

// statusV2 is what GetFindingsV2 gives for a finding: its status and its comment, if it has one.
func (w world) statusV2(t *testing.T, id string) string {
	t.Helper()
	out := w.call(t, admin, "securityhub", "GetFindingsV2", where("OR", textIs("finding_info.uid", "EQUALS", id)))
	f := at(out, "Findings", 0)
	if f == nil {
		return "not found"
	}
	status, _ := at(f, "status").(string)
	if comment, ok := at(f, "comment").(string); ok {
		return status + ": " + comment
	}
	return status
}

func textIs(name, comparison, value string) object {
	return object{"StringFilters": []any{object{"FieldName": name,
		"Filter": object{"Value": value, "Comparison": comparison}}}}
}

func numberIs(name string, value int) object {
	return object{"NumberFilters": []any{object{"FieldName": name, "Filter": object{"Eq": value}}}}
}

// where gives the input of GetFindingsV2 with filters that an operator joins.
func where(operator string, filters ...any) object {
	return object{"Filters": object{"CompositeFilters": filters, "CompositeOperator": operator}}
}

// setV2 updates a finding of the member by its identifier, and gives the code of the error in the answer.
func (w world) setV2(t *testing.T, account, id string, set object) any {
	t.Helper()
	in := object{"FindingIdentifiers": []any{object{"CloudAccountUid": member, "FindingInfoUid": id,
		"MetadataProductUid": productV2}}}
	for name, value := range set {
		in[name] = value
	}
	out := w.call(t, account, "securityhub", "BatchUpdateFindingsV2", in)
	return at(out, "UnprocessedFindings", 0, "ErrorCode")
}

func (w world) imports(t *testing.T, f object) {
	t.Helper()
	if problem := w.importOne(t, member, f); problem != "" {
		t.Fatal(problem)
	}
}

// events counts what came in to the queues of both services since the last time.
func (w world) events(t *testing.T) [2]int {
	t.Helper()
	w.quiet(t)
	var counts [2]int
	for i, queue := range []string{"v1", "v2"} {
		for n := -1; n != 0; counts[i] += n {
			n = len(w.received(t, queue))
		}
	}
	return counts
}

func TestV2(t *testing.T) {
	t.Parallel()
	w := upV2(t, lab.V2{})
	t.Run("both events", func(t *testing.T) {
		w.imports(t, asff("both", nil))
		if diff := cmp.Diff([2]int{1, 1}, w.events(t)); diff != "" {
			t.Errorf("events of an import (-want +got):\n%s", diff)
		}
		w.call(t, admin, "securityhub", "BatchUpdateFindings",
			update("both", object{"Workflow": object{"Status": "SUPPRESSED"}}))
		if diff := cmp.Diff([2]int{1, 1}, w.events(t)); diff != "" || w.statusV2(t, "both") != "New" {
			t.Errorf("V2 has %s after an update of CSPM; events (-want +got):\n%s", w.statusV2(t, "both"), diff)
		}
		w.setV2(t, admin, "both", object{"StatusId": 2, "Comment": "ann"})
		if diff := cmp.Diff([2]int{0, 1}, w.events(t)); diff != "" || w.workflow(t, "both") != "SUPPRESSED" {
			t.Errorf("CSPM has %s after an update of V2; events (-want +got):\n%s", w.workflow(t, "both"), diff)
		}
		if got := w.statusV2(t, "both"); got != "In Progress: ann" {
			t.Errorf("V2 has %q", got)
		}
	})
	t.Run("update", w.testUpdateV2)
	t.Run("get", w.testGetFindingsV2)
	t.Run("checks", w.testChecksV2)
	t.Run("describe", w.testDescribeV2)
}

func (w world) testUpdateV2(t *testing.T) {
	w.imports(t, asff("update", nil))
	f, _ := w.FindingV2("update")
	uid, modified := at(f, "metadata", "uid"), at(f, "finding_info", "modified_time_dt")
	out := w.call(t, member, "securityhub", "BatchUpdateFindingsV2",
		object{"MetadataUids": []any{uid, strings.Repeat("0", 64)}, "StatusId": 4, "SeverityId": 1,
			"Comment": strings.Repeat("ü", 512)})
	if at(out, "ProcessedFindings", 0, "MetadataUid") != uid ||
		at(out, "UnprocessedFindings", 0, "MetadataUid") != strings.Repeat("0", 64) ||
		at(out, "UnprocessedFindings", 0, "ErrorCode") != "ResourceNotFoundException" {
		t.Errorf("an update by uid answers %v", out)
	}
	if f, _ = w.FindingV2("update"); f["status"] != "Resolved" || f["severity"] != "Informational" ||
		at(f, "finding_info", "modified_time_dt") != modified {
		t.Errorf("updated it is %v", f)
	}
	for account, want := range map[string]any{member: nil, admin: nil, "333333333333": "ResourceNotFoundException"} {
		if got := w.setV2(t, account, "update", object{"StatusId": 1}); got != want {
			t.Errorf("account %s: %v, want %v", account, got, want)
		}
	}
	one := []any{object{"CloudAccountUid": member, "FindingInfoUid": "update", "MetadataProductUid": productV2}}
	for name, in := range map[string]object{
		"neither list":       {"StatusId": 1},
		"both lists":         {"MetadataUids": []any{uid}, "FindingIdentifiers": one, "StatusId": 1},
		"nothing to update":  {"MetadataUids": []any{uid}},
		"status 6":           {"MetadataUids": []any{uid}, "StatusId": 6},
		"severity 7":         {"MetadataUids": []any{uid}, "SeverityId": 7},
		"no comment":         {"MetadataUids": []any{uid}, "Comment": ""},
		"a long comment":     {"MetadataUids": []any{uid}, "Comment": strings.Repeat("ü", 513)},
		"too many":           {"MetadataUids": slices.Repeat([]any{uid}, 101), "StatusId": 1},
		"too many, by names": {"FindingIdentifiers": slices.Repeat(one, 101), "StatusId": 1},
	} {
		if _, err := w.try(t, admin, "securityhub", "BatchUpdateFindingsV2", in); err == nil ||
			!strings.Contains(err.Error(), "ValidationException") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, in := range map[string]object{
		"an incomplete identifier": {"FindingIdentifiers": []any{object{"FindingInfoUid": "x"}}, "StatusId": 1},
		"a status as a text":       {"MetadataUids": []any{uid}, "StatusId": "Resolved"},
		"an unknown input":         {"MetadataUids": []any{uid}, "Status": "Resolved"},
	} {
		if _, err := w.try(t, admin, "securityhub", "BatchUpdateFindingsV2", in); err == nil ||
			!strings.Contains(err.Error(), "ParamValidationError") {
			t.Errorf("botocore does not refuse %s: %v", name, err)
		}
	}
}

func (w world) testGetFindingsV2(t *testing.T) {
	for i, set := range []object{
		{"Region": linked},
		{"Compliance": object{"Status": "WARNING", "SecurityControlId": "Y.1"}},
		{"Compliance": object{"Status": "PASSED", "SecurityControlId": "Y.1"}},
	} {
		w.imports(t, asff(fmt.Sprint("getV2/", i), set))
	}
	exposure := object{"class_name": "Detection Finding", "class_uid": 2004.0, "status_id": 1.0, "status": "New",
		"cloud":    object{"account": object{"uid": member}, "region": home},
		"metadata": object{"uid": "e", "product": object{"uid": "x"}},
		"finding_info": object{"uid": "getV2/3", "related_events": []any{object{"uid": "getV2/9"},
			object{"uid": "getV2/1"}}}}
	if err := w.ImportV2(exposure); err != nil {
		t.Fatal(err)
	}
	ours := textIs("finding_info.uid", "PREFIX", "getV2/")
	twice := object{"Operator": "OR", "StringFilters": []any{
		object{"FieldName": "finding_info.uid", "Filter": object{"Value": "getV2/0", "Comparison": "EQUALS"}},
		object{"FieldName": "finding_info.uid", "Filter": object{"Value": "getV2/2", "Comparison": "EQUALS"}}}}
	find := func(account, region string, in object) string {
		t.Helper()
		out, err := w.Call(t.Context(), lab.Call{Account: account, Region: region, Service: "securityhub",
			API: "GetFindingsV2", Input: in})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		list, _ := out["Findings"].([]any)
		for _, f := range list {
			id, _ := at(f, "finding_info", "uid").(string)
			ids = append(ids, strings.TrimPrefix(id, "getV2/"))
		}
		return strings.Join(ids, " ")
	}
	for name, tc := range map[string]struct {
		operator string
		filter   any
		want     string
	}{
		"status":           {"AND", textIs("status", "EQUALS", "Resolved"), "2"},
		"status by id":     {"AND", numberIs("status_id", 1), "0 1 3"},
		"compliance":       {"AND", textIs("compliance.status", "EQUALS", "Warning"), "1"},
		"control":          {"AND", textIs("compliance.control", "PREFIX", "Y."), "1 2"},
		"not the control":  {"AND", textIs("compliance.control", "NOT_EQUALS", "Y.1"), "0 3"},
		"class":            {"AND", textIs("class_name", "EQUALS", "Detection Finding"), "3"},
		"related":          {"AND", textIs("finding_info.related_events.uid", "EQUALS", "getV2/1"), "3"},
		"account":          {"AND", textIs("cloud.account.uid", "EQUALS", admin), ""},
		"uid":              {"AND", textIs("metadata.uid", "EQUALS", "e"), "3"},
		"one of two":       {"AND", twice, "0 2"},
		"either composite": {"OR", textIs("metadata.uid", "EQUALS", "e"), "0 1 2 3"},
	} {
		if got := find(admin, home, where(tc.operator, ours, tc.filter)); got != tc.want {
			t.Errorf("%s: found %q, want %q", name, got, tc.want)
		}
	}
	for place, want := range map[[2]string]string{{member, home}: "1 2 3", {member, linked}: "0", {admin, linked}: ""} {
		if got := find(place[0], place[1], where("AND", ours)); got != want {
			t.Errorf("%v: found %q, want %q", place, got, want)
		}
	}
	in := where("AND", ours)
	in["MaxResults"] = 3
	first := w.call(t, admin, "securityhub", "GetFindingsV2", in)
	in["NextToken"] = first["NextToken"]
	second := w.call(t, admin, "securityhub", "GetFindingsV2", in)
	if at(first, "Findings", 2) == nil || at(first, "Findings", 3) != nil ||
		at(second, "Findings", 0, "finding_info", "uid") != "getV2/3" || second["NextToken"] != nil {
		t.Errorf("pages of three: %v, then %v", first, second)
	}
	nested := object{"NestedCompositeFilters": []any{ours}}
	for name, tc := range map[string]struct{ filter, want any }{
		"a nested filter": {nested, "NestedCompositeFilters"},
		"another field":   {textIs("malware.name", "EQUALS", "x"), "malware.name EQUALS"},
		"another comparison": {textIs("status", "CONTAINS_WORD", "x"),
			"status CONTAINS_WORD"},
		"a range": {object{"NumberFilters": []any{object{"FieldName": "status_id", "Filter": object{"Gte": 1}}}},
			"Gte"},
	} {
		if _, err := w.try(t, admin, "securityhub", "GetFindingsV2", where("AND", tc.filter)); err == nil ||
			!strings.Contains(err.Error(), "the lab's GetFindingsV2 does not have") ||
			!strings.Contains(err.Error(), tc.want.(string)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, size := range []int{0, 101} {
		if _, err := w.try(t, admin, "securityhub", "GetFindingsV2", object{"MaxResults": size}); err == nil {
			t.Errorf("MaxResults %d is accepted", size)
		}
	}
}

// A check changes the status as it changes the workflow status of CSPM.
func (w world) testChecksV2(t *testing.T) {
	for i, tc := range []struct {
		set        int // 0: nobody sets it
		compliance string
		want       string
	}{{0, "FAILED", "New"}, {2, "FAILED", "In Progress"}, {0, "PASSED", "Resolved"}, {0, "FAILED", "New"},
		{3, "PASSED", "Suppressed"}, {0, "FAILED", "Suppressed"}} {
		if tc.set != 0 {
			w.setV2(t, member, "checked", object{"StatusId": tc.set})
		}
		w.checked(t, "checked", i+1, tc.compliance, nil)
		if got := w.statusV2(t, "checked"); got != tc.want {
			t.Errorf("after check %d the finding is %s, want %s", i+1, got, tc.want)
		}
	}
}

func (w world) testDescribeV2(t *testing.T) {
	arn := at(w.call(t, admin, "securityhub", "ListAggregatorsV2", object{}), "AggregatorsV2", 0, "AggregatorV2Arn")
	out := w.call(t, admin, "securityhub", "GetAggregatorV2", object{"AggregatorV2Arn": arn})
	if out["AggregationRegion"] != home {
		t.Errorf("the aggregator is %v", out)
	}
	if out := w.call(t, member, "securityhub", "ListAggregatorsV2", object{}); at(out, "AggregatorsV2", 0) != nil {
		t.Errorf("a member has an aggregator: %v", out)
	}
	for _, feature := range []string{"SecurityHub", "SecurityHubV2"} {
		out := w.call(t, lab.ManagementAccount, "securityhub", "ListOrganizationAdminAccounts",
			object{"Feature": feature})
		if at(out, "AdminAccounts", 0, "AccountId") != admin || out["Feature"] != feature {
			t.Errorf("%s: %v", feature, out)
		}
	}
	w.refused(t, admin, "securityhub", "ListOrganizationAdminAccounts", object{}, "InvalidAccessException",
		"not the management account")
	w.call(t, member, "securityhub", "DescribeSecurityHubV2", object{})
	w.call(t, member, "securityhub", "DisableSecurityHubV2", object{})
	w.refused(t, member, "securityhub", "DescribeSecurityHubV2", object{}, "ResourceNotFoundException", member)
	w.refused(t, member, "securityhub", "GetFindingsV2", object{}, "AccessDeniedException", "not subscribed")
	w.events(t)
	w.imports(t, asff("while it is off", nil))
	if diff := cmp.Diff([2]int{1, 0}, w.events(t)); diff != "" {
		t.Errorf("events of an import (-want +got):\n%s", diff)
	}
	w.call(t, member, "securityhub", "EnableSecurityHubV2", object{})
	w.call(t, member, "securityhub", "GetFindingsV2", object{})
}

// Without a word about it, nothing of the new Security Hub is there.
func TestV2IsOff(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})
	w.imports(t, asff("f", nil))
	w.refused(t, admin, "securityhub", "DescribeSecurityHubV2", object{}, "ResourceNotFoundException", "")
	if _, ok := w.FindingV2("f"); ok {
		t.Error("V2 has the finding")
	}
	if err := w.ImportV2(object{"metadata": object{"uid": "e"}, "finding_info": object{"uid": "e"},
		"cloud": object{"account": object{"uid": member}}}); err == nil {
		t.Error("V2 takes a finding")
	}
}

// The new Security Hub may learn of a finding late, and each event has a delay of its own.
func TestV2Delays(t *testing.T) {
	t.Parallel()
	w := upV2(t, lab.V2{KnownAfter: lab.Duration(time.Minute), OCSFAfter: lab.Duration(2 * time.Minute),
		ASFFAfter: lab.Duration(4 * time.Minute)})
	w.imports(t, asff("f", object{"UpdatedAt": time.Now().UTC().Format(time.RFC3339)}))
	if got := w.setV2(t, admin, "f", object{"StatusId": 2}); got != "ResourceNotFoundException" {
		t.Errorf("an update of what is not known yet: %v", got)
	}
	for minute, want := range []struct {
		status string
		events [2]int
	}{{"not found", [2]int{}}, {"New", [2]int{}}, {"New", [2]int{}}, {"New", [2]int{0, 1}}, {"New", [2]int{1, 0}}} {
		if got := w.statusV2(t, "f"); got != want.status {
			t.Errorf("after %d minutes: %s, want %s", minute, got, want.status)
		}
		if diff := cmp.Diff(want.events, w.events(t)); diff != "" {
			t.Errorf("events after %d minutes (-want +got):\n%s", minute, diff)
		}
		w.pass(t, time.Minute)
	}
}

func TestV2Never(t *testing.T) {
	t.Parallel()
	for never, want := range map[string][2]int{"asff": {0, 1}, "ocsf": {1, 0}, "known": {1, 0}} {
		t.Run(never, func(t *testing.T) {
			t.Parallel()
			var v2 lab.V2
			*map[string]*lab.Duration{"asff": &v2.ASFFAfter, "ocsf": &v2.OCSFAfter, "known": &v2.KnownAfter}[never] =
				lab.Never
			w := upV2(t, v2)
			w.imports(t, asff("f", nil))
			w.pass(t, time.Hour)
			if diff := cmp.Diff(want, w.events(t)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestV2Sync(t *testing.T) {
	t.Parallel()
	w := upV2(t, lab.V2{Sync: true})
	w.imports(t, asff("f", nil))
	w.call(t, admin, "securityhub", "BatchUpdateFindings",
		update("f", object{"Workflow": object{"Status": "NOTIFIED"}}))
	if got := w.statusV2(t, "f"); got != "In Progress" {
		t.Errorf("CSPM has NOTIFIED, V2 has %s", got)
	}
	w.setV2(t, admin, "f", object{"StatusId": 1})
	w.checked(t, "f", 1, "FAILED", nil)
	if got := w.statusV2(t, "f"); got != "New" || w.workflow(t, "f") != "NOTIFIED" {
		t.Errorf("V2 was set to New: V2 has %s, CSPM has %s", got, w.workflow(t, "f"))
	}
}

// An automation rule runs at each update by the provider, and overwrites what a person set.
func TestV2AutomationRules(t *testing.T) {
	t.Parallel()
	w := upV2(t, lab.V2{AutomationRules: []lab.AutomationRule{
		{Control: "X.1", Status: "In Progress", Comment: "by the rule"}, {Control: "X.2", Status: "Suppressed"}}})
	w.imports(t, asff("f", nil))
	look := func(moment, want string) {
		t.Helper()
		if got := w.statusV2(t, "f"); got != want {
			t.Errorf("%s: %s, want %s", moment, got, want)
		}
	}
	look("imported", "In Progress: by the rule")
	w.setV2(t, member, "f", object{"StatusId": 1, "Comment": "ann"})
	look("set by a person", "New: ann")
	w.call(t, admin, "securityhub", "BatchUpdateFindings", update("f", object{"Note": note(3)}))
	look("updated in CSPM", "New: ann")
	x1 := func(compliance string) object {
		return object{"Compliance": object{"Status": compliance, "SecurityControlId": "X.1"}}
	}
	w.checked(t, "f", 1, "", x1("FAILED"))
	look("checked", "In Progress: by the rule")
	w.checked(t, "f", 2, "", x1("PASSED"))
	look("passed", "Resolved: by the rule")
}

// Faults of updates are about both generations.
func TestV2Faults(t *testing.T) {
	t.Parallel()
	w := upAs(t, stacks{}, func(c *lab.Config) {
		c.V2.Enabled, c.V2.Denied = true, true
		c.Faults.ConcurrentUpdates, c.Faults.UpdatesShowAfter = 1, lab.Duration(time.Minute)
	})
	w.imports(t, asff("f", nil))
	if got := w.setV2(t, admin, "f", object{"StatusId": 2}); got != "ConflictException" {
		t.Errorf("the first update: %v", got)
	}
	if got := w.setV2(t, admin, "f", object{"StatusId": 2}); got != nil || w.statusV2(t, "f") != "New" {
		t.Errorf("the second update: %v, V2 shows %s at once", got, w.statusV2(t, "f"))
	}
	w.pass(t, time.Minute)
	if got := w.statusV2(t, "f"); got != "In Progress" {
		t.Errorf("V2 shows %s after a minute", got)
	}
	role := w.role(t, admin, "worker", trust(object{"AWS": "arn:aws:iam::" + admin + ":root"}, nil))
	assumed := w.call(t, admin, "sts", "AssumeRole", object{"RoleArn": role, "RoleSessionName": "me"})
	session := w.as(t, assumed).Options()
	client := securityhub.New(securityhub.Options{BaseEndpoint: session.BaseEndpoint, Region: home,
		Credentials: session.Credentials})
	if out, err := client.GetFindingsV2(t.Context(), &securityhub.GetFindingsV2Input{}); err != nil ||
		len(out.Findings) != 1 {
		t.Errorf("reading: %v", err)
	}
	_, err := client.BatchUpdateFindingsV2(t.Context(), &securityhub.BatchUpdateFindingsV2Input{
		MetadataUids: []string{"x"}, StatusId: aws.Int32(1)})
	if err == nil || !strings.Contains(err.Error(), "AccessDeniedException") ||
		!strings.Contains(err.Error(), "explicit deny in a service control policy") {
		t.Errorf("a role where a service control policy denies it: %v", err)
	}
}
