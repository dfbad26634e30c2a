package rollout_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/rollout"
)

func TestSettingsAreFilled(t *testing.T) {
	t.Parallel()
	want := &rollout.Settings{
		OrganizationalUnits: []string{"r-a1b2"}, Regions: []string{"eu-west-1", "us-gov-east-1"}, AccountFilter: "NONE",
		AutoDeployment: new(true), FailureTolerancePercentage: new(10), MaxConcurrentPercentage: new(25),
		RegionConcurrency: "SEQUENTIAL",
	}
	for name, context := range map[string]any{
		"object, as in cdk.json": map[string]any{"organizationalUnits": []any{"r-a1b2"},
			"regions": []any{"eu-west-1", "us-gov-east-1"}},
		"text, as on the command line": `{"organizationalUnits": ["r-a1b2"], "regions": ["eu-west-1", "us-gov-east-1"]}`,
		"numbers as the CDK gives them": map[string]any{"organizationalUnits": []any{"r-a1b2"},
			"regions": []any{"eu-west-1", "us-gov-east-1"}, "maxConcurrentPercentage": 25.0},
	} {
		got, err := rollout.Read(context)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestNothingConfigured(t *testing.T) {
	t.Parallel()
	if got, err := rollout.Read(nil); got != nil || err != nil {
		t.Errorf("Read = %v, %v; want nothing", got, err)
	}
}

func TestSettingsSayAllThatIsWrong(t *testing.T) {
	t.Parallel()
	const whole = `"organizationalUnits": ["ou-a1b2-12345678"], "regions": ["us-east-1"]`
	for name, tc := range map[string]struct {
		context string
		wants   []string
	}{
		"empty":          {`{}`, []string{"organizationalUnits: needs", "regions: needs", rollout.ContextKey}},
		"no JSON":        {`organizationalUnits`, []string{rollout.ContextKey}},
		"typing mistake": {`{` + whole + `, "region": ["us-east-1"]}`, []string{`unknown setting "region"`}},
		"forms": {
			`{"organizationalUnits": ["ou-1", "*"], "regions": ["us-east"], "accounts": ["1"], "accountFilter": "DIFFERENCE", "autoDeployment": false}`, []string{`"ou-1"`, `"*"`, `"us-east"`, `accounts: "1"`}},
		"twice": {`{"organizationalUnits": ["r-a1b2"], "regions": ["us-east-1", "us-east-1"]}`,
			[]string{`regions: "us-east-1" is listed twice`}},
		"union": {`{` + whole + `, "accounts": ["123456789012"], "accountFilter": "UNION"}`,
			[]string{`accountFilter: "UNION"`}},
		"filter of nothing": {`{` + whole + `, "accountFilter": "DIFFERENCE"}`, []string{"must be set together"}},
		"accounts alone":    {`{` + whole + `, "accounts": ["123456789012"]}`, []string{"must be set together"}},
		"filter and who joins later": {`{` + whole + `, "accounts": ["123456789012"], "accountFilter": "DIFFERENCE"}`,
			[]string{"autoDeployment: must be set"}},
		"numbers": {`{` + whole + `, "failureTolerancePercentage": 101, "maxConcurrentPercentage": 0}`,
			[]string{"failureTolerancePercentage", "maxConcurrentPercentage"}},
		"Regions at once": {`{` + whole + `, "regionConcurrency": "parallel"}`,
			[]string{`regionConcurrency: "parallel"`}},
		"accounts' ids": {`{` + whole + `, "administratorAccount": "1", "managementAccount": "2"}`,
			[]string{"administratorAccount", "managementAccount"}},
		"Sovereign Cloud": {`{"organizationalUnits": ["r-a1b2"], "regions": ["eusc-de-east-1", "us-east"]}`,
			[]string{`"us-east"`}},
		"wrong types, all at once": {
			`{"organizationalUnits": "r-a1b2", "regions": "us-east-1", "administratorAccount": 111111111111, "autoDeployment": "no", "region": 1, "maxConcurrentPercentage": 2.5, "managementAccount": "1"}`, []string{
				`organizationalUnits: must be a list of strings, such as ["r-a1b2"], not "r-a1b2"`,
				`regions: must be a list of strings, such as ["eu-central-1"], not "us-east-1"`,
				`administratorAccount: must be a string in quotes, such as "111111111111", not 111111111111`,
				`autoDeployment: must be true or false`,
				`unknown setting "region"; the settings are accountFilter,`,
				`maxConcurrentPercentage: must be a whole number`,
				`managementAccount: "1" is not`,
			}},
		"a list":           {`["r-a1b2"]`, []string{rollout.ContextKey + " must be a JSON object"}},
		"number as a text": {`{` + whole + `, "maxConcurrentPercentage": "25"}`, []string{"maxConcurrentPercentage"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := rollout.Read(tc.context)
			for _, want := range tc.wants {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Read = %v, %v; want an error that says %s", got, err, want)
				}
			}
			if err != nil && (strings.Contains(err.Error(), "Go struct") ||
				strings.Contains(err.Error(), "needs at least") && strings.Contains(err.Error(), "must be a list")) {
				t.Errorf("the error speaks Go, or complains twice: %v", err)
			}
		})
	}
}
