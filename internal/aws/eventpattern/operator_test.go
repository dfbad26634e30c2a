package eventpattern_test

import (
	"encoding/json"
	"strings"
	"testing"

	"hubmend/internal/aws/eventpattern"
)

func compile(t *testing.T, pattern string) *eventpattern.Pattern {
	t.Helper()
	p, err := eventpattern.Compile([]byte(pattern))
	if err != nil {
		t.Fatalf("compile %s: %v", pattern, err)
	}
	return p
}

// decode returns an event with float64 and with json.Number, which must not make a difference.
func decode(t *testing.T, event string) []any {
	t.Helper()
	var floats, numbers any
	if err := json.Unmarshal([]byte(event), &floats); err != nil {
		t.Fatalf("decode %s: %v", event, err)
	}
	d := json.NewDecoder(strings.NewReader(event))
	d.UseNumber()
	if err := d.Decode(&numbers); err != nil {
		t.Fatalf("decode %s: %v", event, err)
	}
	return []any{floats, numbers}
}

func check(t *testing.T, pattern, event string, want bool) {
	t.Helper()
	p := compile(t, pattern)
	for _, e := range decode(t, event) {
		if got := p.Match(e); got != want {
			t.Errorf("%s on %s (%T): match = %v, want %v", pattern, event, e, got, want)
		}
	}
}

// Each pattern is the values of the field "a"; each event value is the field's JSON.
func TestOperators(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		values  string
		matches []string
		differs []string
	}{
		"string": {`["x","y"]`, []string{`"x"`, `"y"`, `["z","y"]`},
			[]string{`"X"`, `"xy"`, `""`, `null`, `["z"]`, `[]`, `{"x":1}`}},
		"empty":   {`[""]`, []string{`""`}, []string{`null`, `" "`, `[]`}},
		"number":  {`[100]`, []string{`100`, `100.0`, `1e2`, `[1,100]`}, []string{`"100"`, `101`, `true`}},
		"account": {`[111122223333]`, []string{`111122223333`}, []string{`111122223334`, `"111122223333"`}},
		"boolean": {`[true]`, []string{`true`}, []string{`false`, `"true"`, `1`}},
		"null":    {`[null]`, []string{`null`, `[1,null]`}, []string{`"null"`, `0`, `""`, `[]`, `{}`}},
		"address": {`["2001:db8::1"]`, []string{`"2001:db8::1"`, `"2001:DB8:0:0::1"`},
			[]string{`"2001:db8::2"`, `"2001:db8::1%eth0"`}},

		"prefix": {`[{"prefix":"aws."}]`, []string{`"aws.ec2"`, `"aws."`},
			[]string{`"AWS.ec2"`, `"aw"`, `1`, `null`}},
		"empty prefix": {`[{"prefix":""}]`, []string{`""`, `"x"`}, []string{`1`, `null`, `[]`}},
		"prefix fold": {`[{"prefix":{"equals-ignore-case":"EvÉ"}}]`, []string{`"evénement"`, `"EVÉ"`},
			[]string{`"ev"`, `"xev"`, `7`}},
		"suffix": {`[{"suffix":".png"}]`, []string{`"a.png"`, `".png"`}, []string{`"a.PNG"`, `"png"`, `1`}},
		"suffix fold": {`[{"suffix":{"equals-ignore-case":".PnG"}}]`, []string{`"a.png"`, `"É.PNG"`},
			[]string{`"a.jpg"`, `"ng"`}},
		"equals-ignore-case": {`[{"equals-ignore-case":"Alice"}]`, []string{`"ALICE"`, `"alice"`},
			[]string{`"alicea"`, `null`}},

		"wildcard": {`[{"wildcard":"dir/*.png"}]`, []string{`"dir/a.png"`, `"dir/.png"`, `"dir/a/b.png"`},
			[]string{`"dir/a.pn"`, `"xdir/a.png"`, `"dir.png"`, `1`}},
		"wildcard only":    {`[{"wildcard":"*"}]`, []string{`""`, `"x"`}, []string{`1`, `null`}},
		"wildcard overlap": {`[{"wildcard":"ab*ba"}]`, []string{`"abba"`, `"abxba"`}, []string{`"aba"`}},
		"wildcards": {`[{"wildcard":"*a*bc*d"}]`, []string{`"abcd"`, `"xxabbcxd"`},
			[]string{`"acbd"`, `"abcdx"`}},
		"wildcard escapes": {`[{"wildcard":"1\\*2\\\\*"}]`, []string{`"1*2\\"`, `"1*2\\x"`},
			[]string{`"1x2\\"`, `"1*2"`}},
		"no wildcard in it": {`[{"wildcard":"abc"}]`, []string{`"abc"`}, []string{`"abcd"`}},

		"numeric equal": {`[{"numeric":["=",301.8]}]`, []string{`301.8`, `3.018e2`}, []string{`"301.8"`, `301`}},
		"numeric less": {`[{"numeric":["<",10]}]`, []string{`9.999999`, `-5e9`},
			[]string{`10`, `"9"`, `-6e9`, `9.9999999`, `null`}},
		"numeric at most":  {`[{"numeric":["<=",10]}]`, []string{`10`}, []string{`10.1`}},
		"numeric more":     {`[{"numeric":[">",-1]}]`, []string{`0`}, []string{`-1`, `5000000001`}},
		"numeric at least": {`[{"numeric":[">=",5e9]}]`, []string{`5000000000`}, []string{`4999999999`}},
		"numeric range": {`[{"numeric":[">",0,"<=",5]}]`, []string{`0.5`, `5`, `[9,3]`},
			[]string{`0`, `5.1`, `[9,-3]`}},
		"cidr": {`[{"cidr":"10.0.0.7/24"}]`, []string{`"10.0.0.0"`, `"10.0.0.255"`},
			[]string{`"10.0.1.0"`, `"10.0.0"`, `"::a00:1"`, `10`}},
		"cidr 6": {`[{"cidr":"2001:db8::/32"}]`, []string{`"2001:DB8::1"`},
			[]string{`"2001:db9::1"`, `"10.0.0.1"`}},
		"exists": {`[{"exists":true}]`, []string{`1`, `null`, `""`, `[null]`},
			[]string{`[]`, `{}`, `{"b":1}`}},
		"missing":          {`[{"exists":false}]`, []string{`[]`, `{}`, `{"b":1}`}, []string{`1`, `null`, `[null]`}},
		"missing or value": {`[{"exists":false},"x"]`, []string{`[]`, `"x"`}, []string{`"y"`, `null`}},
		"several operators": {`["x",{"prefix":"y"},{"numeric":["=",1]}]`, []string{`"x"`, `"yes"`, `1`},
			[]string{`"z"`, `2`}},

		"anything-but string": {`[{"anything-but":"x"}]`, []string{`"y"`, `1`, `null`, `["x","y"]`},
			[]string{`"x"`, `["x","x"]`, `[]`}},
		"anything-but number":  {`[{"anything-but":123}]`, []string{`124`, `"123"`}, []string{`123`, `123.0`}},
		"anything-but list":    {`[{"anything-but":["x","y"]}]`, []string{`"z"`}, []string{`"x"`, `"y"`}},
		"anything-but numbers": {`[{"anything-but":[1,2]}]`, []string{`3`}, []string{`1`, `2`}},
		"anything-but prefix":  {`[{"anything-but":{"prefix":"init"}}]`, []string{`"x"`, `1`}, []string{`"initial"`}},
		"anything-but prefixes": {`[{"anything-but":{"prefix":["a","b"]}}]`, []string{`"c"`},
			[]string{`"a1"`, `"b1"`}},
		"anything-but suffix": {`[{"anything-but":{"suffix":".png"}}]`, []string{`"x"`}, []string{`"x.png"`}},
		"anything-but wildcard": {`[{"anything-but":{"wildcard":"*/lib/*"}}]`, []string{`"lib"`},
			[]string{`"/lib/a"`}},
		"anything-but fold": {`[{"anything-but":{"equals-ignore-case":"X"}}]`, []string{`"y"`}, []string{`"x"`}},
		"anything-but fold list": {`[{"anything-but":{"equals-ignore-case":["X","y"]}}]`, []string{`"z"`},
			[]string{`"x"`, `"Y"`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, v := range test.matches {
				check(t, `{"a":`+test.values+`}`, `{"a":`+v+`}`, true)
			}
			for _, v := range test.differs {
				check(t, `{"a":`+test.values+`}`, `{"a":`+v+`}`, false)
			}
		})
	}
}

func TestMissingField(t *testing.T) {
	t.Parallel()
	for values, want := range map[string]bool{
		`[{"exists":false}]`:      true,
		`[{"exists":true}]`:       false,
		`[null]`:                  false,
		`[""]`:                    false,
		`[{"anything-but":"x"}]`:  false,
		`[{"exists":false},null]`: true,
	} {
		check(t, `{"a":`+values+`,"b":[1]}`, `{"b":1}`, want)
		check(t, `{"a":{"c":`+values+`}}`, `{"a":1}`, want)
	}
}
