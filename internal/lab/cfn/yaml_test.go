package cfn_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/cfn"
)

// A template in YAML is the same as in JSON, with the short forms of functions.
func TestYAML(t *testing.T) {
	t.Parallel()
	const yaml = `
AWSTemplateFormatVersion: 2010-09-09
Description: Some | text
Parameters:
  Name: {Type: String, Default: "01"}
Conditions:
  Named: !Not [!Equals [!Ref Name, ""]]
  Both: !And [!Condition Named, !Equals [a, a]]
Resources:
  Role:
    Type: AWS::IAM::Role
    Condition: Both
    Properties:
      RoleName: !Sub "${Name}-role"
      MaxSessionDuration: 3600
      Description: !If [Named, !Join ["-", [a, !Ref Name]], !Ref AWS::NoValue]
      AssumeRolePolicyDocument: {Version: "2012-10-17"}
      Text: |
        two
        lines
`
	const json = `{
"Description": "Some | text",
"Parameters": {"Name": {"Type": "String", "Default": "01"}},
"Conditions": {
	"Named": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Name"}, ""]}]},
	"Both": {"Fn::And": [{"Condition": "Named"}, {"Fn::Equals": ["a", "a"]}]}},
"Resources": {"Role": {"Type": "AWS::IAM::Role", "Condition": "Both", "Properties": {
	"RoleName": {"Fn::Sub": "${Name}-role"}, "MaxSessionDuration": 3600,
	"Description": {"Fn::If": ["Named", {"Fn::Join": ["-", ["a", {"Ref": "Name"}]]}, {"Ref": "AWS::NoValue"}]},
	"AssumeRolePolicyDocument": {"Version": "2012-10-17"}, "Text": "two\nlines\n"}}}}`
	want, err := cfn.Parse([]byte(json))
	if err != nil {
		t.Fatal(err)
	}
	got, err := cfn.Parse([]byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	if got.Description != want.Description {
		t.Errorf("description %q, want %q", got.Description, want.Description)
	}
	if diff := cmp.Diff(want.Written(), got.Written()); diff != "" {
		t.Errorf("resources (-JSON +YAML):\n%s", diff)
	}
}
