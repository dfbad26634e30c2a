package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/aws/policy"
)

// identity is the policy of a role with these statements, written in JSON.
func identity(t *testing.T, statements string) []policy.Named {
	t.Helper()
	d, err := policy.ParseIdentity(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	return []policy.Named{{Name: "p", Document: d}}
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	const (
		read     = `{"Sid":"Read","Effect":"Allow","Action":["x:List","x:Get*"],"Resource":["arn:x:thing/a","arn:x:thing/b*"]}`
		all      = `{"Sid":"All","Effect":"Allow","Action":"x:*","Resource":"*"}`
		no       = `{"Sid":"No","Effect":"Deny","Action":"x:GetIt","Resource":"arn:x:thing/bad"}`
		not      = `{"Sid":"Not","Effect":"Allow","NotAction":"x:Delete*","NotResource":"arn:x:secret/*"}`
		suppress = `{"Sid":"Never","Effect":"Deny","Action":"x:Set","Resource":"*","Condition":{"StringEquals":{"x:Status":"HIDDEN"}}}`
	)
	grant := func(sid, action, resource string, index int) policy.Grant {
		return policy.Grant{Place: policy.Place{Policy: "p", Statement: index, Sid: sid}, Action: action,
			Resource: resource}
	}
	for name, tc := range map[string]struct {
		statements, action, resource string
		context                      map[string]string
		want                         policy.Decision
	}{
		"implicit deny":   {read, "x:Put", "arn:x:thing/a", nil, policy.Decision{}},
		"other resource":  {read, "x:List", "arn:x:thing/c", nil, policy.Decision{}},
		"longer resource": {read, "x:List", "arn:x:thing/a/b", nil, policy.Decision{}},
		"allowed": {read, "x:List", "arn:x:thing/a", nil,
			policy.Decision{Grants: []policy.Grant{grant("Read", "x:List", "arn:x:thing/a", 0)}}},
		"wildcards cross slashes": {read, "x:GetIt", "arn:x:thing/b/c:d", nil,
			policy.Decision{Grants: []policy.Grant{grant("Read", "x:Get*", "arn:x:thing/b*", 0)}}},
		"case of action": {read, "X:LIST", "arn:x:thing/a", nil,
			policy.Decision{Grants: []policy.Grant{grant("Read", "x:List", "arn:x:thing/a", 0)}}},
		"case of resource": {read, "x:List", "arn:x:thing/A", nil, policy.Decision{}},
		"two statements": {read + "," + all, "x:List", "arn:x:thing/a", nil,
			policy.Decision{Grants: []policy.Grant{grant("Read", "x:List", "arn:x:thing/a", 0),
				grant("All", "x:*", "*", 1)}}},
		"deny wins": {all + "," + no, "x:GetIt", "arn:x:thing/bad", nil,
			policy.Decision{Denied: &policy.Place{Policy: "p", Statement: 1, Sid: "No"},
				Grants: []policy.Grant{grant("All", "x:*", "*", 0)}}},
		"deny first": {no + "," + all, "x:GetIt", "arn:x:thing/bad", nil,
			policy.Decision{Denied: &policy.Place{Policy: "p", Statement: 0, Sid: "No"},
				Grants: []policy.Grant{grant("All", "x:*", "*", 1)}}},
		"deny of something else": {all + "," + no, "x:GetIt", "arn:x:thing/good", nil,
			policy.Decision{Grants: []policy.Grant{grant("All", "x:*", "*", 0)}}},
		"all but": {not, "x:Get", "arn:x:thing/a", nil,
			policy.Decision{Grants: []policy.Grant{grant("Not", "", "", 0)}}},
		"excepted action":   {not, "x:DeleteIt", "arn:x:thing/a", nil, policy.Decision{}},
		"excepted resource": {not, "x:Get", "arn:x:secret/a", nil, policy.Decision{}},
		"deny with condition met": {all + "," + suppress, "x:Set", "arn:x:hub",
			map[string]string{"x:Status": "HIDDEN"},
			policy.Decision{Denied: &policy.Place{Policy: "p", Statement: 1, Sid: "Never"},
				Grants: []policy.Grant{grant("All", "x:*", "*", 0)}}},
		"deny with another value": {all + "," + suppress, "x:Set", "arn:x:hub", map[string]string{"x:Status": "NEW"},
			policy.Decision{Grants: []policy.Grant{grant("All", "x:*", "*", 0)}}},
		"deny with no value": {all + "," + suppress, "x:Set", "arn:x:hub", nil,
			policy.Decision{Grants: []policy.Grant{grant("All", "x:*", "*", 0)}}},
		"case of a condition key": {all + "," + suppress, "x:Set", "arn:x:hub",
			map[string]string{"X:status": "HIDDEN"},
			policy.Decision{Denied: &policy.Place{Policy: "p", Statement: 1, Sid: "Never"},
				Grants: []policy.Grant{grant("All", "x:*", "*", 0)}}},
		"a value is not a pattern": {read, "x:List", "arn:x:thing/*", nil, policy.Decision{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := policy.Request{Action: tc.action, Resource: tc.resource, Context: tc.context,
				Known: []string{"x:Status"}}
			got, err := policy.Evaluate(identity(t, tc.statements), r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
			if want := tc.want.Denied == nil && len(tc.want.Grants) > 0; got.Allowed() != want {
				t.Errorf("Allowed = %t, want %t", got.Allowed(), want)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		condition string
		context   map[string]string
		want      bool
	}{
		"equals":               {`{"StringEquals":{"k":["a","b"]}}`, map[string]string{"k": "b"}, true},
		"equals is no pattern": {`{"StringEquals":{"k":"a*"}}`, map[string]string{"k": "ab"}, false},
		"equals, absent":       {`{"StringEquals":{"k":"a"}}`, nil, false},
		"equals if it exists":  {`{"StringEqualsIfExists":{"k":"a"}}`, nil, true},
		"not equals":           {`{"StringNotEquals":{"k":["a","b"]}}`, map[string]string{"k": "c"}, true},
		"not equals, one is":   {`{"StringNotEquals":{"k":["a","b"]}}`, map[string]string{"k": "a"}, false},
		"not equals, absent":   {`{"StringNotEquals":{"k":"a"}}`, nil, true},
		"like":                 {`{"StringLike":{"k":"a?c*"}}`, map[string]string{"k": "abcd"}, true},
		"not like":             {`{"StringNotLike":{"k":"a*"}}`, map[string]string{"k": "abc"}, false},
		"ARN like": {`{"ArnLike":{"k":"arn:x:*:rule/h-*"}}`, map[string]string{"k": "arn:x:y:rule/h-1"},
			true},
		"ARN equals is like": {`{"ArnEquals":{"k":"arn:x:*"}}`, map[string]string{"k": "arn:x:y"}, true},
		"ARN not like":       {`{"ArnNotLike":{"k":"arn:x:*"}}`, map[string]string{"k": "arn:y"}, true},
		"bool":               {`{"Bool":{"k":false}}`, map[string]string{"k": "false"}, true},
		"bool, the other":    {`{"Bool":{"k":"true"}}`, map[string]string{"k": "false"}, false},
		"null, absent":       {`{"Null":{"k":"true"}}`, nil, true},
		"null, present":      {`{"Null":{"k":"true"}}`, map[string]string{"k": ""}, false},
		"not null":           {`{"Null":{"k":false}}`, map[string]string{"k": "x"}, true},
		"all keys must hold": {`{"StringEquals":{"k":"a","l":"b"}}`, map[string]string{"k": "a"}, false},
		"all operators must": {`{"StringEquals":{"k":"a"},"Null":{"l":true}}`, map[string]string{"k": "a", "l": ""},
			false},
		"several that all hold":  {`{"StringEquals":{"k":"a"},"Null":{"l":true}}`, map[string]string{"k": "a"}, true},
		"a number":               {`{"StringEquals":{"k":12}}`, map[string]string{"k": "12"}, true},
		"an empty text is there": {`{"StringEquals":{"k":""}}`, map[string]string{"k": ""}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := identity(t, `{"Effect":"Allow","Action":"x:Y","Resource":"*","Condition":`+tc.condition+`}`)
			d, err := policy.Evaluate(p, policy.Request{Action: "x:Y", Resource: "r", Context: tc.context})
			if err != nil || d.Allowed() != tc.want {
				t.Errorf("Allowed = %t, %v; want %t", d.Allowed(), err, tc.want)
			}
		})
	}
}

// A condition on a key without a value would be met or not by accident.
func TestConditionOnAKeyThatNobodyKnows(t *testing.T) {
	t.Parallel()
	p := identity(t, `{"Sid":"S","Effect":"Allow","Action":"x:Y","Resource":"*","Condition":{"StringNotEquals":{"aws:Odd":"a"}}}`)
	r := policy.Request{Action: "x:Y", Resource: "r", Known: []string{"aws:SourceArn"}}
	if _, err := policy.Evaluate(p, r); err == nil || !strings.Contains(err.Error(), "aws:Odd") ||
		!strings.Contains(err.Error(), "S of p") {
		t.Errorf("error = %v; want the key and the statement named", err)
	}
	r.Known = append(r.Known, "AWS:odd")
	if d, err := policy.Evaluate(p, r); err != nil || !d.Allowed() {
		t.Errorf("decision %+v, %v", d, err)
	}
	r.Action = "x:Z"
	r.Known = []string{}
	if _, err := policy.Evaluate(p, r); err != nil {
		t.Errorf("the statement is not about the call, and yet: %v", err)
	}
}

func TestParseIdentityRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ document, want string }{
		"no statement": {`{"Statement":[]}`, "no statement"},
		"a principal": {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"x:Y","Resource":"*"}]}`,
			"Principal"},
		"no resource": {`{"Statement":[{"Effect":"Allow","Action":"x:Y"}]}`, "Resource"},
		"both resources": {`{"Statement":[{"Effect":"Allow","Action":"x:Y","Resource":"a","NotResource":"b"}]}`,
			"NotResource"},
		"no action": {`{"Statement":[{"Effect":"Allow","Resource":"*"}]}`, "Action"},
		"both actions": {`{"Statement":[{"Effect":"Allow","Action":"x:Y","NotAction":"x:Z","Resource":"*"}]}`,
			"NotAction"},
		"effect": {`{"Statement":[{"Effect":"allow","Action":"x:Y","Resource":"*"}]}`, "Effect"},
		"variable": {`{"Statement":[{"Effect":"Allow","Action":"x:Y","Resource":"arn:x:${aws:username}"}]}`,
			"variables"},
		"variable in a value": {
			`{"Statement":[{"Effect":"Allow","Action":"x:Y","Resource":"*","Condition":{"StringEquals":{"k":"${x}"}}}]}`, "variables"},
		"operator": {
			`{"Statement":[{"Effect":"Allow","Action":"x:Y","Resource":"*","Condition":{"IpAddress":{"k":"1"}}}]}`,
			"IpAddress"},
		"set operator": {
			`{"Statement":[{"Effect":"Allow","Action":"x:Y","Resource":"*","Condition":{"ForAllValues:StringEquals":{"k":"1"}}}]}`, "ForAllValues"},
		"unknown element": {`{"Statement":[{"Effect":"Allow","Actions":"x:Y","Resource":"*"}]}`, "Actions"},
	} {
		if _, err := policy.ParseIdentity(tc.document); err == nil ||
			!strings.Contains(strings.ToLower(err.Error()), strings.ToLower(tc.want)) {
			t.Errorf("%s: error = %v, want it to contain %q", name, err, tc.want)
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		pattern, value string
		want           bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a/b:c", true}, {"a*", "a", true}, {"*a", "ba", true},
		{"*a", "ab", false},
		{"a*b*c", "a1b2c", true}, {"a*b*c", "a1c2b", false}, {"a**b", "ab", true}, {"?", "", false}, {"?", "a", true},
		{"a?c", "ac", false},
		{"a?c", "abc", true}, {"*ab", "aab", true}, {"*abab", "ababab", true}, {"[a]", "a", false},
		{"[a]", "[a]", true}, {`\a`, "a", false}, {"a.c", "abc", false},
	} {
		if got := policy.Match(tc.pattern, tc.value); got != tc.want {
			t.Errorf("Match(%q, %q) = %t", tc.pattern, tc.value, got)
		}
	}
}
