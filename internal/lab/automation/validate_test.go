package automation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/lab/automation"
)

const declaring = `
schemaVersion: "0.3"
parameters:
  P: {%s}
mainSteps: []
`

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		declared string
		given    []string // nil: the parameter is not passed
		want     string   // empty: accepted
	}{
		"String": {declared: "type: String", given: []string{"a"}},
		"a role": {declared: `type: "AWS::IAM::Role::Arn"`,
			given: []string{"arn:aws:iam::222222222222:role/r"}},
		"two roles": {declared: `type: "AWS::IAM::Role::Arn"`, given: []string{"a", "b"},
			want: "has 2 values, but type String takes one"},
		"instances": {declared: `type: "List<AWS::EC2::Instance::Id>"`, given: []string{"i-1", "i-2"}},
		"looking ahead": {declared: `type: String, allowedPattern: "(?=^.{3,9}$)(?!^x)[a-z-]+"`,
			given: []string{"a-b"}},
		"looking ahead, refused": {declared: `type: String, allowedPattern: "(?=^.{3,9}$)(?!^x)[a-z-]+"`,
			given: []string{"x-b"}, want: `value "x-b" does not match the allowed pattern`},
		"required": {declared: "type: String", want: "parameter P: is required, but has no value"},
		"two Strings": {declared: "type: String", given: []string{"a", "b"},
			want: "has 2 values, but type String takes one"},
		"no String": {declared: "type: String", given: []string{},
			want: "has 0 values, but type String takes one"},
		"empty String": {declared: "type: String", given: []string{""},
			want: "value has 0 characters, but must have 1 to 512"},
		"longest String": {declared: "type: String", given: []string{strings.Repeat("é", 512)}},
		"too long String": {declared: "type: String", given: []string{strings.Repeat("é", 513)},
			want: "value has 513 characters"},
		"shortest": {declared: "type: String, minChars: 2, maxChars: 3", given: []string{"ab"}},
		"too few characters": {declared: "type: String, minChars: 2", given: []string{"a"},
			want: `value "a" must have 2 to 512 characters`},
		"too many characters": {declared: "type: String, maxChars: 3", given: []string{"abcd"},
			want: `value "abcd" must have 0 to 3 characters`},
		"default":                 {declared: `type: String, default: ""`},
		"default of another type": {declared: `type: String, default: 3`, want: "default: 3 is not of type String"},
		"default with a reference": {declared: `type: String, default: "{{ssm:/a}}"`,
			want: "which this executor does not resolve"},
		"Integer": {declared: "type: Integer", given: []string{"-3"}},
		"Integer, text": {declared: "type: Integer", given: []string{"three"},
			want: `"three" is not of type Integer`},
		"Integer, fraction": {declared: "type: Integer", given: []string{"3.5"},
			want: `"3.5" is not of type Integer`},
		"Integer, default": {declared: "type: Integer, default: 3"},
		"Integer, default in text": {declared: `type: Integer, default: "3"`,
			want: "default: 3 is not of type Integer"},
		"Boolean":        {declared: "type: Boolean", given: []string{"true"}},
		"Boolean, false": {declared: "type: Boolean", given: []string{"false"}},
		"Boolean, other spelling": {declared: "type: Boolean", given: []string{"True"},
			want: `"True" is not of type Boolean`},
		"Boolean, default in text": {declared: `type: Boolean, default: "true"`,
			want: "default: true is not of type Boolean"},
		"StringMap": {declared: "type: StringMap", given: []string{`{"a": 1}`}},
		"StringMap, list": {declared: "type: StringMap", given: []string{`[1]`},
			want: "is not of type StringMap"},
		"StringMap, null": {declared: "type: StringMap", given: []string{`null`},
			want: "is not of type StringMap"},
		"MapList": {declared: "type: MapList", given: []string{`{"a": 1}`, `{}`}},
		"MapList, texts": {declared: "type: MapList", given: []string{`{}`, `a`},
			want: `"a" is not of type StringMap`},
		"unknown type":          {declared: "type: Text", given: []string{"a"}, want: `unknown type "Text"`},
		"unknown type, default": {declared: "type: Text, default: a", want: `unknown type "Text"`},
		"StringList":            {declared: "type: StringList", given: []string{"a", "b"}},
		"50 items":              {declared: "type: StringList", given: slices.Repeat([]string{"a"}, 50)},
		"51 items": {declared: "type: StringList", given: slices.Repeat([]string{"a"}, 51),
			want: "has 51 values, but at most 50 are allowed"},
		"minItems": {declared: "type: StringList, minItems: 2", given: []string{"a", "b"}},
		"minItems, fewer": {declared: "type: StringList, minItems: 2", given: []string{"a"},
			want: "has 1 values, but at least 2 are required"},
		"maxItems": {declared: "type: StringList, maxItems: 2", given: []string{"a", "b"}},
		"maxItems, more": {declared: "type: StringList, maxItems: 1", given: []string{"a", "b"},
			want: "has 2 values, but at most 1 are allowed"},
		"allowedValues": {declared: "type: String, allowedValues: [a, b]", given: []string{"b"}},
		"allowedValues, other": {declared: "type: String, allowedValues: [a, b]", given: []string{"c"},
			want: `value "c" is not one of the allowed values a, b`},
		"allowedValues, each item": {declared: "type: StringList, allowedValues: [a, b]", given: []string{"a", "c"},
			want: `value "c" is not`},
		"allowedPattern": {declared: `type: String, allowedPattern: "^sg-[0-9a-f]{8,17}$"`,
			given: []string{"sg-0123abcd"}},
		"allowedPattern, no match": {declared: `type: String, allowedPattern: "^sg-[0-9a-f]{8,17}$"`,
			given: []string{"sg-x"}, want: `value "sg-x" does not match the allowed pattern`},
		"allowedPattern, whole": {declared: `type: String, allowedPattern: "[a-z]+"`, given: []string{"ab1"},
			want: `value "ab1" does not match`},
		"allowedPattern, choice": {declared: `type: String, allowedPattern: "a|b"`, given: []string{"ax"},
			want: `value "ax" does not match`},
		"allowedPattern, newline": {declared: `type: String, allowedPattern: "^a$"`, given: []string{"a\n"},
			want: `does not match`},
		"allowedPattern, each item": {declared: `type: StringList, allowedPattern: "[0-9]+"`,
			given: []string{"22", "x"}, want: `value "x" does not match`},
		"allowedPattern, Integer": {declared: `type: Integer, allowedPattern: "[0-9]"`, given: []string{"22"},
			want: `value "22" does not match`},
		"allowedPattern, broken": {declared: `type: String, allowedPattern: "(a"`, given: []string{"a"},
			want: "allowedPattern: error parsing regexp"},
		"reference is data": {declared: "type: String", given: []string{"{{ Q }}"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parameters := map[string][]string{}
			if test.given != nil {
				parameters["P"] = test.given
			}
			req := request(t, fmt.Sprintf(declaring, test.declared), parameters)
			err := automation.Validate(req.Document, req.Parameters)
			if test.want == "" {
				if err != nil {
					t.Errorf("Validate() = %v, want it accepted", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Validate() = %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestValidateNamesEveryProblem(t *testing.T) {
	t.Parallel()
	parameters := map[string][]string{"A": {"x"}}
	for i := range 200 {
		parameters[fmt.Sprintf("B%d", i)] = []string{"x"}
	}
	req := request(t, fmt.Sprintf(declaring, "type: String"), parameters)
	err := automation.Validate(req.Document, req.Parameters)
	for _, want := range []string{
		"201 parameters are given, but at most 200 are allowed",
		"parameter A is not declared by the document",
		"parameter B199 is not declared by the document",
		"parameter P: is required",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q", want)
		}
	}
}
