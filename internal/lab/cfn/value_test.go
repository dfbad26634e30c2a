package cfn_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/cfn"
)

func TestFunctions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		expression string
		want       any
	}{
		"data": {`{"a":[1,true,null,"x"],"Condition":"c"}`,
			map[string]any{"a": []any{json.Number("1"), true, nil, "x"}, "Condition": "c"}},
		"Ref parameter":     {`{"Ref":"Text"}`, "text"},
		"Ref number":        {`{"Ref":"Number"}`, "1"},
		"Ref list":          {`{"Ref":"List"}`, []any{"a", "b", "c"}},
		"Ref empty list":    {`{"Ref":"None"}`, []any{}},
		"Ref resource":      {`{"Ref":"Q"}`, "q-ref"},
		"Ref account":       {`{"Ref":"AWS::AccountId"}`, "111111111111"},
		"Ref Region":        {`{"Ref":"AWS::Region"}`, "eu-west-1"},
		"Ref partition":     {`{"Ref":"AWS::Partition"}`, "aws-cn"},
		"Ref suffix":        {`{"Ref":"AWS::URLSuffix"}`, "amazonaws.com.cn"},
		"Ref stack":         {`[{"Ref":"AWS::StackName"},{"Ref":"AWS::StackId"}]`, []any{"repairs", "stack-id"}},
		"NoValue in a list": {`["a",{"Ref":"AWS::NoValue"},"b"]`, []any{"a", "b"}},
		"NoValue in object": {`{"a":{"Ref":"AWS::NoValue"},"b":1}`, map[string]any{"b": json.Number("1")}},
		"GetAtt list":       {`{"Fn::GetAtt":["Q","Arn"]}`, "q-arn"},
		"GetAtt text":       {`{"Fn::GetAtt":"Q.Nested.Name"}`, "nested"},
		"Sub": {`{"Fn::Sub":"${AWS::Region}/${Text}/${Number}/${Q}/${Q.Arn}/${!Literal}/$x"}`,
			"eu-west-1/text/1/q-ref/q-arn/${Literal}/$x"},
		"Sub variables": {
			`{"Fn::Sub":["${a}-${Text}-${n}",{"a":{"Fn::Join":["",["x",{"Ref":"Q"}]]},"n":5,"Text":"own"}]}`,
			"xq-ref-own-5"},
		"Join":               {`{"Fn::Join":[":",["arn",{"Ref":"AWS::Partition"},1,true]]}`, "arn:aws-cn:1:true"},
		"Join list":          {`{"Fn::Join":["|",{"Ref":"List"}]}`, "a|b|c"},
		"Join drops NoValue": {`{"Fn::Join":[",",["a",{"Ref":"AWS::NoValue"}]]}`, "a"},
		"Split":              {`{"Fn::Split":["|","a||b"]}`, []any{"a", "", "b"}},
		"Select":             {`{"Fn::Select":[1,{"Fn::Split":["-",{"Fn::GetAtt":["Q","Arn"]}]}]}`, "arn"},
		"Select by text":     {`{"Fn::Select":[{"Ref":"Number"},{"Ref":"List"}]}`, "b"},
		"If true":            {`{"Fn::If":["Yes","a","b"]}`, "a"},
		"If false":           {`{"Fn::If":["Never",{"Ref":"No"},{"Fn::If":["Yes",["x"],"y"]}]}`, []any{"x"}},
		"If NoValue":         {`{"a":{"Fn::If":["Never",1,{"Ref":"AWS::NoValue"}]}}`, map[string]any{}},
		"FindInMap":          {`{"Fn::FindInMap":["Map",{"Ref":"AWS::Region"},"Zone"]}`, "z1"},
		"FindInMap list":     {`{"Fn::FindInMap":["Map","eu-west-1","List"]}`, []any{"x", "y"}},
		"FindInMap number":   {`{"Fn::FindInMap":["Map","eu-west-1","Number"]}`, json.Number("7")},
		"Base64":             {`{"Fn::Base64":{"Fn::Sub":"${Text}"}}`, "dGV4dA=="},
		"runbook variable":   {`"{{ AutomationAssumeRole }}"`, "{{ AutomationAssumeRole }}"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := resolve(t, property(test.expression), nil)
			e.Record("Q", "q-ref", map[string]any{"Arn": "q-arn", "Nested.Name": "nested"})
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

func TestFunctionsRefuseForm(t *testing.T) {
	t.Parallel()
	const at = "Resources.R.Properties.P"
	tests := map[string]struct{ expression, want string }{
		"unknown function": {`{"a":[{"Fn::Cidr":["10.0.0.0/16",1,8]}]}`,
			at + ".a[0]: the function Fn::Cidr is not supported"},
		"GetAZs":                 {`{"Fn::GetAZs":""}`, "the function Fn::GetAZs is not supported"},
		"ImportValue":            {`{"Fn::ImportValue":"x"}`, "the function Fn::ImportValue is not supported"},
		"function among data":    {`{"Fn::Sub":"x","b":1}`, at + ": Fn::Sub must be the only key"},
		"Ref among data":         {`{"A":1,"Ref":"Q"}`, at + ": Ref must be the only key"},
		"condition function":     {`{"Fn::Equals":[1,1]}`, at + ": Fn::Equals can be used only in Conditions"},
		"dynamic reference":      {`"{{resolve:ssm:/x}}"`, at + ": dynamic references"},
		"dynamic reference, Sub": {`{"Fn::Sub":"{{resolve:ssm:/${Text}}}"}`, at + ": dynamic references"},
		"undefined Ref":          {`{"Ref":"X"}`, at + `: Ref: there is no parameter or resource "X"`},
		"undefined pseudo": {`{"Ref":"AWS::NotificationARNs"}`,
			`no parameter or resource "AWS::NotificationARNs"`},
		"Ref of a list":         {`{"Ref":["Q"]}`, at + ": Ref takes a name"},
		"GetAtt of nothing":     {`{"Fn::GetAtt":["X","Arn"]}`, at + `: Fn::GetAtt: there is no resource "X"`},
		"GetAtt of a parameter": {`{"Fn::GetAtt":"Text.Arn"}`, `there is no resource "Text"`},
		"GetAtt without name": {`{"Fn::GetAtt":"Q"}`,
			at + ": Fn::GetAtt takes a logical id and the name of an attribute"},
		"GetAtt of three":         {`{"Fn::GetAtt":["Q","a","b"]}`, "Fn::GetAtt takes a logical id"},
		"Sub undefined":           {`{"Fn::Sub":"${X}"}`, at + `: Ref: there is no parameter or resource "X"`},
		"Sub undefined attribute": {`{"Fn::Sub":"${X.Arn}"}`, at + `: Fn::GetAtt: there is no resource "X"`},
		"Sub undefined variable":  {`{"Fn::Sub":["${a}",{"a":{"Ref":"X"}}]}`, at + `.Fn::Sub.a: Ref: there is no`},
		"Sub empty":               {`{"Fn::Sub":"${}"}`, `there is no parameter or resource ""`},
		"Sub form":                {`{"Fn::Sub":["x"]}`, at + ": Fn::Sub takes a text"},
		"Join arity":              {`{"Fn::Join":[","]}`, at + ": Fn::Join takes a list of 2 to 2 arguments"},
		"Split arity":             {`{"Fn::Split":"a"}`, "Fn::Split takes a list"},
		"Select arity":            {`{"Fn::Select":[0]}`, "Fn::Select takes a list"},
		"If arity":                {`{"Fn::If":["Yes",1]}`, "Fn::If takes a list of 3 to 3"},
		"If condition":            {`{"Fn::If":["X",1,2]}`, at + `: Fn::If: there is no condition "X"`},
		"If without a name":       {`{"Fn::If":[true,1,2]}`, "the first argument of Fn::If is the name of a condition"},
		"If side not taken":       {`{"Fn::If":["Yes",1,{"Ref":"X"}]}`, at + `.Fn::If[2]: Ref: there is no`},
		"FindInMap map":           {`{"Fn::FindInMap":["X","a","b"]}`, `Fn::FindInMap: there is no mapping "X"`},
		"FindInMap default":       {`{"Fn::FindInMap":["Map","a","b",{}]}`, "Fn::FindInMap takes a list of 3 to 3"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := cfn.Parse([]byte(property(test.expression)))
			wantError(t, err, test.want)
		})
	}
}

func TestFunctionsRefuseValues(t *testing.T) {
	t.Parallel()
	const at = "Resources.R.Properties.P"
	tests := map[string]struct{ expression, want string }{
		"not created":      {`{"Ref":"Q"}`, at + ": Ref: the resource Q is not created yet"},
		"not created, Sub": {`{"Fn::Sub":"${Q.Arn}"}`, at + ": ${Q.Arn}: the resource Q is not created yet"},
		"Sub of a list":    {`{"Fn::Sub":"${List}"}`, at + ": ${List}: must be a string, a number or a boolean"},
		"Join of a text":   {`{"Fn::Join":[",","a"]}`, at + ": Fn::Join: takes a text and a list"},
		"Join of lists":    {`{"Fn::Join":[",",[["a"]]]}`, "element 0: must be a string"},
		"Split of a list":  {`{"Fn::Split":[",",["a"]]}`, at + ": Fn::Split: takes a separator"},
		"Split by nothing": {`{"Fn::Split":["","a"]}`, "a separator that is not empty"},
		"Select past end": {`{"Fn::Select":[3,{"Ref":"List"}]}`,
			at + ": Fn::Select: there is no element 3 in a list of 3"},
		"Select before":  {`{"Fn::Select":["-1",["a"]]}`, "no element -1"},
		"Select by name": {`{"Fn::Select":["x",["a"]]}`, "takes an index and a list"},
		"FindInMap key": {`{"Fn::FindInMap":["Map",{"Ref":"Text"},"Zone"]}`,
			at + ": Fn::FindInMap: there is no Map.text.Zone"},
		"FindInMap list":    {`{"Fn::FindInMap":["Map",["a"],"Zone"]}`, "must be a string"},
		"Base64 of a list":  {`{"Fn::Base64":["a"]}`, at + ": Fn::Base64: must be a string"},
		"NoValue as a text": {`{"Fn::Base64":{"Ref":"AWS::NoValue"}}`, "AWS::NoValue cannot be used here"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := resolve(t, property(test.expression), nil).Resource("R")
			wantError(t, err, test.want)
		})
	}
}

func TestResourceRefuses(t *testing.T) {
	t.Parallel()
	e := resolve(t, property(`{"Fn::GetAtt":["Q","Url"]}`), nil)
	e.Record("Q", "q", map[string]any{"Arn": "a"})
	_, err := e.Resource("R")
	wantError(t, err, "Resources.R.Properties.P: Fn::GetAtt: the resource Q has no attribute Url")
	for _, id := range []string{"No", "Unknown"} {
		_, err = e.Resource(id)
		wantError(t, err, "there is no resource "+id)
	}
}

func TestOutputsRefuse(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`{"Ref":"Q"}`: "Outputs.O.Value: Ref: the resource Q is not created yet",
		`["a"]`:       "Outputs.O.Value: must be a string",
	} {
		e := resolve(t, fmt.Sprintf(`{"Resources":{"Q":{"Type":"T"}},"Outputs":{"O":{"Value":%s}}}`, value), nil)
		_, err := e.Outputs()
		wantError(t, err, want)
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	const yes, no = `{"Fn::Equals":[{"Ref":"P"},"x"]}`, `{"Fn::Equals":[{"Ref":"P"},"y"]}`
	tests := map[string]struct {
		condition string
		want      bool
	}{
		"Equals":        {yes, true},
		"Equals not":    {no, false},
		"Equals case":   {`{"Fn::Equals":["x","X"]}`, false},
		"Equals number": {`{"Fn::Equals":[1,"1"]}`, true},
		"Equals bool":   {`{"Fn::Equals":[true,"true"]}`, true},
		"Equals pseudo": {`{"Fn::Equals":[{"Fn::Sub":"${AWS::Region}-${P}"},"eu-west-1-x"]}`, true},
		"Equals map":    {`{"Fn::Equals":[{"Fn::FindInMap":["M",{"Ref":"P"},"k"]},"v"]}`, true},
		"Not":           {`{"Fn::Not":[` + no + `]}`, true},
		"Not not":       {`{"Fn::Not":[` + yes + `]}`, false},
		"And":           {`{"Fn::And":[` + yes + `,` + yes + `]}`, true},
		"And not":       {`{"Fn::And":[` + yes + `,` + no + `]}`, false},
		"Or":            {`{"Fn::Or":[` + no + `,` + yes + `]}`, true},
		"Or not":        {`{"Fn::Or":[` + no + `,` + no + `]}`, false},
		"Condition":     {`{"Fn::And":[{"Condition":"Other"},{"Fn::Not":[{"Condition":"Other"}]}]}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := resolve(t, `{"Parameters":{"P":{"Type":"String"}},"Mappings":{"M":{"x":{"k":"v"}}},
  "Conditions":{"C":`+test.condition+`,"Other":`+yes+`},
  "Resources":{"R":{"Type":"T","Properties":{"P":{"Fn::If":["C","yes","no"]}}}}}`, map[string]string{"P": "x"})
			r, err := e.Resource("R")
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Properties["P"] == "yes"; got != test.want {
				t.Errorf("holds = %v, want %v", got, test.want)
			}
		})
	}
}
