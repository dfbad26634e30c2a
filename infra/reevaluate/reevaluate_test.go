package reevaluate_test

import (
	"testing"

	"hubmend/infra/reevaluate"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		context any
		want    string
	}{{nil, "none"}, {true, "true"}, {false, "false"}, {"true", "true"}, {"yes", "invalid"}, {2.0, "invalid"},
		{map[string]any{}, "invalid"}} {
		on, err := reevaluate.Read(tc.context)
		got := "none"
		switch {
		case err != nil:
			got = "invalid"
		case on != nil && *on:
			got = "true"
		case on != nil:
			got = "false"
		}
		if got != tc.want {
			t.Errorf("%v is %s, want %s", tc.context, got, tc.want)
		}
	}
}
