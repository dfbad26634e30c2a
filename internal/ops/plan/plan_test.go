package plan_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/lab/automation"
	"hubmend/internal/ops/plan"
)

// unplanned are the runbooks that cannot be tried here, with the reason. Scenarios try them.
var unplanned = map[string]string{
	"DeleteExpiredCertificate": "its resource is gone afterwards, so that nothing is compliant",
	"EnableAccessAnalyzer":     "moto does not have the service",
}

// The plan changes nothing, and foretells the calls of the repair: the same ones, in the same order,
// with the same input. After the repair there is nothing left to plan.
func TestPlanForetellsTheRepair(t *testing.T) {
	t.Parallel()
	planned := map[string]bool{}
	for i, name := range slices.Sorted(maps.Keys(everyRunbook)) {
		tc := everyRunbook[name]
		control, _ := catalog.Embedded().ByID(tc.control)
		planned[control.Runbook] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fmt.Sprintf("2222222222%02d", i))
			r := w.repair(tc.control, tc.make(w))
			p := w.plan(r)
			if p.Verdict != plan.Change {
				t.Fatalf("it is %s, %q", p.Verdict, p.Reason)
			}
			checkLines(t, tc.lines, p.Changes)
			checkUses(t, tc.uses, p.Uses)
			checkTold(t, p, control)

			e, calls := w.run(r)
			if e.Status != automation.Success {
				t.Fatalf("the repair: %s: %s", e.Status, e.Reason())
			}
			if diff := cmp.Diff(told(calls), told(asSeen(p.Calls, calls))); diff != "" {
				t.Errorf("calls of the repair, and of its plan (-made +planned):\n%s", diff)
			}
			if again := w.plan(r); again.Verdict != plan.Compliant ||
				!strings.HasPrefix(again.Reason, "Nothing to change") || len(again.Calls)+len(again.Changes) != 0 {
				t.Errorf("after the repair it is %s, %q, with %v", again.Verdict, again.Reason, again.Calls)
			}
		})
	}
	for _, c := range catalog.Embedded().Controls {
		r, _ := catalog.Embedded().Runbook(c.Runbook)
		if !planned[r.Name] && !r.IsSetting() && unplanned[r.Name] == "" {
			t.Errorf("no test plans %s", r.Name)
		}
		planned[r.Name] = true // so that the message names it once
	}
}

// A plan of a setting shows what it may break too, and says what no read can tell.
func TestEvidenceOfSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "333333333301")
	w.seed("s3:CreateBucket", object{"Bucket": "site-" + w.account})
	w.seed("rds:CreateDBInstance", object{"DBInstanceIdentifier": "orders", "DBInstanceClass": "db.t3.micro",
		"Engine": "mysql", "AllocatedStorage": 20, "PubliclyAccessible": true})
	w.seed("cloudwatch:PutMetricData", object{"Namespace": "AWS/RDS", "MetricData": []any{object{
		"MetricName": "DatabaseConnections", "Value": 7,
		"Timestamp":  time.Now().Add(-time.Hour).UTC().Format(time.RFC3339),
		"Dimensions": []any{object{"Name": "DBInstanceIdentifier", "Value": "orders"}}}}})
	db := "arn:aws:rds:" + region + ":" + w.account + ":db:orders"
	for control, tc := range map[string]struct {
		resource string
		uses     []string
		unknown  string // part of what the last use says
	}{
		"S3.1":  {account(w), []string{"site-", ""}, "IAM Access Analyzer"},
		"RDS.2": {db, []string{`"Maximum":7`, ""}, "flow logs"},
		"RDS.5": {db, []string{"db.t3.micro"}, ""},
		"S3.22": {account(w), []string{""}, "Request metrics"},
	} {
		p := w.plan(w.repair(control, tc.resource))
		checkUses(t, tc.uses, p.Uses)
		if last := p.Uses[len(p.Uses)-1]; !strings.Contains(last.Unknown, tc.unknown) {
			t.Errorf("%s: %q, want %q", control, last.Unknown, tc.unknown)
		}
	}
}

// asSeen leaves out what is not seen of the calls that a program made: their input, on the network.
func asSeen(planned, made []plan.Call) []plan.Call {
	seen := slices.Clone(planned)
	for i := range seen {
		if i < len(made) && made[i].Input == nil {
			seen[i].Input = nil
		}
	}
	return seen
}

// told writes calls as JSON, a line each.
func told(calls []plan.Call) []string {
	var lines []string
	for _, c := range calls {
		input, _ := json.Marshal(c.Input)
		lines = append(lines, c.API+" "+string(input))
	}
	return lines
}

func checkLines(t *testing.T, want []string, changes []plan.Difference) {
	t.Helper()
	var got []string
	for _, d := range changes {
		got = append(got, d.What)
		for _, l := range d.Lines() {
			value, _ := json.Marshal(l.Value)
			line := string(l.Sign) + " "
			if l.Name != "" {
				line += l.Name + ": "
			}
			got = append(got, line+strings.ReplaceAll(string(value), `"`, ""))
		}
	}
	match := len(got) == len(want)
	for i := 0; match && i < len(want); i++ {
		match = like(want[i], got[i])
	}
	if !match {
		t.Errorf("the differences are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// like compares a text with one in which a star stands for anything.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) || !strings.HasSuffix(text, parts[len(parts)-1]) {
		return false
	}
	for _, p := range parts {
		at := strings.Index(text, p)
		if at < 0 {
			return false
		}
		text = text[at+len(p):]
	}
	return true
}

func checkUses(t *testing.T, want []string, uses []plan.Use) {
	t.Helper()
	if len(uses) != len(want) {
		t.Fatalf("uses are %+v", uses)
	}
	for i, u := range uses {
		found, _ := json.Marshal(u.Found)
		if want[i] == "" {
			if len(u.Found) != 0 {
				t.Errorf("%s: %s", u.Title, found)
			}
			continue
		}
		if u.Unknown != "" ||
			!slices.ContainsFunc(strings.Split(want[i], "|"),
				func(part string) bool { return strings.Contains(string(found), part) }) {
			t.Errorf("%s: %s, %q; want %s", u.Title, found, u.Unknown, want[i])
		}
	}
}

// checkTold looks for what does not depend on the resource.
func checkTold(t *testing.T, p plan.Plan, c catalog.Control) {
	t.Helper()
	if p.Risk != c.Risk || p.RiskReason == "" || p.Reversible != c.Reversible ||
		p.Reversible == (p.Irreversible != "") {
		t.Errorf("risk and return are %+v", p)
	}
	if p.Cost.Steps != 1 || p.Cost.USD != 0.002 {
		t.Errorf("costs %+v", p.Cost)
	}
	if len(p.Allowed) == 0 || !strings.HasSuffix(p.Role, ":role/hubmend-"+c.Runbook) {
		t.Errorf("%s may %v", p.Role, p.Allowed)
	}
}

// A use that would change something is not made, whatever API a plan is given.
func TestAUseOnlyReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "333333333333")
	api := plan.Reading(w)
	if _, err := api.Call(t.Context(), "ec2", "DeleteSecurityGroup", object{"GroupId": "sg-1"}); err == nil ||
		!strings.Contains(err.Error(), "a plan does not call ec2:DeleteSecurityGroup") {
		t.Error(err)
	}
	if _, err := api.Call(t.Context(), "ec2", "DescribeSecurityGroups", object{}); err != nil || len(w.calls) != 1 {
		t.Errorf("%v, %v", err, w.calls)
	}
}
