package authz

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A line of the table that repeats the reference is superfluous.
func TestTableHasOnlyWhatTheReferenceDoesNotSay(t *testing.T) {
	t.Parallel()
	table, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for call, e := range table {
		c, plain := e.sample(call)
		if !plain {
			continue
		}
		want, err := c.needs(e.Needs)
		if err != nil {
			t.Fatalf("%s: %v", call, err)
		}
		if said, err := c.referred(); err == nil && cmp.Equal(said, want, cmpopts.IgnoreFields(Need{}, "Keys")) {
			t.Errorf("%s: the reference says the same", call)
		}
	}
}

// sample is a call with a value for all that the entry asks of its input, unless the entry says what the
// reference cannot.
func (e entry) sample(call string) (c Call, plain bool) {
	service, api, _ := strings.Cut(call, ":")
	c = Call{Partition: "aws", Region: "eu-west-1", Account: "222222222222", Service: service, API: api,
		Input: map[string]any{}}
	for _, n := range e.Needs {
		if n.When != "" || n.Unless != "" || len(n.Context) > 0 {
			return c, false
		}
		for _, pattern := range n.Resources {
			for _, m := range placeholder.FindAllStringSubmatch(pattern, -1) {
				name, _, isList := strings.Cut(m[1], ".")
				switch {
				case m[3] != "":
					return c, false
				case isList:
					c.Input[name] = []any{"x"}
				case pattern == m[0]:
					c.Input[name] = "arn:aws:sns:eu-west-1:222222222222:x"
				default:
					c.Input[name] = "x"
				}
			}
		}
	}
	return c, len(e.Acting) == 0
}
