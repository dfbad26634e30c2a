package templates_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/infra/restricted"
)

// restrictedTo are the templates with every setting of restricted accounts, and where they are.
var (
	restrictedTo synthesized
	restrictedIn string
)

// restrict synthesizes them.
func restrict(dir, functions string) error {
	restrictedIn = filepath.Join(dir, "restricted")
	stacks, err := app.New(&app.Props{Catalog: data, Functions: functions, Out: &restrictedIn, Context: &map[string]any{
		restricted.ContextKey: `{"permissionsBoundary": "team/acme-boundary", "architecture": "x86_64"}`,
	}})
	if err != nil {
		return err
	}
	stacks.Synth(nil)
	restrictedTo, err = load(restrictedIn)
	return err
}

func TestEveryRoleHasTheBoundary(t *testing.T) {
	t.Parallel()
	want := any(object{"Fn::Join": []any{"", []any{"arn:", ref("AWS::Partition"), ":iam::", ref("AWS::AccountId"), ":policy/team/acme-boundary"}}})
	for _, name := range []string{app.Admin, app.MemberRoles} {
		roles := restrictedTo[name].all("AWS::IAM::Role")
		if len(roles) != len(templates[name].all("AWS::IAM::Role")) || len(roles) == 0 {
			t.Errorf("%s has %d roles", name, len(roles))
		}
		for _, role := range roles {
			if diff := cmp.Diff(want, role.Properties["PermissionsBoundary"]); diff != "" {
				t.Errorf("%s: %v (-want +got):\n%s", name, role.Properties["RoleName"], diff)
			}
		}
		for _, role := range templates[name].all("AWS::IAM::Role") {
			if role.Properties["PermissionsBoundary"] != nil {
				t.Errorf("%s: %v has a boundary that nobody asked for", name, role.Properties["RoleName"])
			}
		}
	}
}

// What StackSets put into member accounts has the boundary as well.
func TestRolledOutRolesHaveTheBoundary(t *testing.T) {
	t.Parallel()
	url := templateURL(t, restrictedTo[app.Rollout], app.MemberRoles)
	text, err := os.ReadFile(filepath.Join(restrictedIn, "asset."+url[strings.LastIndex(url, "/")+1:]))
	if err != nil {
		t.Fatal(err)
	}
	if n, want := strings.Count(string(text), "acme-boundary"), len(templates[app.MemberRoles].all("AWS::IAM::Role")); n != want {
		t.Errorf("%d roles have the boundary, want %d", n, want)
	}
}

func TestFunctionsRunOnX86(t *testing.T) {
	t.Parallel()
	functions := restrictedTo[app.Admin].all("AWS::Lambda::Function")
	if len(functions) == 0 {
		t.Error("there is no function")
	}
	for _, f := range functions {
		if diff := cmp.Diff(any([]any{"x86_64"}), f.Properties["Architectures"]); diff != "" {
			t.Errorf("%v (-want +got):\n%s", f.Properties["FunctionName"], diff)
		}
	}
}
