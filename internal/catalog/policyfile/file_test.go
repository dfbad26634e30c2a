package policyfile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/engine/policy"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// printed returns the problems with a text as people see them, without the file's name.
func printed(text string) string {
	_, problems := policyfile.Parse([]byte(text), catalog.Embedded(), now)
	var lines []string
	for _, p := range problems {
		lines = append(lines, strings.TrimPrefix(p.In("f"), "f:"))
	}
	return strings.Join(lines, "\n")
}

func TestParse(t *testing.T) {
	t.Parallel()
	f, problems := policyfile.Parse([]byte(`# comments
version: 1
proposals: {expire: 3d, secondPerson: true}
budgets: {hourlyPerControlAndAccount: 10, dailyPerOrganization: 200}
rules:
  - name: Payments is  being migrated
    decision: exempt
    when:
      controls: [ec2.13, "s3.*"]
      groups: [cis4142, CIS23]
      standards: [cis-1.2.0, "CIS 3.0.0", pci-dss/v/4.0.1, FSBP]
      risks: [Medium, high, low]
      severities: [critical, HIGH]
      accounts: &accounts ["111122223333", '012345678901']
      ous: [ou-ab12-cdefgh34, r-ab12]
      regions: ["eu-*", global, us-gov-west-1]
      resources: ["arn:aws:s3:::payments-*", sg-0123]
      tags: [hubmend-exempt, env=prod]
      managedBy: [cloudformation, any]
      firstObserved: {before: 2026-06-01, after: "2026-01-01T12:00:00+01:00"}
    reason: >
      The team
      moves.
    owner: payments@example.com
    ticket: "4711"
    until: 2027-03-31
  - name: At night
    decision: delay
    when: {accounts: *accounts}
    delay: 3d
    windows: [{days: [mon-wed, sunday, fri-fri], from: "22:00", to: 4:00, timeZone: Europe/Berlin}, {days: [sat]}]
  - name: Asked
    decision: ask
    when: {regions: [eu-west-1]}
    approvers: ["arn:aws:sts::*:assumed-role/SecurityLead/*"]
    forever: A person decides.
  - name: The rest
    decision: exempt
    when: {regions: [eu-west-2]}
    reason: Not used.
    forever: It never will be.
owner: security@example.com
`), catalog.Embedded(), now)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	accounts := []string{"111122223333", "012345678901"}
	want := policy.Policy{Format: 1, Proposals: policy.Proposals{Expire: 72 * time.Hour, SecondPerson: true},
		Budgets: policy.Budgets{HourlyPerControlAndAccount: 10, DailyPerOrganization: 200},
		Rules: []policy.Rule{
			{Name: "Payments is being migrated", Line: 6, Decision: policy.Exempt, When: policy.When{
				Controls: []string{"EC2.13", "s3.*"}, Groups: []string{"CIS4142", "CIS23"},
				Standards: []string{"cis-aws-foundations-benchmark/v/1.2.0", "cis-aws-foundations-benchmark/v/3.0.0",
					"pci-dss/v/4.0.1", "aws-foundational-security-best-practices/v/1.0.0"},
				Risks: []string{"medium", "high", "low"}, Severities: []string{"CRITICAL", "HIGH"}, Accounts: accounts,
				OUs: []string{"ou-ab12-cdefgh34", "r-ab12"}, Regions: []string{"eu-*", "global", "us-gov-west-1"},
				Resources: []string{"arn:aws:s3:::payments-*", "sg-0123"}, Tags: []string{"hubmend-exempt", "env=prod"},
				ManagedBy: []string{"cloudformation", "any"}, FirstObservedBefore: date(2026, 6, 1),
				FirstObservedAfter: date(2026, 1, 1).Add(11 * time.Hour)},
				Reason: "The team moves.", Owner: "payments@example.com", Ticket: "4711", Until: date(2027, 4, 1)},
			{Name: "At night", Line: 27, Decision: policy.Delay, When: policy.When{Accounts: accounts},
				Owner: "security@example.com", Delay: 72 * time.Hour, Windows: []policy.Window{
					{Days: []time.Weekday{0, 1, 2, 3, 5}, From: 22 * 60, To: 4 * 60, Zone: "Europe/Berlin"},
					{Days: []time.Weekday{6}, To: 24 * 60}}},
			{Name: "Asked", Line: 32, Decision: policy.Ask, When: policy.When{Regions: []string{"eu-west-1"}},
				Reason: "A person decides.", Owner: "security@example.com",
				Approvers: []string{"arn:aws:sts::*:assumed-role/SecurityLead/*"}},
			{Name: "The rest", Line: 37, Decision: policy.Exempt, When: policy.When{Regions: []string{"eu-west-2"}},
				Reason: "Not used. It has no end: It never will be.", Owner: "security@example.com"},
		}}
	if diff := cmp.Diff(want, f.Policy); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMistakesOfTheFile(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"nothing wrong":       {"version: 1", ""},
		"empty":               {"", "1:1: the file is empty; write version: 1 and rules:"},
		"only comments":       {"# one\n", "1:1: the file is empty; write version: 1 and rules:"},
		"a list":              {"- a", "1:1: a policy must be a mapping; write key: value, with the keys budgets, owner, proposals, rules, tests, version"},
		"no version":          {"owner: a", "1:1: version is missing; write version: 1"},
		"a newer version":     {"version: 2", "1:10: this version of Hubmend does not know version 2 of the form; write 1, or update Hubmend"},
		"a text as version":   {`version: "1"`, "1:10: version must be a number of 1 or more"},
		"two documents":       {"version: 1\n---\nversion: 1", "2:1: a policy is one document; remove the line --- and everything before or after it"},
		"tabs":                {"version: 1\nowner: a\nbudgets:\n\tdailyPerOrganization: 1\n  \towner: b", "4:1: a tab cannot indent YAML; write spaces instead\n5:3: a tab cannot indent YAML; write spaces instead"},
		"not UTF-8":           {"version: 1\nowner: \xff", "2:1: the line is not UTF-8; save the file as UTF-8"},
		"UTF-16":              {"\xff\xfev\x00e\x00", "1:1: the file is not text, or is UTF-16; save it as UTF-8"},
		"a byte order mark":   {"\ufeffversion: 1", ""},
		"a key twice":         {"version: 1\nversion: 1", "2:1: the key is there twice; remove one"},
		"a syntax error":      {"version: 1\nowner: [a", "2:8: sequence end token ']' not found"},
		"an unknown key":      {"version: 1\nrule: []", "2:1: unknown key rule; did you mean rules?"},
		"a strange key":       {"version: 1\ncontact: a", "2:1: unknown key contact; a policy has the keys budgets, owner, proposals, rules, tests, version"},
		"no value":            {"version: 1\nrules:", "2:1: rules has no value; write one, or remove it"},
		"no rules":            {"version: 1\nrules: []", "2:8: rules is empty and would match nothing; remove it, or add an entry"},
		"rules of no form":    {"version: 1\nrules: {name: a}", "2:8: rules must be a list; write - followed by a space before each entry"},
		"a budget of nothing": {"version: 1\nbudgets: {dailyPerOrganization: 0}", "2:33: dailyPerOrganization must be a number of 1 or more"},
		"a budget as text":    {"version: 1\nbudgets: {dailyPerOrganization: many}", "2:33: dailyPerOrganization must be a number of 1 or more"},
		"an unknown expiry":   {"version: 1\nproposals: {expire: soon, secondPerson: yes}", "2:21: expire: \"soon\" is not a length of time; write one such as 90m, 36h, 3d or 2w\n2:41: secondPerson must be true or false"},
		"an owner of digits":  {"version: 1\nowner: 12", "2:8: owner must be a text, and 12 is a number; write \"12\" instead"},
		"an unknown alias":    {"version: 1\nowner: *a", "2:8: owner must be a text"},
		"several":             {"versoin: 1\nowner: [a]\nbudgets: 3", "1:1: unknown key versoin; did you mean version?\n1:1: version is missing; write version: 1\n2:8: owner must be a text\n3:10: budgets must be a mapping; write key: value, with the keys dailyPerOrganization, hourlyPerControlAndAccount"},
	} {
		if diff := cmp.Diff(tc.want, printed(tc.text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// ruled is a file with one rule, whose lines begin in line 3.
func ruled(lines ...string) string {
	return "version: 1\nrules:\n  - " + strings.Join(lines, "\n    ")
}

func TestMistakesOfARule(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		lines []string
		want  string
	}{
		"nothing":                {[]string{"{}"}, "3:5: the rule has no name; write name: followed by what people should read in notes and emails\n3:5: the rule has no decision; write decision: exempt, ask, delay or allow"},
		"no mapping":             {[]string{"allow"}, "3:5: a rule must be a mapping; write key: value, with the keys approvers, decision, delay, forever, name, owner, reason, ticket, until, when, windows"},
		"an unknown decision":    {[]string{"name: a", "decision: exmpt"}, "4:15: unknown decision exmpt; did you mean exempt?"},
		"a strange decision":     {[]string{"name: a", "decision: deny"}, "4:15: unknown decision deny; did you mean delay?"},
		"no reason, owner, end":  {[]string{"name: a", "decision: exempt"}, "3:5: rule \"a\" has no end; write until: with its last day, such as 2026-09-01, or forever: with why it has none\n3:5: rule \"a\" has no reason; write reason: with why nothing is remediated\n3:5: rule \"a\" has no owner; write owner: with an email address or a team, here or at the top of the file"},
		"ask without end":        {[]string{"name: a", "decision: ask"}, "3:5: rule \"a\" has no end; write until: with its last day, such as 2026-09-01, or forever: with why it has none"},
		"never":                  {[]string{"name: a", "decision: ask", "until: never"}, "5:12: until: never does not say why; write forever: with why the rule has no end instead"},
		"both ends":              {[]string{"name: a", "decision: ask", "until: 2026-06-01", "forever: b"}, "3:5: rule \"a\" has both until and forever; remove one"},
		"a day that is none":     {[]string{"name: a", "decision: ask", "until: 2026-02-30"}, "5:12: \"2026-02-30\" is not a date; write the last day as year-month-day, such as 2026-03-01"},
		"another form of date":   {[]string{"name: a", "decision: ask", "until: 31.3.2027"}, "5:12: \"31.3.2027\" is not a date; write the last day as year-month-day, such as 2026-03-01"},
		"delay of nothing":       {[]string{"name: a", "decision: delay"}, "3:5: rule \"a\" delays nothing; write delay: with how long, such as 3d, or windows: with when remediation may start"},
		"windows of allow":       {[]string{"name: a", "decision: allow", "windows: [{days: [mon]}]"}, "3:5: rule \"a\" has windows, which only the decision delay can have; remove it, or write decision: delay"},
		"a delay of allow":       {[]string{"name: a", "decision: allow", "delay: 3d"}, "3:5: rule \"a\" has delay, which only the decision delay can have; remove it, or write decision: delay"},
		"approvers of allow":     {[]string{"name: a", "decision: allow", `approvers: ["arn:aws:iam::1:role/a"]`}, "3:5: rule \"a\" has approvers, which only the decision ask can have; remove them, or write decision: ask"},
		"an approver's name":     {[]string{"name: a", "decision: ask", "until: 2026-06-01", "approvers: [ann]"}, "6:17: \"ann\" is not an ARN; write a pattern such as arn:aws:sts::*:assumed-role/SecurityLead/*"},
		"a delay without unit":   {[]string{"name: a", "decision: delay", "delay: 3"}, "5:12: delay: \"3\" is not a length of time; write one such as 90m, 36h, 3d or 2w"},
		"a delay in words":       {[]string{"name: a", "decision: delay", "delay: three days"}, "5:12: delay: \"three days\" is not a length of time; write one such as 90m, 36h, 3d or 2w"},
		"a delay of years":       {[]string{"name: a", "decision: delay", "delay: 9999w"}, "5:12: delay: 9999w is longer than a year; write at most 366d"},
		"a name that is a list":  {[]string{"name: [a]", "decision: allow"}, "3:11: name must be a text"},
		"a name that is true":    {[]string{"name: true", "decision: allow"}, "3:11: name must be a text; write \"true\" instead"},
		"an empty name":          {[]string{`name: " "`, "decision: allow"}, "3:11: name is empty; write something, or remove it"},
		"a time out of the day":  {[]string{"name: a", "decision: delay", `windows: [{from: "24:00", to: "25:00"}]`}, "5:22: from: \"24:00\" is not a time of the day; write one from \"00:00\" to \"23:59\"\n5:35: to: \"25:00\" is not a time of the day; write one from \"00:00\" to \"24:00\""},
		"a time with a period":   {[]string{"name: a", "decision: delay", `windows: [{from: 9pm}]`}, "5:22: from: \"9pm\" is not a time of the day; write one from \"00:00\" to \"23:59\""},
		"a day of no week":       {[]string{"name: a", "decision: delay", `windows: [{days: [mon-frx]}]`}, "5:23: \"mon-frx\" is not a day of the week; write one such as mon, or a span such as mon-fri"},
		"a window that is open":  {[]string{"name: a", "decision: delay", `windows: [{timeZone: UTC}]`}, "5:15: the window is always open; write days:, or from: and to:"},
		"an unknown time zone":   {[]string{"name: a", "decision: delay", `windows: [{days: [mon], timeZone: Europe/Berln}]`}, "5:39: \"Europe/Berln\" is not a time zone; write a name of the IANA database, such as Europe/Berlin or UTC"},
		"a zone in another case": {[]string{"name: a", "decision: delay", `windows: [{days: [mon], timeZone: europe/berlin}]`}, "5:39: \"europe/berlin\" is not a time zone; write a name of the IANA database, such as Europe/Berlin or UTC"},
		"the computer's zone":    {[]string{"name: a", "decision: delay", `windows: [{days: [mon], timeZone: Local}]`}, "5:39: \"Local\" is not a time zone; write a name of the IANA database, such as Europe/Berlin or UTC"},
		"the same name":          {[]string{"name: a", "decision: allow", "when: {regions: [eu-west-1]}"}, ""},
	} {
		if diff := cmp.Diff(tc.want, printed(ruled(tc.lines...))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	twice := ruled("name: a", "decision: allow", "when: {regions: [eu-west-1]}") + "\n  - {name: A, decision: allow}"
	if got := printed(twice); got != `6:5: the rule in line 3 has the same name "A"; write another name` {
		t.Errorf("two rules with the same name: %s", got)
	}
}

// partitions are how ARNs can begin.
const partitions = "arn:aws:, arn:aws-cn:, arn:aws-eusc:, arn:aws-iso:, arn:aws-iso-b:, arn:aws-iso-e:, arn:aws-iso-f:, " +
	"arn:aws-us-gov:"

func TestMistakesOfConditions(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		"controls: [EC2.31]":                "unknown control EC2.31; did you mean EC2.13 or EC2.21?",
		`controls: ["Nothing.*"]`:           "no control matches Nothing.*; `hubmend controls` lists all",
		"controls: EC2.13":                  `controls must be a list; write controls: ["EC2.13"]`,
		"controls: []":                      "controls is empty and would match nothing; remove it, or add an entry",
		"controls: [[EC2.13]]":              "each entry of controls must be a text",
		"control: [EC2.13]":                 "unknown key control; did you mean controls?",
		"groups: [CIS4124]":                 "unknown control group CIS4124; did you mean CIS4142?",
		"standards: [cis-1.2.1]":            "unknown standard cis-1.2.1; did you mean cis-1.2.0?",
		"risks: [hihg]":                     "unknown risk hihg; did you mean high?",
		"severities: [SEVERE]":              "unknown severity SEVERE; write one of INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL",
		"accounts: [111122223333]":          `each entry of accounts must be a text, and 111122223333 is a number; write "111122223333" instead`,
		"accounts: [012345678901]":          `each entry of accounts must be a text, and 012345678901 is a number; write "012345678901" instead`,
		"accounts: [012345670123]":          `each entry of accounts must be a text, and 012345670123 is a number; write "012345670123" instead`,
		`accounts: ["12345678901"]`:         `"12345678901" is not an account id; write 12 digits in quotes, such as "111122223333"`,
		"ous: [Sandbox]":                    `"Sandbox" is not the id of an organizational unit or of the root; write an id such as ou-ab12-cdefgh34 or r-ab12, not a name or a path`,
		"regions: [eu-wset-1]":              "unknown Region eu-wset-1; did you mean eu-west-1?",
		"regions: [Frankfurt]":              "unknown Region Frankfurt; write a Region such as eu-west-1, a pattern such as eu-*, or global for what exists once in an account",
		`regions: ["xx-*"]`:                 "no Region matches xx-*; write a pattern such as eu-*",
		`resources: ["arn:aws:s3:bucket"]`:  `"arn:aws:s3:bucket" is not an ARN; write arn:partition:service:Region:account:resource, or the id of a resource`,
		`resources: ["arn:aws-us:s3:::a"]`:  `"arn:aws-us:s3:::a" is in no partition of AWS; begin it with one of ` + partitions,
		`resources: ["arn:x*:s3:::a"]`:      `"arn:x*:s3:::a" is in no partition of AWS; begin it with one of ` + partitions,
		`resources: ["ARN:aws:s3:::a"]`:     `"ARN:aws:s3:::a" would match nothing, because an ARN begins with arn: in lower case`,
		`tags: ["=prod"]`:                   "the tag has no key; write key, or key=value",
		`tags: ["env*"]`:                    "the key of a tag cannot be a pattern; write it as it is, and a pattern as its value, such as env=*",
		"tags: [env: prod]":                 "each entry of tags must be a text",
		"managedBy: [terrafrom]":            "unknown tool terrafrom; did you mean terraform?",
		"firstObserved: {before: tomorrow}": `"tomorrow" is not a date; write one such as 2026-03-01, or a time such as 2026-03-01T12:00:00Z`,
		"firstObserved: 2026-01-01":         "firstObserved must be a mapping; write key: value, with the keys after, before",
		"firstObserved: {}":                 "firstObserved is empty; write before: or after: with a date, or remove it",
		"firstObserved: {before: 2026-01-01, after: 2026-01-01}": "nothing is observed both before 2026-01-01 and after " +
			"2026-01-01; write an earlier date after after:, or a later one after before:",
		`{controls: [EC2.13], groups: [CIS22]}`: `rule "a" matches no control: none is in all its controls, groups, ` +
			"standards and risks; remove one of these conditions",
	} {
		got := printed(ruled("name: a", "decision: allow", "when:", "  "+condition))
		_, text, _ := strings.Cut(got, ": ")
		if diff := cmp.Diff(want, text); diff != "" {
			t.Errorf("%s (-want +got):\n%s", condition, diff)
		}
	}
}

// A rule that an earlier one leaves nothing to decide is a mistake.
func TestUnreachableRules(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		first, second string // conditions and ends
		want          bool
	}{
		"everything before":         {"when: {}", "when: {regions: [eu-west-1]}", true},
		"everything after":          {"when: {regions: [eu-west-1]}", "when: {}", false},
		"the same":                  {"when: {regions: [eu-west-1]}", "when: {regions: [eu-west-1]}", true},
		"a pattern before":          {`when: {regions: ["eu-*"]}`, "when: {regions: [eu-west-1, eu-west-2]}", true},
		"a pattern that is half":    {`when: {regions: ["eu-*"]}`, "when: {regions: [eu-west-1, us-west-2]}", false},
		"a pattern in a pattern":    {`when: {regions: ["eu-*"]}`, `when: {regions: ["eu-west-*"]}`, true},
		"one character is not many": {`when: {regions: ["eu-west-?"]}`, `when: {regions: ["eu-west-*"]}`, false},
		"a wider pattern after":     {`when: {regions: ["eu-west-*"]}`, `when: {regions: ["eu-*"]}`, false},
		"the group of a control":    {"when: {groups: [CIS4142]}", "when: {controls: [EC2.13]}", true},
		"controls of a group":       {"when: {controls: [EC2.13, EC2.14]}", "when: {groups: [CIS4142]}", true},
		"a control of a group":      {"when: {controls: [EC2.13]}", "when: {groups: [CIS4142]}", false},
		"the standard of a group":   {"when: {standards: [cis-1.2.0]}", "when: {groups: [CIS4142]}", true},
		"all risks":                 {"when: {risks: [low, medium, high]}", "when: {controls: [EC2.13]}", true},
		"the root":                  {"when: {ous: [r-ab12]}", "when: {ous: [ou-ab12-cdefgh34]}", true},
		"a unit":                    {"when: {ous: [ou-ab12-cdefgh34]}", "when: {ous: [r-ab12]}", false},
		"a tag with any value":      {"when: {tags: [env]}", "when: {tags: [env=prod]}", true},
		"a tag with a value":        {"when: {tags: [env=prod]}", "when: {tags: [env]}", false},
		"a tag with a pattern":      {"when: {tags: [env=*]}", "when: {tags: [env=prod]}", true},
		"any tool":                  {"when: {managedBy: [any]}", "when: {managedBy: [terraform]}", true},
		"a tool":                    {"when: {managedBy: [terraform]}", "when: {managedBy: [any]}", false},
		"resources": {`when: {resources: ["arn:aws:s3:::*"]}`,
			`when: {resources: ["arn:aws:s3:::a-*"]}`, true},
		"an earlier day": {"when: {firstObserved: {before: 2026-02-01}}",
			"when: {firstObserved: {before: 2026-01-01}}", true},
		"a later day": {"when: {firstObserved: {before: 2026-01-01}}",
			"when: {firstObserved: {before: 2026-02-01}}", false},
		"no first day": {"when: {firstObserved: {after: 2026-01-01}}", "when: {}", false},
		"a later first day": {"when: {firstObserved: {after: 2026-01-01}}",
			"when: {firstObserved: {after: 2026-02-01}}", true},
		"another condition":      {"when: {severities: [HIGH]}", "when: {accounts: [\"111122223333\"]}", false},
		"an end before":          {"until: 2026-06-01", "when: {}", false},
		"an end after":           {"until: 2026-06-01", "until: 2026-05-01", true},
		"an end that is earlier": {"until: 2026-05-01", "until: 2026-06-01", false},
	} {
		text := ruled("name: first", "decision: allow", tc.first) +
			"\n  - name: second\n    decision: allow\n    " + tc.second
		want := ""
		if tc.want {
			want = `6:1: rule "second" never decides, because rule "first" in line 3 matches everything that it matches; ` +
				"write it before that rule, or remove it"
		}
		if diff := cmp.Diff(want, printed(text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	for until, want := range map[string]string{
		"2026-02-28": `3:1: warning: rule "a" ended on 2026-02-28 and matches nothing; remove it, or write a later until`,
		"2026-03-01": `3:1: warning: rule "a" ends on 2026-03-01; write a later until, or expect that it no longer applies`,
		"2026-03-14": `3:1: warning: rule "a" ends on 2026-03-14; write a later until, or expect that it no longer applies`,
		"2026-03-15": "",
	} {
		if got := printed(ruled("name: a", "decision: ask", "until: "+until)); got != want {
			t.Errorf("%s: %s", until, got)
		}
	}
}

// 2,000 rules are checked within the patience of an editor.
func TestManyRules(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("version: 1\nrules:\n")
	for i := range 2_000 {
		fmt.Fprintf(&b, "  - {name: r%d, decision: allow, when: {controls: [\"S3.*\"], accounts: [\"%012d\"]}}\n", i, i)
	}
	start := time.Now()
	if got := printed(b.String()); got != "" {
		t.Error(got)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

// Patterns may leave the partition open.
func TestPatternsOfARNs(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"arn:*", "arn:aws*:s3:::a", "arn:aws-*:s3:::a", "arn:aw?:s3:::a", "arn:*:sg-1",
		"*", "a*", "arn:aws-us-gov:s3:::a", "arn:aws:*"} {
		if got := printed(ruled("name: a", "decision: allow", "when:", `  resources: ["`+pattern+`"]`)); got != "" {
			t.Errorf("%s: %s", pattern, got)
		}
	}
}
