package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/lab"
	"hubmend/internal/lab/scenario"
)

// emptyTemplates is a synthesized app whose stacks have a resource each, which does nothing.
func emptyTemplates(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	resources := `"Resources": {"None": {"Type": "AWS::ServiceCatalog::PortfolioProductAssociation"}}}`
	for name, content := range map[string]string{
		lab.AdminStack + ".template.json": `{"Parameters": {"OrganizationId": {"Type": "String"}}, ` +
			resources,
		lab.MemberRolesStack + ".template.json": `{"Parameters": {"AdministratorAccount": {"Type": "String"}}, ` +
			resources,
		lab.MemberRunbooksStack +
			".template.json": `{"Parameters": {"AdministratorAccount": {"Type": "String"}, "AdministratorRegion": {"Type": "String"}}, ` + resources,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The code says how it came out, also for those who throw the text away.
func TestLabRun(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a lab")
	}
	templates := emptyTemplates(t)
	holds := write(t, "holds.yaml", "name: it holds\nproduct: ''\nexpect: [{executions: 0}]\n")
	fails := write(t, "fails.yaml", "name: it fails\nproduct: ''\nexpect: [{executions: 7}, {problems: []}]\n")
	breaks := write(t, "breaks.yaml", "name: it breaks\nproduct: No such playbook\nexpect: [{executions: 0}]\n")
	for name, tc := range map[string]struct {
		args   []string
		code   int
		stdout []string
		stderr string
	}{
		"holds": {[]string{holds}, 0,
			[]string{"\n[1/1] it holds\n  ok   1 of 1 expectations met, 0 executions, "}, ""},
		"fails": {[]string{fails}, exitFailed,
			[]string{"\n[1/1] it fails\n  FAIL 7 executions\n       actual: 0\n  FAIL 1 of 2 expectations met"}, ""},
		"verbose": {[]string{"--verbose", holds}, 0,
			[]string{"[1/1] it holds", "hubmend-admin: 1 resources", "ok   0 executions",
				"ok   1 of 1 expectations met"}, ""},
		"fails, then holds": {[]string{fails, holds}, exitFailed, []string{"[1/2] it fails", "[2/2] it holds"}, ""},
		"quiet": {[]string{"--quiet", holds, fails}, exitFailed,
			[]string{"[1/2] it holds\n  ok   1 of 1", "hubmend-admin: 1 resources", "FAIL 7 executions"}, ""},
		"breaks": {[]string{breaks}, exitUsage, nil,
			`it breaks: the portfolio has no product "No such playbook"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := hubmend(t, nil,
				append([]string{"lab", "run", "--templates", templates}, tc.args...)...)
			if code != tc.code || (stderr != "") != (tc.stderr != "") || !strings.Contains(stderr, tc.stderr) {
				t.Errorf("exits with %d, want %d, and says %q", code, tc.code, stderr)
			}
			for _, want := range tc.stdout {
				if !strings.Contains(stdout, want) {
					t.Errorf("does not print %q but\n%s", want, stdout)
				}
			}
		})
	}
}

func TestLabRunJSON(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a lab")
	}
	fails := write(t, "fails.yaml", "name: it fails\nproduct: ''\nexpect: [{executions: 7}]\n")
	code, stdout, stderr := hubmend(t, nil, "lab", "run", "--json", "--templates", emptyTemplates(t), fails)
	var results []scenario.Result
	if err := json.Unmarshal([]byte(stdout), &results); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if code != exitFailed || stderr != "" || len(results) != 1 || results[0].Passed || results[0].Name != "it fails" ||
		len(results[0].Story) == 0 {
		t.Errorf("exits with %d, says %q, prints %+v", code, stderr, results)
	}
}
