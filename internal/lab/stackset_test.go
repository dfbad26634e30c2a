package lab_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/build/templates"
	"hubmend/internal/lab"
)

// rolled is a roll-out whose StackSet makes a log group, named by the template under key.
func rolled(t *testing.T, key string, targets object, regions any) []byte {
	t.Helper()
	targets["OrganizationalUnitIds"] = object{"Ref": "OrganizationalUnits"}
	text, err := json.Marshal(object{
		"Parameters": object{"OrganizationalUnits": object{"Type": "CommaDelimitedList"},
			"Regions": object{"Type": "CommaDelimitedList"}, "AdministratorAccount": object{"Type": "String"},
			templates.CodeBucket: object{"Type": "String"}, templates.CodePrefix: object{"Type": "String"}},
		"Resources": object{"Set": resource("AWS::CloudFormation::StackSet", object{
			"StackSetName": "logs", "PermissionModel": "SERVICE_MANAGED",
			"TemplateURL": object{
				"Fn::Sub": "https://s3.${AWS::Region}.amazonaws.com/${CodeBucket}/${CodePrefix}assets/" + key},
			"Parameters": []any{object{"ParameterKey": "By",
				"ParameterValue": object{"Ref": "AdministratorAccount"}}},
			"StackInstancesGroup": []any{object{"DeploymentTargets": targets, "Regions": regions}},
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const third = "333333333333"

// rolloutConfig is a lab of three accounts with a roll-out and two templates for it.
func rolloutConfig(t *testing.T, rollout []byte) lab.Config {
	t.Helper()
	dir := stacks{}.synthesize(t)
	c := config(t, dir)
	c.Accounts = []string{admin, member, third}
	for _, key := range []string{"first.json", "second.json"} {
		write(t, filepath.Join(dir, key), object{
			"Parameters": object{"By": object{"Type": "String"}},
			"Resources": object{"Log": resource("AWS::Logs::LogGroup",
				object{"LogGroupName": object{"Fn::Sub": "${By}-" + strings.TrimSuffix(key, ".json")}})},
		})
	}
	if err := os.WriteFile(filepath.Join(dir, lab.RolloutStack+".template.json"), rollout, 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t *testing.T, file string, content object) {
	t.Helper()
	text, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// logs lists the log groups of the places that have one.
func (w world) logs(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, account := range []string{admin, member, third} {
		for _, region := range []string{home, linked} {
			out, err := w.Call(t.Context(),
				lab.Call{Account: account, Region: region, Service: "logs", API: "DescribeLogGroups"})
			if err != nil {
				t.Fatal(err)
			}
			if name, ok := at(out, "logGroups", 0, "logGroupName").(string); ok {
				found[account+" "+region] = name
			}
		}
	}
	return found
}

func TestStackSet(t *testing.T) {
	t.Parallel()
	w := start(t, rolloutConfig(t, rolled(t, "first.json", object{}, object{"Ref": "Regions"})))
	const first, second = admin + "-first", admin + "-second"
	check := func(when string, want map[string]string) {
		t.Helper()
		if diff := cmp.Diff(want, w.logs(t)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	check("every account but the management account", map[string]string{
		member + " " + home: first, member + " " + linked: first, third + " " + home: first,
		third + " " + linked: first,
	})
	without := object{"Accounts": []any{third}, "AccountFilterType": "DIFFERENCE"}
	if err := w.UpdateRollout(t.Context(), rolled(t, "second.json", without, []any{home})); err != nil {
		t.Fatal(err)
	}
	check("another template, fewer places", map[string]string{member + " " + home: second})
	only := object{"Accounts": []any{third}, "AccountFilterType": "INTERSECTION"}
	if err := w.UpdateRollout(t.Context(), rolled(t, "second.json", only, []any{linked})); err != nil {
		t.Fatal(err)
	}
	check("other places", map[string]string{third + " " + linked: second})
	if err := w.UpdateRollout(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	check("deleted", map[string]string{})
}

func TestStackSetInARegionThatTheLabLacks(t *testing.T) {
	t.Parallel()
	l, err := lab.Start(t.Context(), rolloutConfig(t, rolled(t, "first.json", object{}, []any{"mx-central-1"})))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Deploy(t.Context()); err == nil || !strings.Contains(err.Error(), "no Region mx-central-1") {
		t.Errorf("Deploy = %v", err)
	}
}
