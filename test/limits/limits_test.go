package limits_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/build/templates"
	"hubmend/test/limits"
)

type object = map[string]any

const folder = "../../" + templates.Folder

// kept reads the kept templates, by their names.
func kept(t *testing.T) map[string]limits.Template {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*"+templates.Suffix))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d templates (%v)", len(files), err)
	}
	all := map[string]limits.Template{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if all[strings.TrimSuffix(filepath.Base(file), templates.Suffix)], err = limits.Parse(text); err != nil {
			t.Fatal(file, err)
		}
	}
	return all
}

func complain(t *testing.T, uses []limits.Use) {
	t.Helper()
	for _, problem := range limits.Excess(uses) {
		t.Error(problem)
	}
}

func TestKeptTemplatesAreFarFromTheLimits(t *testing.T) {
	t.Parallel()
	for name, template := range kept(t) {
		complain(t, limits.Measure(name, template))
	}
}

// Each limit of a template is measured: something that is at the limit is too much.
func TestEachLimitIsMeasured(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("a", n) }
	many := func(n int) []any { return make([]any, n) }
	resource := func(kind string, properties object) limits.Template {
		return limits.Template{Resources: map[string]limits.Resource{"R": {Type: kind, Properties: properties}}}
	}
	parameters, resources, outputs := map[string]object{}, map[string]limits.Resource{}, object{}
	mappings, keys := map[string]object{}, object{}
	for i := range 500 {
		resources[fmt.Sprint("R", i)] = limits.Resource{}
	}
	for i := range 200 {
		parameters[fmt.Sprint("P", i)] = object{}
		mappings[fmt.Sprint("M", i)] = object{}
		outputs[fmt.Sprint("O", i)] = object{}
		keys[fmt.Sprint("K", i)] = object{"Text": ""}
	}
	for _, tc := range []struct {
		limit    limits.Limit
		template limits.Template
	}{
		{limits.RolePolicies, resource("AWS::IAM::Role", object{"Policies": []any{
			object{"PolicyDocument": object{"Statement": long(5120)}},
			object{"PolicyDocument": object{"Statement": long(5120)}}}})},
		{limits.TrustPolicy,
			resource("AWS::IAM::Role", object{"AssumeRolePolicyDocument": object{"Statement": long(2048)}})},
		{limits.RoleName, resource("AWS::IAM::Role", object{"RoleName": long(64)})},
		{limits.RolePath, resource("AWS::IAM::Role", object{"Path": long(512)})},
		{limits.RoleDescription, resource("AWS::IAM::Role", object{"Description": long(1000)})},
		{limits.ManagedPolicy,
			resource("AWS::IAM::ManagedPolicy", object{"PolicyDocument": object{"Statement": long(6144)}})},
		{limits.Resources, limits.Template{Resources: resources}},
		{limits.Parameters, limits.Template{Parameters: parameters}},
		{limits.Mappings, limits.Template{Mappings: mappings}},
		{limits.MappingKeys, limits.Template{Mappings: map[string]object{"M": keys}}},
		{limits.Outputs, limits.Template{Outputs: outputs}},
		{limits.TemplateText, limits.Template{Description: long(1024)}},
		{limits.ParameterText, limits.Template{Parameters: map[string]object{"P": {"Description": long(4000)}}}},
		{limits.LogicalID, limits.Template{Resources: map[string]limits.Resource{long(255): {}}}},
		{limits.DocumentSize, resource("AWS::SSM::Document", object{"Content": long(65_536)})},
		{limits.DocumentName, resource("AWS::SSM::Document", object{"Name": long(128)})},
		{limits.PatternSize,
			resource("AWS::Events::Rule", object{"EventPattern": object{"source": []any{long(2048)}}})},
		{limits.Targets, resource("AWS::Events::Rule", object{"Targets": many(5)})},
		{limits.RuleName, resource("AWS::Events::Rule", object{"Name": long(64)})},
		{limits.RuleText, resource("AWS::Events::Rule", object{"Description": long(512)})},
		{limits.InputTemplate,
			resource("AWS::Events::Rule",
				object{"Targets": []any{object{"InputTransformer": object{"InputTemplate": long(8192)}}}})},
		{limits.BusPolicy, resource("AWS::Events::EventBusPolicy", object{"Statement": long(10_240)})},
		{limits.QueuePolicy,
			resource("AWS::SQS::QueuePolicy", object{"PolicyDocument": object{"Version": long(8192)}})},
		{limits.QueueStatements,
			resource("AWS::SQS::QueuePolicy", object{"PolicyDocument": object{"Statement": many(20)}})},
		{limits.TopicPolicy,
			resource("AWS::SNS::TopicPolicy", object{"PolicyDocument": object{"Version": long(30_720)}})},
		{limits.Environment,
			resource("AWS::Lambda::Function", object{"Environment": object{"Variables": object{"A": long(4096)}}})},
		{limits.FunctionText, resource("AWS::Lambda::Function", object{"Description": long(256)})},
		{limits.FunctionName, resource("AWS::Lambda::Function", object{"FunctionName": long(64)})},
		{limits.AlarmText, resource("AWS::CloudWatch::Alarm", object{"AlarmDescription": long(1024)})},
		{limits.ProductVersions,
			resource("AWS::ServiceCatalog::CloudFormationProduct",
				object{"ProvisioningArtifactParameters": many(100)})},
		{limits.StackSetWaits,
			resource("AWS::CloudFormation::StackSet",
				object{"AutoDeployment": object{"Fn::If": []any{"C", object{"DependsOn": many(10)}, object{}}}})},
	} {
		excess := limits.Excess(limits.Measure("t", tc.template))
		if len(excess) != 1 || !strings.Contains(excess[0], tc.limit.Name) {
			t.Errorf("%s: %q, want that it is too much", tc.limit.Name, excess)
		}
		if tc.limit.Source == "" {
			t.Errorf("%s: nobody says where it is from", tc.limit.Name)
		}
	}
	whole, err := limits.Parse([]byte(`{"Description": "` + long(500) + `"}` + strings.Repeat(" ", 999_500)))
	if excess := limits.Excess(limits.Measure("t", whole)); err != nil || len(excess) != 1 {
		t.Errorf("%q (%v), want that the template is too large", excess, err)
	}
}

// What CloudFormation fills in counts, at its longest.
func TestFunctionsCountAsTheyAreFilledIn(t *testing.T) {
	t.Parallel()
	role := func(policy any) int {
		for _, u := range limits.Measure("t", limits.Template{Resources: map[string]limits.Resource{"R": {
			Type: "AWS::IAM::Role", Properties: object{"Policies": []any{object{"PolicyDocument": policy}}},
		}}}) {
			if u.Limit == limits.RolePolicies {
				return u.N
			}
		}
		return 0
	}
	for _, tc := range []struct {
		policy any
		want   int
	}{
		{"abc", 3},
		{object{"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/x"},
			len("arn:aws-us-gov:iam::000000000000:role/x")},
		{object{"Fn::Sub": "${Parameter}"}, 120},
		{object{"Ref": "AWS::Region"}, len("ap-northeast-1")},
		{object{"Fn::Join": []any{"/", []any{"a", object{"Ref": "AWS::AccountId"}}}}, len("a/000000000000")},
		{object{"Fn::If": []any{"C", object{"a": "short"}, object{"a": "much longer"}}}, len(`{"a":"much longer"}`)},
		{[]any{"a", object{"Fn::GetAtt": []any{"Queue", "Arn"}}}, len(`["a",""]`) + 120},
	} {
		if got := role(tc.policy); got != tc.want {
			t.Errorf("%v: %d characters, want %d", tc.policy, got, tc.want)
		}
	}
}
