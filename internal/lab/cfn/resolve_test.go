package cfn_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParameters(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		declaration, value string
		want               any    // what Ref gives
		err                string // or what the error says
	}{
		"string":        {`"Type":"String"`, "any thing", "any thing", ""},
		"empty string":  {`"Type":"String"`, "", "", ""},
		"allowed value": {`"Type":"String","AllowedValues":["a","b"]`, "b", "b", ""},
		"not allowed value": {`"Type":"String","AllowedValues":["a","b"]`, "c", nil,
			`parameter P: "c" is not one of the allowed values a, b`},
		"allowed number": {`"Type":"Number","AllowedValues":[1,2]`, "2", "2", ""},
		"pattern":        {`"Type":"String","AllowedPattern":"\\d{12}"`, "111111111111", "111111111111", ""},
		"pattern in part": {`"Type":"String","AllowedPattern":"\\d{12}"`, "1111111111112", nil,
			"does not match the pattern"},
		"pattern or": {`"Type":"String","AllowedPattern":"a|bc"`, "ac", nil, "does not match the pattern"},
		"description": {`"Type":"String","AllowedPattern":"a","ConstraintDescription":"must be a"`, "b", nil,
			"(must be a)"},
		"length":            {`"Type":"String","MinLength":2,"MaxLength":"3"`, "äöü", "äöü", ""},
		"too short":         {`"Type":"String","MinLength":2`, "a", nil, `"a" has 1 characters`},
		"too long":          {`"Type":"String","MaxLength":2`, "abc", nil, `"abc" has 3 characters`},
		"number":            {`"Type":"Number","MinValue":1,"MaxValue":5`, "1.5", "1.5", ""},
		"no number":         {`"Type":"Number"`, "one", nil, `"one" is not a number`},
		"too small":         {`"Type":"Number","MinValue":1`, "0", nil, "0 is outside of 1"},
		"too large":         {`"Type":"Number","MaxValue":5`, "6", nil, "6 is outside of"},
		"list":              {`"Type":"CommaDelimitedList"`, "a, b ,c", []any{"a", "b", "c"}, ""},
		"list of strings":   {`"Type":"List<String>","AllowedValues":["a","b"]`, "b,a", []any{"b", "a"}, ""},
		"list, not allowed": {`"Type":"CommaDelimitedList","AllowedValues":["a"]`, "a,b", nil, `"b" is not one of`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			template := `{"Parameters":{"P":{` + test.declaration +
				`}},"Resources":{"R":{"Type":"T","Properties":{"P":{"Ref":"P"}}}}}`
			e, err := parse(t, template).Resolve(environment, map[string]string{"P": test.value})
			if test.err != "" {
				wantError(t, err, test.err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r, err := e.Resource("R")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, r.Properties["P"]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolveReportsAllParameters(t *testing.T) {
	t.Parallel()
	template := parse(t,
		`{"Parameters":{"Missing":{"Type":"String"},"Bad":{"Type":"Number"},"Default":{"Type":"String","Default":"x","MaxLength":0}},
  "Resources":{"R":{"Type":"T"}}}`)
	_, err := template.Resolve(environment, map[string]string{"Bad": "x", "Unknown": "y"})
	for _, want := range []string{
		"parameter Missing: has no default and no value was given",
		`parameter Bad: "x" is not a number`,
		"parameter Unknown: the template does not have it",
		"parameter Default:",
	} {
		wantError(t, err, want)
	}
}

func TestSSMParameter(t *testing.T) {
	t.Parallel()
	const declaration = `{"Type":"AWS::SSM::Parameter::Value<String>","Default":"/path"}`
	unused := `{"Parameters":{"P":` + declaration + `},"Resources":{"R":{"Type":"T"}}}`
	used := `{"Parameters":{"P":` + declaration +
		`},"Resources":{"R":{"Type":"T","Properties":{"P":{"Fn::Sub":"<${P}>"}}}}}`

	resolve(t, unused, nil)
	_, err := parse(t, used).Resolve(environment, nil)
	wantError(t, err, "parameter P: its value is in the SSM parameter /path, which cannot be looked up here")

	env := environment
	env.SSMParameter = func(name string) (string, error) { return "value of " + name, nil }
	e, err := parse(t, used).Resolve(env, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Resource("R")
	if err != nil {
		t.Fatal(err)
	}
	if want := "<value of /path>"; r.Properties["P"] != want {
		t.Errorf("got %v, want %s", r.Properties["P"], want)
	}

	env.SSMParameter = func(string) (string, error) { return "", errors.New("no such parameter") }
	_, err = parse(t, used).Resolve(env, nil)
	wantError(t, err, "parameter P: no such parameter")
	_, err = parse(t, strings.Replace(unused, `,"Default":"/path"`, "", 1)).Resolve(environment, nil)
	wantError(t, err, "parameter P: has no default")
}

func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	const conditions = `"Conditions":{"Yes":{"Fn::Equals":[1,1]},"No":{"Fn::Not":[{"Condition":"Yes"}]}}`
	resources := func(properties string) string {
		return fmt.Sprintf(`{%s,"Resources":{"A":{"Type":"T","Condition":"No"},"B":{"Type":"T","Properties":%s}}}`,
			conditions, properties)
	}
	const gone = ": the condition of that resource does not hold"
	tests := map[string]struct{ template, want string }{
		"Ref": {resources(`{"p":{"Ref":"A"}}`), "Resources.B.Properties.p: Ref A" + gone},
		"GetAtt": {resources(`{"p":{"Fn::If":["Yes",{"Fn::GetAtt":["A","Arn"]},1]}}`),
			"Resources.B.Properties.p: Fn::GetAtt A" + gone},
		"Sub": {resources(`{"p":{"Fn::Sub":"${A.Arn}"}}`), "Resources.B.Properties.p: Fn::GetAtt A" + gone},
		"output": {strings.TrimSuffix(resources(`{}`), "}") + `,"Outputs":{"O":{"Value":{"Ref":"A"}}}}`,
			"Outputs.O.Value: Ref A" + gone},
		"Equals list": {`{"Conditions":{"C":{"Fn::Equals":[["a"],"a"]}},"Resources":{"R":{"Type":"T"}}}`,
			"Conditions.C.Fn::Equals[0]: must be a string"},
		"Equals null":  {`{"Conditions":{"C":{"Fn::Not":[{"Fn::Equals":["a",{"Ref":"AWS::NoValue"}]}]}},"Resources":{"R":{"Type":"T"}}}`, "Conditions.C.Fn::Not[0].Fn::Equals[1]: Ref: AWS::NoValue cannot be used here"},
		"empty If":     {resources(`{"p":{"Fn::Join":["",{"Fn::If":["Yes",{"Ref":"A"},[]]}]}}`), gone},
		"mapping name": {`{"Mappings":{"M":{"a":{"b":1}}},"Conditions":{"C":{"Fn::Equals":[{"Fn::FindInMap":["M","x","b"]},"a"]}},"Resources":{"R":{"Type":"T"}}}`, "there is no M.x.b"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(t, test.template).Resolve(environment, nil)
			wantError(t, err, test.want)
		})
	}
}

func TestResolveNeedsTheEnvironment(t *testing.T) {
	t.Parallel()
	env := environment
	env.Partition, env.StackID = "", ""
	_, err := parse(t, `{"Resources":{"R":{"Type":"T"}}}`).Resolve(env, nil)
	wantError(t, err, "the environment has no value for AWS::Partition")
	wantError(t, err, "the environment has no value for AWS::StackId")
}

func TestOrder(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		resources string
		want      []string
		err       string
	}{
		"by name": {`"B":{"Type":"T"},"A":{"Type":"T"}`, []string{"A", "B"}, ""},
		"Ref": {`"A":{"Type":"T","Properties":{"p":[{"Ref":"B"}]}},"B":{"Type":"T"}`,
			[]string{"B", "A"}, ""},
		"GetAtt": {`"A":{"Type":"T","Properties":{"p":{"Fn::GetAtt":"B.Arn"}}},"B":{"Type":"T"}`,
			[]string{"B", "A"}, ""},
		"Sub": {`"A":{"Type":"T","Properties":{"p":{"Fn::Sub":"x${B}"}}},"B":{"Type":"T"}`,
			[]string{"B", "A"}, ""},
		"Sub attribute": {`"A":{"Type":"T","Properties":{"p":{"Fn::Sub":"${B.Arn}"}}},"B":{"Type":"T"}`,
			[]string{"B", "A"}, ""},
		"Sub variable": {
			`"A":{"Type":"T","Properties":{"p":{"Fn::Sub":["${v}",{"v":{"Ref":"B"}}]}}},"B":{"Type":"T"}`,
			[]string{"B", "A"}, ""},
		"Sub hides a name": {`"A":{"Type":"T","Properties":{"p":{"Fn::Sub":["${B}",{"B":"own"}]}}},"B":{"Type":"T"}`,
			[]string{"A", "B"}, ""},
		"Sub literal": {`"A":{"Type":"T","Properties":{"p":{"Fn::Sub":"${!B}"}}},"B":{"Type":"T"}`,
			[]string{"A", "B"}, ""},
		"metadata": {`"A":{"Type":"T","Metadata":{"p":{"Ref":"B"}}},"B":{"Type":"T"}`, []string{"B", "A"},
			""},
		"DependsOn": {`"A":{"Type":"T","DependsOn":"C"},"B":{"Type":"T","DependsOn":["A"]},"C":{"Type":"T"}`,
			[]string{"C", "A", "B"}, ""},
		"If not taken": {`"A":{"Type":"T","Properties":{"p":{"Fn::If":["No",{"Ref":"B"},1]}}},"B":{"Type":"T"}`,
			[]string{"A", "B"}, ""},
		"condition": {`"A":{"Type":"T","Condition":"No"},"B":{"Type":"T","DependsOn":"A"}`, []string{"B"},
			""},
		"cycle": {
			`"A":{"Type":"T","DependsOn":"B"},"B":{"Type":"T","Properties":{"p":{"Ref":"C"}}},"C":{"Type":"T","Properties":{"p":{"Ref":"B"}}}`, nil, "resources depend on each other: B -> C -> B"},
		"cycle of one": {`"A":{"Type":"T","Properties":{"p":{"Fn::GetAtt":["A","Arn"]}}}`, nil, "A -> A"},
		"no cycle by If": {
			`"A":{"Type":"T","Properties":{"p":{"Ref":"B"}}},"B":{"Type":"T","Properties":{"p":{"Fn::If":["No",{"Ref":"A"},1]}}}`, []string{"B", "A"}, ""},
		"needed by two": {
			`"A":{"Type":"T","DependsOn":["C","D"]},"B":{"Type":"T","DependsOn":"C"},"C":{"Type":"T","DependsOn":"D"},"D":{"Type":"T"}`, []string{"D", "C", "A", "B"}, ""},
		"parameters are free": {`"A":{"Type":"T","Properties":{"p":{"Ref":"P"},"q":{"Ref":"AWS::Region"}}}`,
			[]string{"A"}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := resolve(t, `{"Parameters":{"P":{"Type":"String","Default":"p"}},"Conditions":{"No":{"Fn::Equals":["a","b"]}},"Resources":{`+test.resources+`}}`, nil)
			got, err := e.Order()
			if test.err != "" {
				wantError(t, err, test.err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
