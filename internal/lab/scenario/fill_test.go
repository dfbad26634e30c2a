package scenario_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/scenario"
)

func named() map[string]any {
	return map[string]any{
		"account": "222222222222",
		"regions": []any{"us-east-1", "eu-west-1"},
		"group": map[string]any{"GroupId": "sg-1", "Count": 3.0,
			"Rules": []any{map[string]any{"Id": "r1"}, map[string]any{"Id": "r2"}}},
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ value, want any }{
		"no placeholder":     {"plain", "plain"},
		"a number":           {22.0, 22.0},
		"nothing":            {nil, nil},
		"a dollar sign":      {"$group {x} $ {y}", "$group {x} $ {y}"},
		"a name":             {"${account}", "222222222222"},
		"a path":             {"${group.GroupId}", "sg-1"},
		"an item of a list":  {"${regions[1]}", "eu-west-1"},
		"an index":           {"${group.Rules[1].Id}", "r2"},
		"a number stays one": {"${group.Count}", 3.0},
		"a list stays one":   {"${regions}", []any{"us-east-1", "eu-west-1"}},
		"a list of all":      {"${group..Id}", []any{"r1", "r2"}},
		"inside a text":      {"arn:${group.Rules[0].Id}:${account}:${group.GroupId}", "arn:r1:222222222222:sg-1"},
		"a number in a text": {"n=${group.Count}", "n=3"},
		"in a map": {map[string]any{"a": map[string]any{"b": "${account}"}, "${account}": 1.0},
			map[string]any{"a": map[string]any{"b": "222222222222"}, "${account}": 1.0}},
		"in a list":            {[]any{"${account}", []any{"${group.Count}"}}, []any{"222222222222", []any{3.0}}},
		"two that meet":        {"${account}${account}", "222222222222222222222222"},
		"not what comes of it": {map[string]any{"x": "${odd}"}, map[string]any{"x": "${account}"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := named()
			values["odd"] = "${account}"
			got, err := scenario.Fill(values, tc.value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Fill (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFillNow(t *testing.T) {
	t.Parallel()
	before := time.Now()
	got, err := scenario.Fill(named(), "at ${now}")
	at, parsed := time.Parse("at "+time.RFC3339Nano, fmt.Sprint(got))
	if err != nil || parsed != nil || at.Before(before.Truncate(0)) || time.Since(at) > time.Minute {
		t.Errorf("Fill = %v, %v", got, err)
	}
}

func TestFillLater(t *testing.T) {
	t.Parallel()
	words := func() string {
		return strings.ToLower(time.Now().UTC().Add(48 * time.Hour).Format("2006-01-02 Mon"))
	}
	before := words()
	got, err := scenario.Fill(named(), "${date+48h} ${day+48h}")
	if after := words(); err != nil || got != before && got != after {
		t.Errorf("Fill = %v, %v, want %s", got, err, after)
	}
}

func TestFillRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		value any
		want  string
	}{
		"unknown name":           {"${nobody}", `nothing has the name "nobody"`},
		"unknown name in a text": {"a ${nobody.Id} b", `nothing has the name "nobody"`},
		"a time in words":        {"${now+soon}", `nothing has the name "now+soon"`},
		"a part of now":          {"${now.hour}", `nothing has the name "now"`},
		"unknown path":           {"${group.Id}", "the result of group has nothing there"},
		"an index too far":       {"${group.Rules[7].Id}", "the result of group has nothing there"},
		"not a path":             {"${group.}", "${group.}"},
		"empty":                  {"${}", `nothing has the name ""`},
		"deep in a value":        {map[string]any{"a": []any{"${nobody}"}}, `"nobody"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := scenario.Fill(named(), tc.value)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Fill = %v, %v; want an error that says %q", got, err, tc.want)
			}
		})
	}
}
