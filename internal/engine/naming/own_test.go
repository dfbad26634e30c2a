package naming_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/naming"
)

func TestCheckNamePrefix(t *testing.T) {
	t.Parallel()
	for prefix, good := range map[string]bool{
		"": true, "acme-": true, "acme-sec-eu-1-": true, "a-": true,
		"acme": false, "Acme-": false, "-": false, "1a-": false, "acme_": false, "acme.sec-": false,
		"acme-security-eu-": false,
		"aws-":              false, "amazon-team-": false, "amzn-": false, "ssm-": false, "xn--": false,
		"sthree-": false,
		"${x}-":   false, "a b-": false,
	} {
		if err := naming.CheckNamePrefix(prefix); (err == nil) != good {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

func TestCheckRolePath(t *testing.T) {
	t.Parallel()
	for path, good := range map[string]bool{
		"": true, "/": true, "/acme/": true, "/acme/security_team/Hub-1/": true,
		"acme": false, "/acme": false, "acme/": false, "//": false, "/a//b/": false, "/a.b/": false, "/a*/": false,
		"/a b/": false, "/{{x}}/": false,
		"/" + strings.Repeat("a", 62) + "/": true, "/" + strings.Repeat("a", 63) + "/": false,
	} {
		if err := naming.CheckRolePath(path); (err == nil) != good {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		prefix, path string
		want         map[string]string
	}{
		{"", "", map[string]string{}},
		{"", "/", map[string]string{}},
		{"acme-", "/team/", map[string]string{"HUBMEND_NAME_PREFIX": "acme-", "HUBMEND_ROLE_PATH": "/team/"}},
	} {
		if diff := cmp.Diff(tc.want, naming.Environment(tc.prefix, tc.path)); diff != "" {
			t.Errorf("%q, %q (-want +got):\n%s", tc.prefix, tc.path, diff)
		}
	}
}

// names are what follows from the environment of a process.
func names() map[string]string {
	text := "arn:aws:iam::1:role/hubmend-A, hubmend-B, log-group:/hubmend/trails, role/other, hubmend, " +
		"hubmend-member-roles.json"
	return map[string]string{
		"role":     naming.RoleARN("aws", "111111111111", naming.RunbookRole("ClosePorts")),
		"document": naming.Document("ClosePorts"),
		"queue":    naming.DeadLetters(naming.FindingsQueue), "switch": naming.Switch, "dashboard": naming.Dashboard,
		"stack": naming.Stack(naming.AdminStack), "template": naming.AdminStack,
		"text": string(naming.Own([]byte(text))),
	}
}

func TestNamesOfNoOrganization(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"role": "arn:aws:iam::111111111111:role/hubmend-ClosePorts", "document": "hubmend-ClosePorts",
		"queue":  "hubmend-findings-dlq",
		"switch": "/hubmend/switch", "dashboard": "hubmend", "stack": "hubmend-admin", "template": "hubmend-admin",
		"text": "arn:aws:iam::1:role/hubmend-A, hubmend-B, log-group:/hubmend/trails, role/other, hubmend, " +
			"hubmend-member-roles.json",
	}
	if os.Getenv(naming.EnvNamePrefix) == "" {
		if diff := cmp.Diff(want, names()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// The names of a process are those of its environment when it starts, so another process has to look at them.
func TestNamesOfAnOrganization(t *testing.T) {
	t.Parallel()
	if os.Getenv(naming.EnvNamePrefix) == "" {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$") //nolint:gosec // this test
		child.Env = append(os.Environ(), naming.EnvNamePrefix+"=acme-", naming.EnvRolePath+"=/team/")
		if out, err := child.CombinedOutput(); err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
		return
	}
	want := map[string]string{
		"role": "arn:aws:iam::111111111111:role/team/acme-hubmend-ClosePorts", "document": "acme-hubmend-ClosePorts",
		"queue":  "acme-hubmend-findings-dlq",
		"switch": "/acme-hubmend/switch", "dashboard": "acme-hubmend", "stack": "acme-hubmend-admin",
		"template": "hubmend-admin",
		"text": "arn:aws:iam::1:role/team/acme-hubmend-A, acme-hubmend-B, log-group:/acme-hubmend/trails, " +
			"role/other, hubmend, hubmend-member-roles.json",
	}
	if diff := cmp.Diff(want, names()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := naming.Check(); err != nil {
		t.Error(err)
	}
}

func TestCheckNamesTheVariable(t *testing.T) {
	t.Setenv(naming.EnvNamePrefix, "Acme")
	t.Setenv(naming.EnvRolePath, "team")
	err := naming.Check()
	for _, want := range []string{naming.EnvNamePrefix, `"Acme"`, naming.EnvRolePath, `"team"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check = %v, want an error that says %s", err, want)
		}
	}
}
