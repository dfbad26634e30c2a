package templates_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/infra/restricted"
	"hubmend/internal/engine/naming"
)

// restrictedTo are the templates with every setting of restricted accounts, and where they are.
var (
	restrictedTo synthesized
	restrictedIn string
)

// withTheirKey are the templates with a key that is there already.
var withTheirKey synthesized

const (
	theirKey           = "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	ownPrefix, ownPath = "acme-", "/team/security/"
	// restrictedFolders has the folders of a process that synthesizes them and does nothing else.
	restrictedFolders = "HUBMEND_TEST_RESTRICTED"
)

// restrict has another process synthesize them, because the names of a process are fixed when it starts.
func restrict(ctx context.Context, dir, functions string) error {
	restrictedIn = filepath.Join(dir, "restricted")
	child := exec.CommandContext(ctx, os.Args[0]) //nolint:gosec // this test
	child.Env = append(os.Environ(), naming.EnvNamePrefix+"="+ownPrefix, naming.EnvRolePath+"="+ownPath,
		restrictedFolders+"="+restrictedIn+","+functions)
	if out, err := child.CombinedOutput(); err != nil {
		return fmt.Errorf("synthesize for a restricted account: %w:\n%s", err, out)
	}
	var err error
	if restrictedTo, err = load(restrictedIn); err != nil {
		return err
	}
	theirs := filepath.Join(dir, "key")
	if err := synthesizeWith(theirs, functions, `{"kmsKey": "`+theirKey+`"}`); err != nil {
		return err
	}
	withTheirKey, err = load(theirs)
	return err
}

// synthesizeRestricted is what that process does.
func synthesizeRestricted(out, functions string) error {
	return synthesizeWith(out, functions,
		`{"permissionsBoundary": "team/acme-boundary", "architecture": "x86_64", "rolePath": "`+ownPath+
			`", "namePrefix": "`+ownPrefix+`", "kmsKey": "create"}`)
}

func synthesizeWith(out, functions, restrictions string) error {
	stacks, err := app.New(&app.Props{Catalog: data, Functions: functions, Out: &out,
		Context: &map[string]any{restricted.ContextKey: restrictions}})
	if err == nil {
		stacks.Synth(nil)
	}
	return err
}

func TestEveryRoleHasTheBoundary(t *testing.T) {
	t.Parallel()
	want := any(object{"Fn::Join": []any{"",
		[]any{"arn:", ref("AWS::Partition"), ":iam::", ref("AWS::AccountId"), ":policy/team/acme-boundary"}}})
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
	url := templateURL(t, restrictedTo[app.Rollout], ownPrefix+app.MemberRoles)
	text, err := os.ReadFile(filepath.Join(restrictedIn, "asset."+url[strings.LastIndex(url, "/")+1:]))
	if err != nil {
		t.Fatal(err)
	}
	if n, want := strings.Count(string(text),
		"acme-boundary"), len(templates[app.MemberRoles].all("AWS::IAM::Role")); n != want {
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

// Whatever the templates say of roles says it with the path: trust, permissions, runbooks, functions.
func TestEveryRoleHasThePath(t *testing.T) {
	t.Parallel()
	roles := regexp.MustCompile(`:role/[A-Za-z0-9_/-]*hubmend-`)
	for name, template := range restrictedTo {
		for _, role := range template.all("AWS::IAM::Role") {
			if got, _ := role.Properties["RoleName"].(string); role.Properties["Path"] != ownPath ||
				!strings.HasPrefix(got, ownPrefix+"hubmend-") || len(got) > 64 {
				t.Errorf("%s: the role %s has the path %v", name, got, role.Properties["Path"])
			}
		}
		for _, named := range roles.FindAllString(template.Text, -1) {
			if want := ":role" + ownPath + ownPrefix + "hubmend-"; named != want {
				t.Errorf("%s names a role as %s, want %s", name, named, want)
			}
		}
	}
	for _, name := range []string{app.Admin, app.MemberRoles} {
		for _, role := range templates[name].all("AWS::IAM::Role") {
			if role.Properties["Path"] != nil {
				t.Errorf("%s: %v has a path that nobody asked for", name, role.Properties["RoleName"])
			}
		}
	}
	if launch := restrictedTo[app.Admin].all("AWS::ServiceCatalog::LaunchRoleConstraint"); len(launch) == 0 ||
		launch[0].Properties["RoleArn"] == nil {
		t.Errorf("launch constraints %v, want them to name the role with its path", launch)
	}
}

// nameless are texts that have hubmend- and name no resource: they speak of a template or are an account's own text.
var nameless = regexp.MustCompile(`hubmend-(admin|rollout|member-roles|member-runbooks)`)

// No name goes without the prefix, in templates and in products that were released long before.
func TestEveryNameHasThePrefix(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(restrictedIn, "*"))
	if err != nil {
		t.Fatal(err)
	}
	bare := regexp.MustCompile(`[A-Za-z0-9-]*hubmend[-/][A-Za-z0-9-]*`)
	seen := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		var template struct{ Resources map[string]any }
		if err != nil || json.Unmarshal(text, &template) != nil || template.Resources == nil {
			continue
		}
		seen++
		body, err := json.Marshal(template.Resources)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range bare.FindAllString(string(body), -1) {
			if !strings.HasPrefix(name, ownPrefix+"hubmend") && !nameless.MatchString(name) {
				t.Errorf("%s names %s", filepath.Base(file), name)
			}
		}
	}
	if seen < 6 {
		t.Errorf("%d templates", seen)
	}
}

// Functions learn from their environment what the names are.
func TestFunctionsKnowTheNames(t *testing.T) {
	t.Parallel()
	want := naming.Environment(ownPrefix, ownPath)
	for _, f := range restrictedTo[app.Admin].all("AWS::Lambda::Function") {
		if f.Properties["FunctionName"] == ownPrefix+"hubmend-custom-action" {
			continue // which uses no names
		}
		for name, value := range want {
			if got := at(f.Properties, "Environment", "Variables", name); got != value {
				t.Errorf("%v has %s=%v, want %s", f.Properties["FunctionName"], name, got, value)
			}
		}
	}
	for _, f := range templates[app.Admin].all("AWS::Lambda::Function") {
		if text := fmt.Sprint(f.Properties["Environment"]); strings.Contains(text, naming.EnvNamePrefix) ||
			strings.Contains(text, naming.EnvRolePath) {
			t.Errorf("%v has %s", f.Properties["FunctionName"], text)
		}
	}
}

// keyed are the properties that name the key of a resource, by its type.
var keyed = map[string][]any{
	"AWS::SQS::Queue": {"KmsMasterKeyId"}, "AWS::SNS::Topic": {"KmsMasterKeyId"}, "AWS::Logs::LogGroup": {"KmsKeyId"},
	"AWS::DynamoDB::Table": {"SSESpecification", "KMSMasterKeyId"}, "AWS::Lambda::Function": {"KmsKeyArn"},
}

// Everything that keeps data is encrypted with the key, and whoever works with it may use that key and no other.
func TestEverythingIsEncryptedWithTheKey(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		stack template
		want  any
	}{
		"made":  {restrictedTo[app.Admin], object{"Fn::GetAtt": []any{"Key961B73FD", "Arn"}}},
		"given": {withTheirKey[app.Admin], theirKey},
		"none":  {templates[app.Admin], nil},
	} {
		for kind, path := range keyed {
			for _, r := range tc.stack.all(kind) {
				want := tc.want
				if kind == "AWS::Lambda::Function" && r.Properties["Environment"] == nil {
					want = nil
				}
				if diff := cmp.Diff(want, at(r.Properties, path...)); diff != "" {
					t.Errorf("%s: %s (-want +got):\n%s", name, kind, diff)
				}
			}
		}
		for _, role := range tc.stack.all("AWS::IAM::Role") {
			var got []any
			for _, s := range list(at(role.Properties, "Policies", 0, "PolicyDocument", "Statement")) {
				if at(s, "Sid") == "Key" {
					got = append(got, s)
				}
			}
			var want []any
			if function := strings.TrimPrefix(fmt.Sprint(role.Properties["RoleName"]), ownPrefix); tc.want != nil &&
				slices.Contains([]string{"hubmend-dispatch-function", "hubmend-settle-function",
					"hubmend-sweep-function"}, function) {
				want = []any{object{"Sid": "Key", "Effect": "Allow",
					"Action": []any{"kms:Decrypt", "kms:GenerateDataKey"}, "Resource": tc.want}}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %v (-want +got):\n%s", name, role.Properties["RoleName"], diff)
			}
		}
	}
}

// The key that the stack makes outlives it, as the ledger does, and its policy is what the documentation asks
// of another.
func TestKeyOfTheStack(t *testing.T) {
	t.Parallel()
	keys := restrictedTo[app.Admin].all("AWS::KMS::Key")
	if len(keys) != 1 || len(templates[app.Admin].all("AWS::KMS::Key")) != 0 ||
		len(withTheirKey[app.Admin].all("AWS::KMS::Key")) != 0 {
		t.Fatalf("%d keys", len(keys))
	}
	if key := keys[0]; key.DeletionPolicy != "RetainExceptOnCreate" || key.Properties["EnableKeyRotation"] != true {
		t.Errorf("the key is %+v", key)
	}
	account := object{"StringEquals": object{"aws:SourceAccount": ref("AWS::AccountId")}}
	use := []any{"kms:GenerateDataKey", "kms:Decrypt"}
	want := []any{
		object{"Effect": "Allow", "Action": "kms:*", "Resource": "*",
			"Principal": object{"AWS": object{"Fn::Join": []any{"", []any{
				"arn:", ref("AWS::Partition"), ":iam::", ref("AWS::AccountId"), ":root"}}}}},
		object{"Sid": "RulesToQueues", "Effect": "Allow", "Principal": object{"Service": "events.amazonaws.com"},
			"Action": use, "Resource": "*", "Condition": account},
		object{"Sid": "AlarmsToTopic", "Effect": "Allow", "Principal": object{"Service": "cloudwatch.amazonaws.com"},
			"Action": use, "Resource": "*", "Condition": account},
		object{"Sid": "Logs", "Effect": "Allow",
			"Principal": object{"Service": sub("logs.${AWS::Region}.${AWS::URLSuffix}")},
			"Action": []any{"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo",
				"kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"},
			"Resource": "*", "Condition": object{
				"ArnLike": object{"kms:EncryptionContext:aws:logs:arn": sub(
					"arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/" + ownPrefix +
						"hubmend-*")}}},
	}
	if diff := cmp.Diff(want, list(at(keys[0].Properties, "KeyPolicy", "Statement"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text, err := os.ReadFile("../../docs/deployment.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range want[1:] {
		if sid, _ := at(s, "Sid").(string); !strings.Contains(string(text), `"Sid": "`+sid+`"`) {
			t.Errorf("docs/deployment.md does not ask for the statement %s", sid)
		}
	}
}
