package templates_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/infra/rollout"
	format "hubmend/internal/build/templates"
)

const stackSet = "AWS::CloudFormation::StackSet"

func TestRolloutAsksWhenNothingIsConfigured(t *testing.T) {
	t.Parallel()
	stack := templates[app.Rollout]
	optional := map[string]bool{
		"OrganizationalUnits": false, "Regions": false, "Accounts": true, "AccountFilter": true, "AutoDeployment": true,
		"FailureTolerancePercentage": true, "MaxConcurrentPercentage": true, "RegionConcurrency": true,
		"AdministratorAccount": true, "ManagementAccount": true, "Reevaluate": true,
	}
	got := map[string]bool{}
	for name, p := range stack.Parameters {
		_, got[name] = p["Default"]
	}
	if diff := cmp.Diff(optional, got); diff != "" {
		t.Errorf("parameters, and whether they are optional (-want +got):\n%s", diff)
	}
	if got := len(stack.all(stackSet)); got != 2 || len(stack.Resources) != 2 {
		t.Errorf("%d StackSets, %d resources, want 2 and nothing else", got, len(stack.Resources))
	}
}

// stackSets returns what both StackSets must have when nothing is configured.
func stackSets() map[string]object {
	home := object{"Fn::Select": []any{0.0, ref("Regions")}}
	targets := object{
		"OrganizationalUnitIds": ref("OrganizationalUnits"), "AccountFilterType": ref("AccountFilter"),
		"Accounts": object{"Fn::If": []any{"HasAccounts", object{"Fn::Split": []any{",", ref("Accounts")}},
			ref("AWS::NoValue")}},
	}
	administrator := object{"ParameterKey": "AdministratorAccount", "ParameterValue": here("AdministratorAccount")}
	common := object{
		"PermissionModel": "SERVICE_MANAGED", "ManagedExecution": object{"Active": true},
		"CallAs": object{"Fn::If": []any{"HasManagementAccount", "DELEGATED_ADMIN", "SELF"}},
		"OperationPreferences": object{
			"FailureTolerancePercentage": ref("FailureTolerancePercentage"),
			"MaxConcurrentPercentage":    ref("MaxConcurrentPercentage"),
			"RegionConcurrencyType":      ref("RegionConcurrency"),
		},
	}
	roles, runbooks := maps.Clone(common), maps.Clone(common)
	maps.Copy(roles, object{
		"StackSetName": app.MemberRoles, "Capabilities": []any{"CAPABILITY_NAMED_IAM"},
		"Parameters": []any{administrator, object{"ParameterKey": "Reevaluate",
			"ParameterValue": ref("Reevaluate")}},
		"StackInstancesGroup": []any{object{"DeploymentTargets": targets, "Regions": []any{home}}},
		"AutoDeployment":      automatic(nil),
	})
	maps.Copy(runbooks, object{
		"StackSetName": app.MemberRunbooks,
		"Parameters": []any{administrator,
			object{"ParameterKey": "AdministratorRegion", "ParameterValue": home}},
		"StackInstancesGroup": []any{object{"DeploymentTargets": targets, "Regions": ref("Regions")}},
		"AutoDeployment": automatic(
			object{"DependsOn": []any{stackSetARN(here("ManagementAccount"), ":stackset/")}}),
	})
	return map[string]object{app.MemberRoles: roles, app.MemberRunbooks: runbooks}
}

// here is a parameter's value or, when it is empty, the account of the stack.
func here(parameter string) object {
	return object{"Fn::If": []any{"Has" + parameter, ref(parameter), ref("AWS::AccountId")}}
}

func automatic(after object) object {
	enabled := object{"Enabled": true, "RetainStacksOnAccountRemoval": false}
	maps.Copy(enabled, after)
	return object{"Fn::If": []any{"DeploysAutomatically", enabled, object{"Enabled": false}}}
}

func stackSetARN(parts ...any) object {
	all := append([]any{sub("arn:${AWS::Partition}:cloudformation:${AWS::Region}:")}, parts...)
	return object{"Fn::Join": []any{"", append(all, ref("MemberRoles"))}}
}

func TestStackSets(t *testing.T) {
	t.Parallel()
	for name, want := range stackSets() {
		got := maps.Clone(templates[app.Rollout].one(t, stackSet, "StackSetName", name).Properties)
		delete(got, "TemplateURL")
		delete(got, "Description")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The StackSets deploy the very templates that a single account is given, from a URL that
// changes with them.
func TestStackSetsHaveTheMemberTemplates(t *testing.T) {
	t.Parallel()
	for _, name := range []string{app.MemberRoles, app.MemberRunbooks} {
		url := templateURL(t, templates[app.Rollout], name)
		key := url[strings.LastIndex(url, "/")+1:]
		text, err := os.ReadFile(filepath.Join(filepath.Dir(templates[name].File), "asset."+key))
		if err != nil {
			t.Fatal(err)
		}
		want, err := format.Format([]byte(templates[name].Text)) // as templates/ has it
		if diff := cmp.Diff(string(want), string(text)); diff != "" || err != nil {
			t.Errorf("%s: the StackSet's template is another one: %v (-want +got):\n%s", name, err, diff)
		}
		if another := templateURL(t, rollouts[byHand], name); another == url ||
			templateURL(t, rollouts[delegated], name) != url {
			t.Errorf("%s: a changed template has the URL %s, the same one %s; this one %s", name, another,
				templateURL(t, rollouts[delegated], name), url)
		}
		if !strings.HasPrefix(url, "https://s3.${AWS::Region}.${AWS::URLSuffix}/") {
			t.Errorf("%s: the URL %s does not fit every partition", name, url)
		}
	}
}

func templateURL(t *testing.T, rollout template, name string) string {
	t.Helper()
	url, _ := at(rollout.one(t, stackSet, "StackSetName", name).Properties, "TemplateURL", "Fn::Sub").(string)
	return url
}

// rollouts are stacks with their targets in cdk.json.
var rollouts = map[string]template{}

const (
	delegated = "a delegated administrator"
	byHand    = "by hand"
)

// configure synthesizes them, the one by hand with templates that are not quite those of the app.
func configure(dir string) error {
	for name, settings := range map[string]object{
		delegated: {
			"organizationalUnits": []string{"ou-a1b2-12345678"}, "regions": []string{"eu-central-1", "us-east-1"},
			"accounts": []string{"333333333333"}, "accountFilter": "DIFFERENCE", "autoDeployment": true,
			"failureTolerancePercentage": 0, "maxConcurrentPercentage": 100, "regionConcurrency": "PARALLEL",
			"administratorAccount": "111111111111", "managementAccount": "999999999999",
		},
		byHand: {"organizationalUnits": []string{"r-a1b2"}, "regions": []string{"eu-central-1"},
			"autoDeployment": false},
	} {
		out := filepath.Join(dir, name)
		stacks := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &map[string]any{rollout.ContextKey: settings}})
		read, err := rollout.Read(stacks.Node().TryGetContext(jsii.String(rollout.ContextKey)))
		if err != nil {
			return err
		}
		only := rollout.Part{Number: 1}
		for stack, into := range map[string]*rollout.Template{app.MemberRoles: &only.Roles,
			app.MemberRunbooks: &only.Runbooks} {
			*into = rollout.Template{Name: stack, File: filepath.Join(dir, name+" "+stack+".json")}
			text, err := format.Format([]byte(templates[stack].Text))
			if err != nil {
				return err
			}
			if name == byHand {
				text = append(text, '\n')
			}
			if err := os.WriteFile(into.File, text, 0o600); err != nil {
				return err
			}
		}
		rollout.NewStack(stacks, jsii.String(app.Rollout),
			&rollout.StackProps{Settings: read, Parts: []rollout.Part{only}})
		stacks.Synth(nil)
		loaded, err := load(out)
		if err != nil {
			return err
		}
		rollouts[name] = loaded[app.Rollout]
	}
	return nil
}

func TestConfiguredRollout(t *testing.T) {
	t.Parallel()
	if n := len(rollouts[delegated].Parameters); n != 0 {
		t.Errorf("%d parameters, but cdk.json says everything", n)
	}
	for name, regions := range map[string][]any{app.MemberRoles: {"eu-central-1"},
		app.MemberRunbooks: {"eu-central-1", "us-east-1"}} {
		got := rollouts[delegated].one(t, stackSet, "StackSetName", name).Properties
		for property, want := range map[string]any{
			"CallAs": object{"Fn::If": []any{"HasManagementAccount", "DELEGATED_ADMIN", "SELF"}},
			"OperationPreferences": object{
				"FailureTolerancePercentage": 0.0, "MaxConcurrentPercentage": 100.0,
				"RegionConcurrencyType": "PARALLEL",
			},
			"StackInstancesGroup": []any{object{"Regions": regions, "DeploymentTargets": object{
				"OrganizationalUnitIds": []any{"ou-a1b2-12345678"}, "Accounts": []any{"333333333333"},
				"AccountFilterType": "DIFFERENCE",
			}}},
		} {
			if diff := cmp.Diff(want, got[property]); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", name, property, diff)
			}
		}
		if got := at(got, "Parameters", 0, "ParameterValue"); got != "111111111111" {
			t.Errorf("%s: the administrator is %v", name, got)
		}
	}
	runbooks := rollouts[delegated].one(t, stackSet, "StackSetName", app.MemberRunbooks).Properties
	if diff := cmp.Diff(any([]any{stackSetARN("999999999999:stackset/")}),
		at(runbooks, "AutoDeployment", "DependsOn")); diff != "" {
		t.Errorf("DependsOn (-want +got):\n%s", diff)
	}
}

// CloudFormation refuses CallAs DELEGATED_ADMIN in the management account itself, which is easily named there too.
func TestManagementAccountThatDeploysCallsAsItself(t *testing.T) {
	t.Parallel()
	other := func(management any) object {
		return object{"Fn::Not": []any{object{"Fn::Equals": []any{management, ref("AWS::AccountId")}}}}
	}
	given := object{"Fn::Not": []any{object{"Fn::Equals": []any{ref("ManagementAccount"), ""}}}}
	for name, tc := range map[string]struct {
		stack template
		want  any
	}{
		"asked":      {templates[app.Rollout], object{"Fn::And": []any{given, other(ref("ManagementAccount"))}}},
		"configured": {rollouts[delegated], other("999999999999")},
		"by hand":    {rollouts[byHand], nil},
	} {
		if diff := cmp.Diff(tc.want, tc.stack.Conditions["HasManagementAccount"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRolloutByHand(t *testing.T) {
	t.Parallel()
	for _, name := range []string{app.MemberRoles, app.MemberRunbooks} {
		set := rollouts[byHand].one(t, stackSet, "StackSetName", name)
		if diff := cmp.Diff(any(object{"Enabled": false}), set.Properties["AutoDeployment"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if set.Properties["CallAs"] != "SELF" ||
			at(set.Properties, "OperationPreferences", "FailureTolerancePercentage") != 10.0 {
			text, _ := json.Marshal(set.Properties)
			t.Errorf("%s is not filled in: %s", name, text)
		}
		targets := at(set.Properties, "StackInstancesGroup", 0, "DeploymentTargets")
		if diff := cmp.Diff(any(object{"OrganizationalUnitIds": []any{"r-a1b2"}, "AccountFilterType": "NONE"}),
			targets); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if after := list(rollouts[byHand].one(t, stackSet, "StackSetName", app.MemberRunbooks).DependsOn); !cmp.Equal(after,
		[]any{"MemberRoles"}) {
		t.Errorf("the runbooks are made after %v, want the roles", after)
	}
}
