package eventpattern_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"hubmend/internal/aws/eventpattern"
)

func TestStructure(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pattern string
		matches []string
		differs []string
	}{
		"all fields": {`{"a":[1],"b":{"c":[2]}}`, []string{`{"a":1,"b":{"c":2,"d":3}}`},
			[]string{`{"a":1}`, `{"a":1,"b":2}`, `[]`, `null`, `"a"`}},
		"dots": {`{"a":{"b.c":[1]}}`, []string{`{"a":{"b.c":1}}`, `{"a":{"b":{"c":1}}}`, `{"a.b":{"c":1}}`},
			[]string{`{"a":{"b":1}}`}},

		"same element": {
			`{"e":{"first":["Anna"],"last":["Smith"]}}`,
			[]string{`{"e":[{"first":"John","last":"Smith"},{"first":"Anna","last":"Smith"}]}`,
				`{"e":{"first":"Anna","last":"Smith"}}`, `{"e":[[{"first":"Anna","last":"Smith"}]]}`},
			[]string{`{"e":[{"first":"Anna","last":"Jones"},{"first":"John","last":"Smith"}]}`,
				`{"e":[[{"first":"Anna"}],[{"last":"Smith"}]]}`, `{"e":[]}`},
		},
		"same element, far apart": {
			`{"e":{"a":{"x":[1]},"b":{"y":[2]}},"other":[3]}`,
			[]string{`{"e":[{"a":{"x":9}},{"a":[{"x":1}],"b":[{"y":0},{"y":2}]}],"other":[4,3]}`},
			[]string{`{"e":[{"a":{"x":1}},{"b":{"y":2}}],"other":3}`},
		},
		"inner array": {
			`{"u":{"name":["n"],"t":{"k":["color"],"v":["blue"]}}}`,
			[]string{`{"u":[{"name":"n","t":[{"k":"size","v":"blue"},{"k":"color","v":"blue"}]}]}`},
			[]string{`{"u":[{"name":"n","t":[{"k":"size","v":"blue"},{"k":"color","v":"red"}]}]}`,
				`{"u":[{"name":"n"},{"t":[{"k":"color","v":"blue"}]}]}`},
		},
		"scalars are not elements": {`{"a":["x"],"b":["y"]}`, []string{`{"a":["z","x"],"b":["y","z"]}`},
			[]string{`{"a":["z"],"b":["y"]}`}},
		"missing in the same element": {
			`{"e":{"a":[1],"b":[{"exists":false}]}}`,
			[]string{`{"e":[{"a":1},{"a":2,"b":3}]}`},
			[]string{`{"e":[{"a":1,"b":3},{"a":2}]}`},
		},
		"missing is checked in the order of paths": {
			// EventBridge checks the paths in order: at "a" no element is chosen yet, so that
			// any "a" in the array counts.
			`{"e":{"a":[{"exists":false}],"b":[1]}}`,
			[]string{`{"e":[{"b":1}]}`},
			[]string{`{"e":[{"a":2},{"b":1}]}`, `{"e":[{"a":2,"b":1}]}`},
		},

		"or": {
			`{"s":["x"],"$or":[{"a":[1]},{"b":[2],"c":[3]}]}`,
			[]string{`{"s":"x","a":1}`, `{"s":"x","b":2,"c":3}`},
			[]string{`{"s":"x","b":2}`, `{"a":1}`, `{"s":"x"}`},
		},
		"or twice": {
			`{"$or":[{"a":[1]},{"b":[2]}],"d":{"$or":[{"x":[1]},{"y":[2]}]}}`,
			[]string{`{"a":1,"d":{"y":2}}`, `{"b":2,"d":{"x":1}}`},
			[]string{`{"a":1,"b":2}`, `{"d":{"x":1,"y":2}}`},
		},
		"or in or": {
			`{"$or":[{"a":[1]},{"b":[1],"$or":[{"c":[1]},{"d":[1]}]}]}`,
			[]string{`{"a":1}`, `{"b":1,"c":1}`, `{"b":1,"d":1}`},
			[]string{`{"b":1}`, `{"c":1,"d":1}`},
		},
		"or in an array": {
			`{"e":{"k":[1],"$or":[{"a":[1]},{"b":[1]}]}}`,
			[]string{`{"e":[{"k":1,"b":1}]}`},
			[]string{`{"e":[{"k":1},{"a":1,"b":1}]}`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, e := range test.matches {
				check(t, test.pattern, e, true)
			}
			for _, e := range test.differs {
				check(t, test.pattern, e, false)
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ pattern, want string }{
		"no JSON":       {`{"a":[1]`, "is not JSON"},
		"two documents": {`{"a":[1]}{"b":[1]}`, "is not JSON"},
		"no object":     {`["a"]`, "must be an object, not an array"},
		"empty":         {`{}`, "the pattern: an empty object"},
		"empty object":  {`{"d":{"e":{}}}`, "d.e: an empty object"},
		"empty array":   {`{"d":{"e":[]}}`, "d.e: an empty array"},
		"scalar leaf":   {`{"d":{"e":"x"}}`, "d.e: must be an array of values or an object, not a string"},
		"number leaf":   {`{"d":1}`, "d: must be an array of values or an object, not a number"},
		"null leaf":     {`{"d":null}`, "not null"},
		"operator without an array": {`{"d":{"prefix":"x"}}`,
			`d.prefix: must be an array of values or an object, not a string; an operator belongs in an array: [{"prefix": ...}]`},
		"array in an array": {`{"d":["x",["y"]]}`,
			"d[1]: must be a string, a number, a boolean, null or an operator, not an array"},
		"duplicate key":            {`{"d":{"e":[1],"e":[2]}}`, "d.e: duplicate key"},
		"duplicate in an operator": {`{"d":[{"prefix":"a","prefix":"b"}]}`, "d[0].prefix: duplicate key"},
		"path twice":               {`{"a":{"b":[1]},"a.b":[2]}`, "a.b: duplicate path"},
		"path twice by or":         {`{"a":[1],"$or":[{"a":[2]},{"b":[1]}]}`, "a: duplicate path"},
		"unknown operator": {`{"d":[{"regex":"x"}]}`,
			`d[0]: unknown operator "regex"; supported: "anything-but", "cidr"`},
		"two operators": {`{"d":[{"prefix":"x","suffix":"y"}]}`,
			"d[0]: an operator is an object with exactly one key, not 2"},
		"empty operator": {`{"d":[{}]}`, "exactly one key, not 0"},

		"prefix of a number":      {`{"d":[{"prefix":1}]}`, "d[0]: prefix: must be a string, not a number"},
		"prefix with an operator": {`{"d":[{"prefix":{"suffix":"x"}}]}`, `cannot hold "suffix"`},
		"fold with an operator": {`{"d":[{"equals-ignore-case":{"prefix":"x"}}]}`,
			"equals-ignore-case: must be a string, not an object"},
		"exists":               {`{"d":[{"exists":"true"}]}`, "d[0]: exists: must be true or false, not a string"},
		"wildcard twice":       {`{"d":[{"wildcard":"a**b"}]}`, "two wildcards in a row"},
		"wildcard escape":      {`{"d":[{"wildcard":"a\\b"}]}`, "a backslash escapes only"},
		"wildcard open escape": {`{"d":[{"wildcard":"a\\"}]}`, "a backslash escapes only"},
		"cidr":                 {`{"d":[{"cidr":"10.0.0.0"}]}`, "is not an IP address and a prefix length"},
		"cidr of one":          {`{"d":[{"cidr":"10.0.0.1/32"}]}`, "is a single address"},

		"numeric":           {`{"d":[{"numeric":5}]}`, "numeric: must be an array"},
		"numeric alone":     {`{"d":[{"numeric":["<"]}]}`, "one or two pairs"},
		"numeric operator":  {`{"d":[{"numeric":["!=",5]}]}`, "unknown comparison !="},
		"numeric string":    {`{"d":[{"numeric":["<","5"]}]}`, "must be a number, not a string"},
		"numeric too large": {`{"d":[{"numeric":["<",5000000001]}]}`, "5000000001 is not between"},
		"numeric too fine":  {`{"d":[{"numeric":["<",0.0000001]}]}`, "six decimals"},
		"numeric order":     {`{"d":[{"numeric":["<",5,">",0]}]}`, "a range has > or >= first"},
		"numeric empty":     {`{"d":[{"numeric":[">",5,"<",5]}]}`, "the range from 5 to 5 is empty"},

		"anything-but mixed":        {`{"d":[{"anything-but":["a",1]}]}`, "either strings or numbers"},
		"anything-but empty":        {`{"d":[{"anything-but":[]}]}`, "an empty list"},
		"anything-but boolean":      {`{"d":[{"anything-but":true}]}`, "must be strings or numbers, not a boolean"},
		"anything-but operator":     {`{"d":[{"anything-but":{"numeric":["<",1]}}]}`, `cannot hold "numeric"`},
		"anything-but empty prefix": {`{"d":[{"anything-but":{"prefix":""}}]}`, "would exclude every string"},
		"anything-but no strings": {`{"d":[{"anything-but":{"suffix":[1]}}]}`,
			"suffix: must be strings, not a number"},
		"anything-but large": {`{"d":[{"anything-but":111122223333}]}`, "is not between"},

		"or of an object":       {`{"$or":{"a":[1]}}`, "$or: must be an array of objects"},
		"or of one":             {`{"d":{"$or":[{"a":[1]}]}}`, "d.$or: needs at least two"},
		"or of scalars":         {`{"$or":[{"a":[1]},"b"]}`, "$or[1]: must be an object, not a string"},
		"operator below or":     {`{"$or":[{"a":[1]},{"prefix":["x"]}]}`, `$or[1]: prefix: "prefix" is an operator`},
		"too many combinations": {manyOrs(10), "more than 1000 combinations"},
		"too large":             {`{"a":["` + strings.Repeat("x", 4096) + `"]}`, "has 4106 bytes without white space"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := eventpattern.Compile([]byte(test.pattern))
			if err == nil {
				t.Fatalf("%s compiles", test.pattern)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
		})
	}
}

func TestCompileIgnoresWhiteSpace(t *testing.T) {
	t.Parallel()
	check(t, `{"a":`+strings.Repeat(" ", 5000)+`[1]}`, `{"a":1}`, true)
}

func TestCompileAllowsNineOrs(t *testing.T) {
	t.Parallel()
	compile(t, manyOrs(9)) // 512 combinations
}

// manyOrs is a pattern with 2^n combinations.
func manyOrs(n int) string {
	fields := make([]string, n)
	for i := range fields {
		fields[i] = fmt.Sprintf(`"f%d":{"$or":[{"a":[1]},{"b":[1]}]}`, i)
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func FuzzMatch(f *testing.F) {
	f.Add(`{"a":{"b":[{"anything-but":{"wildcard":"*x\\*"}}],"$or":[{"c":[1]},{"d":[{"exists":false}]}]}}`,
		`{"a":[{"b":"y","c":1},{"d":[[{}]]}]}`)
	f.Add(`{"a":[{"numeric":[">",0,"<=",5]},{"cidr":"10.0.0.0/8"},{"prefix":{"equals-ignore-case":"É"}}]}`,
		`{"a":[1e999,"10.1.1.1","\ud800"]}`)
	f.Add(pattern, imported(consolidated))
	f.Fuzz(func(t *testing.T, pattern, event string) {
		p, err := eventpattern.Compile([]byte(pattern))
		var e any
		if err != nil || json.Unmarshal([]byte(event), &e) != nil {
			return
		}
		if first := p.Match(e); first != p.Match(e) {
			t.Errorf("%s on %s matches only sometimes", pattern, event)
		}
	})
}
