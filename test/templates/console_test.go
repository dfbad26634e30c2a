package templates_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/app"
	"hubmend/internal/aws/partition"
	"hubmend/internal/lab/cfn"
)

// Each stack leads to the next step, in the Region where that is done.
func TestOutputsNameTheNextStep(t *testing.T) {
	t.Parallel()
	members := map[string]string{"AdministratorAccount": "111111111111"}
	runbooks := map[string]string{"AdministratorAccount": "111111111111", "AdministratorRegion": "eu-west-1"}
	const (
		home, other = "https://eu-west-1.console.aws.amazon.com/", "https://eu-central-1.console.aws.amazon.com/"
		create      = "cloudformation/home?region=eu-west-1#/stacks/create"
		products    = "servicecatalog/home?region=eu-west-1#/products"
	)
	for _, tc := range []struct {
		stack, region string
		parameters    map[string]string
		want          map[string]string
	}{
		{app.Admin, "eu-west-1", nil,
			map[string]string{"NextDeployMembers": home + create, "NextLaunchPlaybook": home + products}},
		{app.MemberRoles, "eu-west-1", members, map[string]string{"NextDeployRunbooks": home + create}},
		{app.MemberRunbooks, "eu-central-1", runbooks, map[string]string{"NextLaunchPlaybook": home + products}},
		{app.Rollout, "eu-central-1",
			map[string]string{"OrganizationalUnits": "r-a1b2", "Regions": "eu-west-1,eu-west-3"},
			map[string]string{
				"NextWatchStackSets": other + "cloudformation/home?region=eu-central-1#/stacksets",
				"NextLaunchPlaybook": home + products,
			}},
	} {
		if diff := cmp.Diff(tc.want, nextSteps(t, tc.stack, tc.region, tc.parameters)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.stack, diff)
		}
	}
}

// Addresses are those of the partition. A partition whose console is not known has none, and is deployed anyway.
func TestNextStepInEveryPartition(t *testing.T) {
	t.Parallel()
	for region, host := range map[string]string{
		"us-east-1":      "https://us-east-1.console.aws.amazon.com/",
		"cn-north-1":     "https://cn-north-1.console.amazonaws.cn/",
		"us-gov-west-1":  "https://us-gov-west-1.console.amazonaws-us-gov.com/",
		"eusc-de-east-1": "https://eusc-de-east-1.console.amazonaws-eusc.eu/",
		"us-iso-east-1":  "",
	} {
		got := nextSteps(t, app.Admin, region, nil)
		if host == "" && len(got) > 0 || host != "" && len(got) != 2 {
			t.Errorf("%s: the outputs are %v", region, got)
		}
		for name, url := range got {
			if !strings.HasPrefix(url, host) || !strings.Contains(url, "?region="+region+"#/") {
				t.Errorf("%s: %s = %s", region, name, url)
			}
		}
	}
}

// nextSteps evaluates the outputs that begin with Next as CloudFormation would in a Region.
func nextSteps(t *testing.T, stack, region string, parameters map[string]string) map[string]string {
	t.Helper()
	whole := object{}
	if err := json.Unmarshal([]byte(templates[stack].Text), &whole); err != nil {
		t.Fatal(err)
	}
	outputs := object{}
	for name, output := range whole["Outputs"].(object) {
		if strings.HasPrefix(name, "Next") {
			outputs[name] = output
		}
	}
	whole["Outputs"] = outputs
	whole["Resources"] = object{"Topic": object{"Type": "AWS::SNS::Topic"}} // no output refers to another
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := cfn.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := partition.Of(region)
	evaluated, err := parsed.Resolve(cfn.Environment{AccountID: "111111111111", Region: region, Partition: p.Name,
		URLSuffix: p.URLSuffix, StackName: stack, StackID: stack}, parameters)
	if err != nil {
		t.Fatal(err)
	}
	values, err := evaluated.Outputs()
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]string{}
	for name, o := range values {
		if o.Description == "" {
			t.Errorf("%s: %s does not say what the step is", stack, name)
		}
		steps[name] = o.Value
	}
	return steps
}
