package jsonpath_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/jsonpath"
)

const groups = `{
  "SecurityGroups": [
    {"GroupId": "sg-1", "GroupName": "web", "IpPermissions": [{"FromPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]},
    {"GroupId": "sg-2", "Tags": [{"Key": "a-b", "Value": null}], "Nested": {"GroupId": "sg-3"}}
  ],
  "NextToken": null,
  "x-id": {"0": "zero"},
  "GroupId": {"GroupId": "inner"}
}`

func TestSelect(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path    string
		want    any
		missing bool
	}{
		"child": {path: "$.x-id.0", want: "zero"},
		"index": {path: "$.SecurityGroups[1].GroupId", want: "sg-2"},
		"index after index": {path: "$.SecurityGroups[0].IpPermissions[0].IpRanges[0].CidrIp",
			want: "0.0.0.0/0"},
		"list": {path: "$.SecurityGroups[1].Tags",
			want: []any{map[string]any{"Key": "a-b", "Value": nil}}},
		"null is there":         {path: "$.NextToken", want: nil},
		"missing child":         {path: "$.Groups", missing: true},
		"missing below missing": {path: "$.Groups.Name", missing: true},
		"index past the end":    {path: "$.SecurityGroups[2]", missing: true},
		"index of an object":    {path: "$.x-id[0]", missing: true},
		"child of a list":       {path: "$.SecurityGroups.GroupId", missing: true},
		"child of a text":       {path: "$.SecurityGroups[0].GroupId.x", missing: true},
		"scan":                  {path: "$..CidrIp", want: []any{"0.0.0.0/0"}},
		"scan, sorted keys": {path: "$..GroupId",
			want: []any{map[string]any{"GroupId": "inner"}, "inner", "sg-1", "sg-2", "sg-3"}},
		"scan finds nothing":       {path: "$..VpcId", want: []any{}},
		"scan below a child":       {path: "$.SecurityGroups[1]..GroupId", want: []any{"sg-2", "sg-3"}},
		"child of scan":            {path: "$..IpRanges[0].CidrIp", want: []any{"0.0.0.0/0"}},
		"index applies to each":    {path: "$..Tags[0].Key", want: []any{"a-b"}},
		"child of scan, none left": {path: "$..IpRanges.CidrIp", want: []any{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var value any
			if err := json.Unmarshal([]byte(groups), &value); err != nil {
				t.Fatal(err)
			}
			path, err := jsonpath.Compile(test.path)
			if err != nil {
				t.Fatal(err)
			}
			if path.String() != test.path {
				t.Errorf("String() = %q, want %q", path, test.path)
			}
			got, ok := path.Select(value)
			if ok == test.missing {
				t.Errorf("found = %t, want %t", ok, !test.missing)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Select (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                      "must begin with $.",
		"$":                     "must begin with $.",
		"$[0]":                  "must begin with $.",
		"SecurityGroups":        "must begin with $.",
		"$.":                    `"." is not one of`,
		"$..":                   `".." is not one of`,
		"$.a.":                  `"." is not one of`,
		"$.a...b":               `"...b" is not one of`,
		"$.a[*].b":              `"[*].b" is not one of`,
		"$.*":                   `".*" is not one of`,
		"$.a[?(@.b == 'c')].d":  `"[?(@.b == 'c')].d" is not one of`,
		"$.a[0:2]":              `"[0:2]" is not one of`,
		"$.a[0,1]":              `"[0,1]" is not one of`,
		"$.a[-1]":               `"[-1]" is not one of`,
		"$.a['b']":              `"['b']" is not one of`,
		"$.a.length()":          `"()" is not one of`,
		"$.a b":                 `" b" is not one of`,
		"$.a[99999999999999999": `is not one of`,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, err := jsonpath.Compile(text)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Compile(%q) = %v, want an error with %q", text, err, want)
			}
		})
	}
}

func TestCompileSelector(t *testing.T) {
	t.Parallel()
	const stacks = `{"Stacks": [{"Name": "s", "Outputs": [{"Key": "X", "Value": "1"}, {"Key": "Y", "Value": "2"}, {"Key": "Z", "Value": "2", "On": true, "N": 3}]}]}`
	for path, want := range map[string]any{
		"$.Stacks[0].Name":                             "s",
		"Stacks[0].Name":                               "s",
		"$['Stacks'][0][\"Name\"]":                     "s",
		"$.Stacks[0]['Outputs'][0].Key":                "X",
		"$.Stacks[0].Outputs[?(@.Key=='X')].Value":     "1",
		"$.Stacks[0].Outputs[?(@.Key == \"Y\")].Value": "2",
		"$.Stacks[0].Outputs[?(@.Value=='2')].Key":     []any{"Y", "Z"},
		"$.Stacks[0].Outputs[?(@.On==true)].Key":       "Z",
		"$.Stacks[0].Outputs[?(@.N==3)].Key":           "Z",
		"$.Stacks[0].Outputs[?(@.N=='3')].Key":         nil,
		"$.Stacks[0].Outputs[?(@.Key=='Q')].Value":     nil,
		"$.Stacks[?(@.Key=='Q')]":                      nil,
		"$.Stacks[0][?(@.Name=='s')]":                  nil,
		"$..Outputs[?(@.Key=='X')].Value":              []any{"1"},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			var value any
			if err := json.Unmarshal([]byte(stacks), &value); err != nil {
				t.Fatal(err)
			}
			p, err := jsonpath.CompileSelector(path)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := p.Select(value)
			if diff := cmp.Diff(want, got); diff != "" || ok != (want != nil) ||
				p.Filters() != strings.Contains(path, "?") {
				t.Errorf("found = %t, filters = %t (-want +got):\n%s", ok, p.Filters(), diff)
			}
		})
	}
	root, err := jsonpath.CompileSelector("$")
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := root.Select("all"); got != "all" || !ok {
		t.Errorf("$ gives %v, %t", got, ok)
	}
	for _, path := range []string{"", "$.", "$.a[*]", "$.a[0:2]", "$.a[?(@.b)]", "$.a[?(@.b!='c')]", "$.a.length()",
		".a.", "$a b"} {
		if _, err := jsonpath.CompileSelector(path); err == nil {
			t.Errorf("%q is taken", path)
		}
	}
}
