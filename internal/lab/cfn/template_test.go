package cfn_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/cfn"
)

var environment = cfn.Environment{
	AccountID: "111111111111", Region: "eu-west-1", Partition: "aws-cn", URLSuffix: "amazonaws.com.cn",
	StackName: "repairs", StackID: "stack-id",
}

func parse(t *testing.T, template string) *cfn.Template {
	t.Helper()
	parsed, err := cfn.Parse([]byte(template))
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return parsed
}

func resolve(t *testing.T, template string, params map[string]string) *cfn.Evaluation {
	t.Helper()
	e, err := parse(t, template).Resolve(environment, params)
	if err != nil {
		t.Fatalf("resolve: %v", err)
	}
	return e
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one that says %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("error %q does not say %q", err, want)
	}
}

// realistic is what the CDK makes of a queue with its policy, a rule that fills it and a
// function that empties it. The function comes first, so that only its expressions put it
// after the role.
const realistic = `{
  "AWSTemplateFormatVersion": "2010-09-09",
  "Description": "A queue, a rule and a function.",
  "Metadata": {"AWS::CloudFormation::Interface": {"ParameterLabels": {"AutoRemediation": {"default": "CIS 4.1"}}}},
  "Parameters": {
    "AutoRemediation": {"Type": "String", "Default": "DISABLED", "AllowedValues": ["ENABLED", "DISABLED"], "Description": "Repairs."},
    "Organization": {"Type": "String", "Default": ""},
    "BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version", "Description": "Bootstrap."}
  },
  "Rules": {"CheckBootstrapVersion": {"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": [["1"], {"Ref": "BootstrapVersion"}]}]}}]}},
  "Conditions": {"InOrganization": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Organization"}, ""]}]}},
  "Resources": {
    "Dispatch": {
      "Type": "AWS::Lambda::Function",
      "Properties": {
        "FunctionName": "dispatch", "Timeout": 30, "Role": {"Fn::GetAtt": ["DispatchRole", "Arn"]},
        "Code": {"S3Bucket": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}, "S3Key": "08c1.zip"},
        "Environment": {"Variables": {
          "QUEUE_URL": {"Ref": "Queue"},
          "ORGANIZATION": {"Fn::If": ["InOrganization", {"Ref": "Organization"}, {"Ref": "AWS::NoValue"}]}}}},
      "DependsOn": ["DispatchLogs"],
      "Metadata": {"aws:cdk:path": "repairs/Dispatch/Resource"}
    },
    "DispatchLogs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 90}, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"},
    "DispatchRole": {
      "Type": "AWS::IAM::Role",
      "Properties": {"Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": [
        {"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}]}}]}
    },
    "BusPolicy": {"Type": "AWS::Events::EventBusPolicy", "Condition": "InOrganization", "Properties": {"StatementId": {"Ref": "Organization"}}},
    "Queue": {"Type": "AWS::SQS::Queue"},
    "QueuePolicy": {
      "Type": "AWS::SQS::QueuePolicy",
      "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Statement": [{
        "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
        "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["Imported", "Arn"]}}}}]}}
    },
    "Imported": {
      "Type": "AWS::Events::Rule",
      "Properties": {
        "State": {"Ref": "AutoRemediation"},
        "EventPattern": {"detail": {"findings": {"GeneratorId": [{"Fn::Sub": "arn:${AWS::Partition}:securityhub:::ruleset/rule/4.1"}]}}},
        "Targets": [{"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}]}
    }
  },
  "Outputs": {
    "QueueName": {"Description": "Where findings wait.", "Value": {"Fn::GetAtt": ["Queue", "QueueName"]}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-queue"}}},
    "Organization": {"Condition": "InOrganization", "Value": {"Ref": "Organization"}}
  }
}`

func TestRealisticTemplate(t *testing.T) {
	t.Parallel()
	e := resolve(t, realistic, map[string]string{"AutoRemediation": "ENABLED"})
	order, err := e.Order()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"DispatchLogs", "Queue", "DispatchRole", "Dispatch", "Imported", "QueuePolicy"}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Fatalf("order (-want +got):\n%s", diff)
	}
	got := map[string]cfn.Resource{}
	for _, id := range order {
		if got[id], err = e.Resource(id); err != nil {
			t.Fatal(err)
		}
		e.Record(id, id+"-ref", map[string]any{"Arn": id + "-arn", "QueueName": "findings"})
	}
	for id, want := range map[string]cfn.Resource{
		"Queue": {Type: "AWS::SQS::Queue", Properties: map[string]any{}, Metadata: map[string]any{}},
		"DispatchLogs": {Type: "AWS::Logs::LogGroup", Properties: map[string]any{"RetentionInDays": json.Number("90")},
			Metadata: map[string]any{}, DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain"},
		"Dispatch": {Type: "AWS::Lambda::Function", Properties: map[string]any{
			"FunctionName": "dispatch", "Timeout": json.Number("30"), "Role": "DispatchRole-arn",
			"Code": map[string]any{"S3Bucket": "cdk-hnb659fds-assets-111111111111-eu-west-1",
				"S3Key": "08c1.zip"},
			"Environment": map[string]any{"Variables": map[string]any{"QUEUE_URL": "Queue-ref"}},
		}, Metadata: map[string]any{"aws:cdk:path": "repairs/Dispatch/Resource"}},
		"QueuePolicy": {Type: "AWS::SQS::QueuePolicy",
			Properties: map[string]any{"Queues": []any{"Queue-ref"},
				"PolicyDocument": map[string]any{"Statement": []any{map[string]any{
					"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "Queue-arn",
					"Condition": map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": "Imported-arn"}}}}}},
			Metadata: map[string]any{}},
		"Imported": {Type: "AWS::Events::Rule", Properties: map[string]any{
			"State": "ENABLED",
			"EventPattern": map[string]any{
				"detail": map[string]any{
					"findings": map[string]any{"GeneratorId": []any{"arn:aws-cn:securityhub:::ruleset/rule/4.1"}}}},
			"Targets": []any{map[string]any{"Id": "queue", "Arn": "Queue-arn"}},
		}, Metadata: map[string]any{}},
	} {
		if diff := cmp.Diff(want, got[id]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	outputs, err := e.Outputs()
	if err != nil {
		t.Fatal(err)
	}
	wantOutputs := map[string]cfn.Output{"QueueName": {Value: "findings", Description: "Where findings wait.",
		ExportName: "repairs-queue"}}
	if diff := cmp.Diff(wantOutputs, outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

func TestConditionAddsResourcesAndProperties(t *testing.T) {
	t.Parallel()
	parsed := parse(t, realistic)
	if _, ok := parsed.Metadata["AWS::CloudFormation::Interface"]; !ok {
		t.Error("the metadata of the launch form is gone")
	}
	// Resolving twice must not leave traces of the first time.
	if _, err := parsed.Resolve(environment, nil); err != nil {
		t.Fatal(err)
	}
	e, err := parsed.Resolve(environment, map[string]string{"Organization": "o-a1b2c3d4e5"})
	if err != nil {
		t.Fatal(err)
	}
	order, err := e.Order()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(order, "BusPolicy") {
		t.Errorf("order %v lacks the resource whose condition holds", order)
	}
	for _, id := range order {
		e.Record(id, id+"-ref", map[string]any{"Arn": id + "-arn", "QueueName": "findings"})
	}
	dispatch, err := e.Resource("Dispatch")
	if err != nil {
		t.Fatal(err)
	}
	variables := dispatch.Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
	if variables["ORGANIZATION"] != "o-a1b2c3d4e5" {
		t.Errorf("variables %v lack the organization", variables)
	}
	outputs, err := e.Outputs()
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(outputs)); !slices.Equal(got, []string{"Organization", "QueueName"}) {
		t.Errorf("outputs %v", got)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const queue = `"Resources":{"Q":{"Type":"AWS::SQS::Queue"}}`
	tests := map[string]struct{ template, want string }{
		"no type in YAML":    {"Resources:\n  Q: {}", "Resources.Q: has no Type"},
		"broken YAML":        {"Resources: [", "template: "},
		"two documents":      {"Resources: {}\n---\nResources: {}", "template: must be one YAML document"},
		"unknown short form": {"Resources:\n  Q: !Magic x", "line 2: the function !Magic is not supported"},
		"key twice":          {"Resources:\n  Q: {Type: T}\n  Q: {Type: T}", "Q"},
		"anchor": {"Resources: &all {Q: {Type: T}}",
			"line 1: anchors, aliases and merges are not supported"},
		"list":               {`[]`, "template: must be a JSON object"},
		"no resources":       {`{"Resources":{}}`, "there are no Resources"},
		"unknown section":    {`{` + queue + `,"Hooks":{}}`, "template: Hooks is not supported"},
		"lower case section": {`{"resources":{}}`, "template: resources is not supported"},
		"transform": {`{` + queue + `,"Transform":"AWS::Serverless-2016-10-31"}`,
			"Transform AWS::Serverless-2016-10-31: macros are not supported"},
		"rule":    {`{` + queue + `,"Rules":{"Own":{}}}`, "Rules.Own: rules are not supported"},
		"no type": {`{"Resources":{"Q":{}}}`, "Resources.Q: has no Type"},
		"resource attribute": {`{"Resources":{"Q":{"Type":"T","CreationPolicy":{}}}}`,
			"Resources.Q: CreationPolicy is not supported"},
		"deletion policy": {`{"Resources":{"Q":{"Type":"T","DeletionPolicy":"Keep"}}}`,
			`Resources.Q: DeletionPolicy "Keep"`},
		"logical id": {`{"Resources":{"my-queue":{"Type":"T"}}}`,
			"Resources.my-queue: a logical id has only letters and digits"},
		"depends on nothing": {`{"Resources":{"Q":{"Type":"T","DependsOn":"R"}}}`,
			"Resources.Q.DependsOn: there is no resource R"},
		"depends on a number": {`{"Resources":{"Q":{"Type":"T","DependsOn":[1]}}}`, "Resources.Q: json"},
		"resource condition": {`{"Resources":{"Q":{"Type":"T","Condition":"C"}}}`,
			`Resources.Q: Condition: there is no condition "C"`},
		"properties by Ref": {`{"Resources":{"Q":{"Type":"T","Properties":{"Ref":"AWS::Region"}}}}`,
			"Resources.Q: Properties and Metadata must be objects"},
		"same name": {`{"Parameters":{"Q":{"Type":"String"}},` + queue + `}`,
			"Resources.Q: a parameter has the same name"},
		"output without value": {`{` + queue + `,"Outputs":{"O":{}}}`, "Outputs.O: has no Value"},
		"output condition": {`{` + queue + `,"Outputs":{"O":{"Value":"x","Condition":"C"}}}`,
			`Outputs.O: Condition: there is no condition "C"`},
		"output reference": {`{` + queue + `,"Outputs":{"O":{"Value":{"Ref":"X"}}}}`,
			`Outputs.O.Value: Ref: there is no parameter or resource "X"`},
		"export": {`{` + queue + `,"Outputs":{"O":{"Value":"x","Export":{"name":"x"}}}}`,
			"name is not supported"},
		"export reference": {`{` + queue + `,"Outputs":{"O":{"Value":"x","Export":{"Name":{"Ref":"X"}}}}}`,
			`Outputs.O.Export.Name: Ref: there is no`},
		"metadata reference": {`{"Resources":{"Q":{"Type":"T","Metadata":{"a":{"Ref":"X"}}}}}`,
			"Resources.Q.Metadata.a: Ref"},
		"parameter type": {`{"Parameters":{"P":{"Type":"AWS::EC2::VPC::Id"}},` + queue + `}`,
			`Parameters.P: the type "AWS::EC2::VPC::Id" is not supported`},
		"parameter attribute": {`{"Parameters":{"P":{"Type":"String","Maxlength":1}},` + queue + `}`,
			"Parameters.P: Maxlength is not supported"},
		"parameter pattern": {`{"Parameters":{"P":{"Type":"String","AllowedPattern":"("}},` + queue + `}`,
			"Parameters.P: AllowedPattern"},
		"length of a number": {`{"Parameters":{"P":{"Type":"Number","MinLength":1}},` + queue + `}`,
			"MinLength and MaxLength are for the type String"},
		"value of a string": {`{"Parameters":{"P":{"Type":"String","MinValue":1}},` + queue + `}`,
			"MinValue and MaxValue are for the type Number"},
		"unused condition": {`{"Conditions":{"C":{"Fn::Equals":[{"Ref":"X"},"a"]}},` + queue + `}`,
			`Conditions.C.Fn::Equals[0]: Ref: there is no parameter or resource "X"`},
		"condition form": {`{"Conditions":{"C":true},` + queue + `}`,
			"Conditions.C: a condition is an object with one function"},
		"condition function": {`{"Conditions":{"C":{"Fn::Xor":[1,2]}},` + queue + `}`,
			"Conditions.C: Fn::Xor is not a condition function"},
		"condition arity": {`{"Conditions":{"C":{"Fn::And":[{"Condition":"D"}]},"D":{"Fn::Equals":[1,1]}},` +
			queue + `}`, "Fn::And takes a list of 2 to 10 arguments"},
		"condition name": {`{"Conditions":{"C":{"Fn::Not":[{"Condition":"D"}]}},` + queue + `}`,
			`Conditions.C.Fn::Not[0]: Condition: there is no condition "D"`},
		"condition name form": {`{"Conditions":{"C":{"Condition":1}},` + queue + `}`,
			"Conditions.C: Condition takes a name"},
		"condition of resource": {`{"Conditions":{"C":{"Fn::Equals":[{"Ref":"Q"},"a"]}},` + queue + `}`,
			"a condition can depend only on parameters"},
		"condition of GetAtt": {`{"Conditions":{"C":{"Fn::Equals":[{"Fn::Sub":"${Q.Arn}"},"a"]}},` + queue + `}`,
			"a condition can depend only on parameters"},
		"condition cycle": {`{"Conditions":{"A":{"Fn::Not":[{"Condition":"B"}]},"B":{"Condition":"A"}},` + queue +
			`}`, "Conditions refer to themselves: A -> B -> A"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := cfn.Parse([]byte(test.template))
			wantError(t, err, test.want)
		})
	}
}

// property is a template whose resource R has one property P with an expression. Q is a
// resource to refer to, and No one that does not exist.
func property(expression string) string {
	return fmt.Sprintf(`{
  "Parameters": {
    "Text": {"Type": "String", "Default": "text"},
    "Number": {"Type": "Number", "Default": 1},
    "List": {"Type": "CommaDelimitedList", "Default": "a, b,c"},
    "None": {"Type": "List<String>", "Default": ""}},
  "Mappings": {"Map": {"eu-west-1": {"Zone": "z1", "List": ["x", "y"], "Number": 7}}},
  "Conditions": {"Yes": {"Fn::Equals": [1, "1"]}, "Never": {"Fn::Not": [{"Condition": "Yes"}]}},
  "Resources": {"Q": {"Type": "T"}, "No": {"Type": "T", "Condition": "Never"}, "R": {"Type": "T", "Properties": {"P": %s}}}}`, expression)
}
