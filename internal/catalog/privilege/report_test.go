package privilege_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/authz"
	"hubmend/internal/aws/policy"
	"hubmend/internal/catalog/privilege"
)

const (
	admin  = "111111111111"
	member = "222222222222"
)

func role(t *testing.T, account, name, statements string) authz.Role {
	t.Helper()
	d, err := policy.ParseIdentity(`{"Statement":[` + strings.ReplaceAll(statements, "ACCOUNT", account) + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	return authz.Role{Name: name, Account: account, Policies: []policy.Named{{Name: "p", Document: d}}}
}

func allowed(account, name string, times int, grants ...policy.Grant) authz.Decision {
	return authz.Decision{Role: "arn:aws:iam::" + account + ":role/" + name, Allowed: true, Grants: grants,
		Times: times}
}

func by(sid, action, resource string) policy.Grant {
	return policy.Grant{Place: policy.Place{Policy: "p", Sid: sid}, Action: action, Resource: resource}
}

const statements = `{"Sid":"Use","Effect":"Allow","Action":["x:Get","x:Put"],"Resource":["arn:aws:x:us-east-1:ACCOUNT:a-ACCOUNT-*","arn:aws:x:*:111111111111:b"]},
	{"Sid":"All","Effect":"Allow","Action":"x:Get","Resource":"*"},
	{"Sid":"Never","Effect":"Deny","Action":"x:Del","Resource":"*"}`

// report is of two runs, in which the role is in both accounts.
func report(t *testing.T) privilege.Report {
	t.Helper()
	roles := []authz.Role{role(t, admin, "h-role", statements), role(t, member, "h-role", statements),
		role(t, member, "other", statements)}
	own, bus := "arn:aws:x:us-east-1:222222222222:a-222222222222-*", "arn:aws:x:*:111111111111:b"
	run := func(scenario string, decisions ...authz.Decision) privilege.Run {
		return privilege.Run{Scenario: scenario, Administrator: admin, Region: "us-east-1", Roles: roles,
			Decisions: decisions}
	}
	return privilege.Summarize([]privilege.Run{
		run("first", allowed(member, "h-role", 3, by("Use", "x:Get", own), by("All", "x:Get", "*")),
			allowed(member, "other", 1, by("Use", "x:Put", own))),
		run("second", allowed(member, "h-role", 2, by("Use", "x:Put", own)),
			authz.Decision{Role: "arn:aws:iam::222222222222:role/h-role", Times: 4}),
		run("third", allowed(member, "h-role", 1, by("Use", "x:Put", own)),
			allowed(member, "h-role", 1, by("Use", "x:Put", bus))),
	}, "h-")
}

func TestSummarize(t *testing.T) {
	t.Parallel()
	type part = privilege.Part
	want := privilege.Report{Calls: 12, Denied: 4,
		Roles: []privilege.Role{{Name: "h-role", Statements: []*privilege.Statement{
			{
				Policy: "p", Sid: "Use", Effect: "Allow", Conditions: policy.Conditions{},
				Actions: []*part{{Text: "x:Get", Times: 3}, {Text: "x:Put", Times: 4, Scenario: "second"}},
				Resources: []*part{
					{Text: "arn:${Partition}:x:${Region}:${Account}:a-${Account}-*", Times: 6, Scenario: "second"},
					{Text: "arn:${Partition}:x:*:${Administrator}:b", Times: 1, Scenario: "third"},
				},
			},
			{
				Policy: "p", Sid: "All", Effect: "Allow", Conditions: policy.Conditions{},
				Actions: []*part{{Text: "x:Get", Times: 3}}, Resources: []*part{{Text: "*", Times: 3}},
			},
			{
				Policy: "p", Sid: "Never", Effect: "Deny", Conditions: policy.Conditions{},
				Actions: []*part{{Text: "x:Del"}}, Resources: []*part{{Text: "*"}},
			},
		}}}}
	if diff := cmp.Diff(want, report(t)); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// A policy that roles share is reported once, under its own name.
func TestSharedPolicy(t *testing.T) {
	t.Parallel()
	log, err := policy.ParseIdentity(`{"Statement":[{"Sid":"Log","Effect":"Allow","Action":"x:Log","Resource":"*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	var roles []authz.Role
	for _, name := range []string{"h-first", "h-second"} {
		one := role(t, member, name, `{"Sid":"All","Effect":"Allow","Action":"x:Get","Resource":"*"}`)
		one.Policies = append(one.Policies, policy.Named{Name: "h-shared", Document: log})
		roles = append(roles, one)
	}
	shared := policy.Grant{Place: policy.Place{Policy: "h-shared", Sid: "Log"}, Action: "x:Log", Resource: "*"}
	got := privilege.Summarize([]privilege.Run{{Scenario: "first", Administrator: admin, Region: "us-east-1",
		Roles: roles, Decisions: []authz.Decision{allowed(member, "h-first", 2, shared),
			allowed(member, "h-second", 1, shared)}}}, "h-")
	var names []string
	for _, r := range got.Roles {
		names = append(names, r.Name)
		if len(r.Statements) != 1 {
			t.Errorf("%s has %d statements, want 1", r.Name, len(r.Statements))
		}
	}
	if diff := cmp.Diff([]string{"h-first", "h-second", "h-shared"}, names); diff != "" {
		t.Fatalf("roles (-want +got):\n%s", diff)
	}
	if part := got.Roles[2].Statements[0].Actions[0]; part.Times != 3 || part.Scenario != "first" {
		t.Errorf("the shared action is %+v", *part)
	}
}

func TestJustify(t *testing.T) {
	t.Parallel()
	never := privilege.Reason{Role: "h-*", Statement: "Never", Why: "It forbids."}
	all := privilege.Reason{Role: "h-role", Statement: "All", Why: "Because."}
	get := privilege.Reason{Role: "h-role", Statement: "Use", Part: "x:Get", Why: "For later."}
	for name, tc := range map[string]struct {
		reasons []privilege.Reason
		want    []string // parts of the problems
	}{
		"none": {nil, []string{
			"Use: whatever x:Get allows is allowed by another statement too", "All: whatever x:Get allows",
			"All: whatever * allows", "Never denies",
		}},
		"all":            {[]privilege.Reason{never, all, get}, nil},
		"one is missing": {[]privilege.Reason{never, all}, []string{"Use: whatever x:Get"}},
		"any statement":  {[]privilege.Reason{never, all, {Role: "h-role", Part: "x:Get", Why: "y"}}, nil},
		"for what is needed": {[]privilege.Reason{never, all, get,
			{Role: "h-role", Statement: "Use", Part: "x:Put", Why: "y"}}, []string{"excuses nothing any more"}},
		"for a statement in use": {[]privilege.Reason{never, all, get, {Role: "h-role", Statement: "Use", Why: "y"}},
			[]string{"excuses nothing any more"}},
		"for what chance brought": {[]privilege.Reason{never, all, get,
			{Role: "h-role", Statement: "Use", Part: "x:Put", Why: "y", ByChance: true}}, nil},
		"for a role that is gone": {[]privilege.Reason{never, all, get, {Role: "h-gone", Statement: "Use", Why: "y"}},
			[]string{"excuses nothing any more"}},
		"for an action that isn't ": {[]privilege.Reason{never, all, get, {Role: "h-role", Part: "x:Gone", Why: "y"}},
			[]string{"excuses nothing any more"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := report(t)
			got := r.Justify(tc.reasons)
			for i, want := range tc.want {
				if i >= len(got) || !strings.Contains(got[i], want) {
					t.Errorf("problems = %q, want %q in place %d", got, want, i)
				}
			}
			if len(got) != len(tc.want) {
				t.Errorf("problems = %q, want %d", got, len(tc.want))
			}
		})
	}
}

// An action that was never used and one that is used needlessly are not the same mistake.
func TestUnusedIsSaid(t *testing.T) {
	t.Parallel()
	run := privilege.Run{Administrator: admin,
		Roles: []authz.Role{role(t, member, "h-role", `{"Sid":"S","Effect":"Allow","Action":"x:Get","Resource":"*"}`)}}
	r := privilege.Summarize([]privilege.Run{run}, "h-")
	if got := r.Justify(nil); len(got) != 2 || got[0] != "h-role: statement S: no scenario needs x:Get" {
		t.Errorf("problems = %q", got)
	}
}

func TestStatementsWithoutSid(t *testing.T) {
	t.Parallel()
	own := role(t, member, "h-role",
		`{"Effect":"Allow","Action":"x:Get","Resource":"*"},{"Effect":"Allow","Action":"x:Put","Resource":"*"}`)
	grant := policy.Grant{Place: policy.Place{Policy: "p", Statement: 1}, Action: "x:Put", Resource: "*"}
	r := privilege.Summarize(
		[]privilege.Run{{Scenario: "s", Administrator: admin, Roles: []authz.Role{own},
			Decisions: []authz.Decision{allowed(member, "h-role", 1, grant)}}}, "h-")
	if s := r.Roles[0].Statements; s[0].Actions[0].Times != 0 || s[1].Actions[0].Scenario != "s" {
		t.Errorf("statements = %+v, %+v", s[0].Actions[0], s[1].Actions[0])
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	r := report(t)
	r.Justify([]privilege.Reason{{Role: "h-role", Statement: "Never", Why: "It forbids."}})
	text := r.Markdown()
	for _, want := range []string{
		"## h-role", "| Use | `x:Get` | **nobody** |", "| `x:Put` | second |",
		"| `arn:${Partition}:x:*:${Administrator}:b` | third |",
		"| Never (**denies**) | `x:Del` | *It forbids.* |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "other") && strings.Contains(text, "## other") {
		t.Error("the page has a role that is not Hubmend's")
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	if all, err := privilege.Reasons(); err != nil || len(all) == 0 {
		t.Errorf("Reasons = %v, %v", all, err)
	}
}

func TestSamePage(t *testing.T) {
	t.Parallel()
	const page = "## role\n\n| Use | `x:Get` | first |\n| | `x:Put` | *For later.* |\n| | if `k` StringEquals `v` | |\n"
	for name, tc := range map[string]struct {
		from, to string
		same     bool
	}{
		"the same":         {"", "", true},
		"another scenario": {"first", "second", true},
		"nobody":           {"first", "**nobody**", false},
		"another reason":   {"*For later.*", "*Because.*", false},
		"another action":   {"x:Get", "x:List", false},
		"a condition":      {"`v`", "`w`", false},
		"a line less":      {"| | `x:Put` | *For later.* |\n", "", false},
	} {
		if line, same := privilege.SamePage(page, strings.Replace(page, tc.from, tc.to, 1)); same != tc.same ||
			same == (line != "") {
			t.Errorf("%s: SamePage = %q, %v", name, line, same)
		}
	}
}
