package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/test/suppression"
)

func TestReadGosec(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	const counted = `"Stats": {"files": 2}`
	for name, tc := range map[string]struct {
		report string
		want   []suppression.Finding
		err    string
	}{
		"nothing found": {`{` + counted + `}`, nil, ""},
		"found": {
			`{` + counted + `, "Issues": [{"rule_id": "G304", "file": "` + filepath.ToSlash(here) +
				`/a/b.go", "line": "7", "details": "Reads"}]}`,
			[]suppression.Finding{{Rule: "G304", Where: "a/b.go", Text: "line 7: Reads"}}, "",
		},
		"looked at nothing": {`{}`, nil, "no file"},
		"does not compile":  {`{` + counted + `, "Golang errors": {"a.go": []}}`, nil, "could not read everything"},
		"silenced in code":  {`{"Stats": {"files": 2, "nosec": 1}}`, nil, "#nosec"},
		"not a report":      {`gosec`, nil, "read the report"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := readGosec([]byte(tc.report), io.Discard)
			checkError(t, err, tc.err)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// broken is what cfn-guard writes of a rule, without the clauses that repeat it.
const broken = `{"Rule": {"name": "queue_check", "checks": [{"messages": {"custom_message": "\n [CT.SQS.PR.1]: Require a queue\n [FIX]: x"},
	"check": {"value": {"traversed_to": {"path": "/Resources/Dead/Properties", "value": {}}}}}]}}`

func TestReadGuard(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "admin.product.template.json")
	if err := os.WriteFile(file, []byte(`{"Resources": {"Dead": {"Type": "AWS::SQS::Queue"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	report := func(broken, met string) string {
		name, _ := json.Marshal(file)
		return `[{"name": ` + string(name) + `, "not_compliant": [` + broken + `], "compliant": [` + met + `]}]`
	}
	for name, tc := range map[string]struct {
		report string
		want   []suppression.Finding
		err    string
	}{
		"nothing found": {report("", `"other"`), nil, ""},
		"found": {
			report(broken, `"other"`),
			[]suppression.Finding{{Rule: "CT.SQS.PR.1", Stack: "admin", Type: "AWS::SQS::Queue", Where: "Dead",
				Text: "Require a queue"}}, "",
		},
		"a rule of somebody else": {
			report(strings.ReplaceAll(broken, "[CT.SQS.PR.1]", ""), `"other"`),
			[]suppression.Finding{{Rule: "queue_check", Stack: "admin", Type: "AWS::SQS::Queue", Where: "Dead",
				Text: "the rule says no more"}}, "",
		},
		"no resource": {report(strings.ReplaceAll(broken, "/Resources", ""), `"other"`), nil,
			"neither rule nor resource"},
		"no rules":          {report("", ""), nil, "no rule was applied"},
		"no templates":      {`[]`, nil, "no rule is met"},
		"template vanished": {strings.ReplaceAll(report("", `"other"`), "admin", "else"), nil, "read the template"},
		"not a report":      {`cfn-guard`, nil, "read the report"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := readGuard([]byte(tc.report), io.Discard)
			checkError(t, err, tc.err)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const (
	config = `{"config": {"scan_level": "symbol", "go_version": "go1.26.8"}}`
	osv    = `{"osv": {"id": "GO-1-1", "summary": "Crashes"}}`
	needed = `{"finding": {"osv": "GO-1-1", "fixed_version": "v1.2.3", "trace": [{"module": "m"}]}}`
	called = `{"finding": {"osv": "GO-1-1", "fixed_version": "v1.2.3", "trace": [{"module": "m", "function": "F"},
		{"module": "hubmend", "position": {"filename": "a.go", "line": 3}}]}}`
)

func TestReadVulnerabilities(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	library := strings.ReplaceAll(called, `"module": "m"`, `"module": "stdlib"`)
	found := func(module string) []suppression.Finding {
		return []suppression.Finding{{Rule: "GO-1-1", Where: module,
			Text: "Crashes; called from a.go:3; repaired in v1.2.3"}}
	}
	for name, tc := range map[string]struct {
		stream, mod string
		want        []suppression.Finding
		warned      bool
		err         string
	}{
		"nothing known":                {stream: config},
		"needed but not called":        {stream: config + osv + needed},
		"called":                       {stream: config + osv + needed + called, want: found("m")},
		"library, any toolchain":       {stream: config + osv + library, warned: true},
		"library, asked for a newer":   {stream: config + osv + library, mod: "toolchain go1.2.4", warned: true},
		"library, asked for the fixed": {stream: config + osv + library, mod: "toolchain go1.2.3", warned: true},
		"library, asked for an older": {stream: config + osv + library, mod: "toolchain go1.2.2",
			want: found("stdlib")},
		"library, not fixed": {
			stream: config + osv + strings.ReplaceAll(library, "v1.2.3", ""),
			want: []suppression.Finding{{Rule: "GO-1-1", Where: "stdlib",
				Text: "Crashes; called from a.go:3; not repaired yet"}},
		},
		"nothing was done": {stream: "", err: "how it was made"},
		"not a report":     {stream: "govulncheck: cannot", err: "read the report"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile("go.mod", []byte("module m\n\ngo 1.2\n\n"+tc.mod+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var warnings strings.Builder
			got, _, err := readVulnerabilities([]byte(tc.stream), &warnings)
			checkError(t, err, tc.err)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if warned := strings.Contains(warnings.String(), "GO-1-1"); warned != tc.warned {
				t.Errorf("warnings %q, want some: %t", warnings.String(), tc.warned)
			}
		})
	}
}

func TestJudgeFailsOnWhatNobodyAnswers(t *testing.T) {
	t.Parallel()
	all, err := suppression.Parse([]byte(`[{rules: [G304], where: [a.go], reason: it is all right}]`))
	if err != nil {
		t.Fatal(err)
	}
	report := `{"Stats": {"files": 1}, "Issues": [{"rule_id": "G304", "file": "a.go"}, {"rule_id": "G305", "file": "a.go"}]}`
	checkError(t, judge(suppression.Gosec, []byte(report), all, io.Discard), "a.go: G305")
	checkError(t, judge(suppression.Gosec, []byte(strings.ReplaceAll(report, "G305", "G304")), all, io.Discard), "")
	checkError(t, judge(suppression.Gosec, []byte(`{"Stats": {"files": 1}}`), all, io.Discard),
		"G304 suppresses nothing")
}

func TestRun(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	if err := run([]string{"table"}, &table); err != nil || !strings.Contains(table.String(), "## cdk-nag") {
		t.Errorf("table: %v\n%s", err, table.String())
	}
	for _, args := range [][]string{nil, {"gosec"}, {"cdk-nag", "report.json"}, {"table", "more"}} {
		checkError(t, run(args, io.Discard), "usage")
	}
	checkError(t, run([]string{"gosec", "there-is-none.json"}, io.Discard), "read the report")
}

// Every tool needs a reader, except cdk-nag, whose findings are read by a test.
func TestEveryToolIsRead(t *testing.T) {
	t.Parallel()
	for _, tool := range suppression.Tools() {
		if read := readers[tool] != nil; read == (tool == suppression.Nag) {
			t.Errorf("%s: there is a reader: %t", tool, read)
		}
	}
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("unexpected error: %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("error %v, want one with %q", err, want)
	}
}
