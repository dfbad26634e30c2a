package setting_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/catalog/setting"
	"hubmend/internal/engine/control"
)

const good = `what: deletion protection of the table
read: {call: dynamodb:DescribeTable, with: {TableName: "{TableName}"}}
value: Table.DeletionProtectionEnabled
want: true
write: {call: dynamodb:UpdateTable, with: {TableName: "{TableName}", DeletionProtectionEnabled: "{value}"}}
`

func parse(t *testing.T, text string) (setting.Setting, error) {
	t.Helper()
	var s setting.Setting
	err := yaml.NewDecoder(strings.NewReader(text), yaml.Strict()).Decode(&s)
	return s, err
}

func TestOneCallIsAList(t *testing.T) {
	t.Parallel()
	one, err := parse(t, "read: {call: a:B, absent: X}")
	if err != nil {
		t.Fatal(err)
	}
	more, err := parse(t, "read:\n  - call: a:B\n    absent: [X]")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, more); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownFieldsAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"wants: true", "read: {call: a:B, width: {}}", "read: [{call: a:B, width: {}}]",
		"refuse: [{if: x}]"} {
		if _, err := parse(t, text); err == nil || !strings.Contains(err.Error(), "unknown field") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		old, new     string
		irreversible bool
		want         string
	}{
		"good":    {},
		"no name": {old: "what: deletion protection of the table", new: "", want: "what and value"},
		"no goal": {old: "want: true", new: "",
			want: "one of want, atLeast, atMost, and add or remove"},
		"two goals":    {old: "want: true", new: "want: true\natLeast: 7", want: "one of want"},
		"a false goal": {old: "want: true", new: "want: false"},
		"no write":     {old: "write:", new: "undo:", want: "needs read and write"},
		"a read that writes": {old: "read: {call: dynamodb:DescribeTable",
			new: "read: {call: dynamodb:UpdateTable", want: "dynamodb:UpdateTable is not known to read only"},
		"a write that reads": {old: "write: {call: dynamodb:UpdateTable",
			new: "write: {call: dynamodb:DescribeTable", want: "dynamodb:DescribeTable changes nothing"},
		"too slow": {old: "want: true", new: "want: true\nseconds: 481", want: "at most 480"},
		"a condition alone": {old: "want: true", new: "want: true\nrefuse: [{when: x}]",
			want: "a sentence in say"},
		"no way back":            {old: `"{value}"`, new: "true", want: "say in undo how it is undone"},
		"no way back on purpose": {old: `"{value}"`, new: "true", irreversible: true},
		"a way back nobody takes": {old: "want: true", new: "want: true\nundo: {call: dynamodb:UpdateTable}",
			irreversible: true, want: "it has no undo"},
		"absent in a write": {old: "write: {", new: "write: {absent: X, ", want: "absent is for reads"},
		"when in a read": {old: "read: {", new: "read: {when: X, ",
			want: "when, stale and retry are for writes"},
		"a parameter of a list":     {old: "want: true", new: "add: [x]\nparameter: p", want: "parameter goes with"},
		"another operation as undo": {old: "want: true", new: "want: true\nundo: {call: dynamodb:UpdateTable}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := parse(t, strings.Replace(good, tc.old, tc.new, 1))
			if err != nil {
				t.Fatal(err)
			}
			switch err := s.Check(!tc.irreversible); {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

func TestProgram(t *testing.T) {
	t.Parallel()
	s, err := parse(t, good+"parameter: p\nskip: [{when: a, say: It's \"so\" <b>.}]\n")
	if err != nil {
		t.Fatal(err)
	}
	c := control.Control{ID: "X.1", Title: "T", Repair: "It is on.", Runbook: "ProtectTable",
		Parameters: map[string]any{"TableName": "{TableName}"}, Reversible: true}
	p := s.Program(c, "runtime")
	if err := p.Check("runtime"); err != nil {
		t.Error(err)
	}
	want := map[string][]string{
		"dynamodb:DescribeTable": {"TableName"}, "dynamodb:UpdateTable": {"DeletionProtectionEnabled", "TableName"},
		"securityhub:BatchGetSecurityControls": {"SecurityControlIds"},
	}
	if diff := cmp.Diff(want, p.Derived.Repair.Calls); diff != "" {
		t.Errorf("calls of the repair (-want +got):\n%s", diff)
	}
	delete(want, "securityhub:BatchGetSecurityControls")
	want["ssm:GetAutomationExecution"] = []string{"AutomationExecutionId"}
	if diff := cmp.Diff(want, p.Derived.Undo.Calls); diff != "" {
		t.Errorf("calls of the undo (-want +got):\n%s", diff)
	}
	for _, line := range []string{
		`    "control": "X.1",`, `    "want": True,`, `    "skip": [{"say": "It's \"so\" <b>.", "when": "a"}],`,
		`def repair(aws: Aws, TableName: str) -> Outcome:`,
		`    return undo_setting(aws, SETTING, {"TableName": TableName}, before, after)`,
	} {
		if !slices.Contains(strings.Split(p.Source, "\n"), line) {
			t.Errorf("no line %s in\n%s", line, p.Source)
		}
	}
	c.Reversible = false
	if p := s.Program(c, "runtime"); p.Derived.Undo != nil || p.Header.Undo != "" ||
		bytes.Contains([]byte(p.Source), []byte("undo")) {
		t.Error("a control that is not reversible has an undo")
	}
}
