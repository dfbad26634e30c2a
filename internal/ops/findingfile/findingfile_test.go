package findingfile_test

import (
	"strings"
	"testing"

	"hubmend/internal/ops/findingfile"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want int
	}{
		"a finding":            {`{"ProductArn": "a"}`, 1},
		"a list":               {`[{"ProductArn": "a"}, {"ProductArn": "b"}]`, 2},
		"an empty list":        {`[]`, 0},
		"get-findings":         {`{"Findings": [{}, {}, {}], "NextToken": "x"}`, 3},
		"no findings":          {`{"Findings": []}`, 0},
		"a finding in OCSF":    {`{"class_uid": 2003}`, 1},
		"lines of OCSF":        {"{\"class_uid\": 2003}\n{\"class_uid\": 2004}\n", 2},
		"an event of V2":       {`{"detail": {"findings": [{"class_uid": 2003}]}}`, 1},
		"an event":             {`{"detail": {"findings": [{}]}}`, 1},
		"one a line":           {"{\"ProductArn\": \"a\"}\n{\"ProductArn\": \"b\"}\n", 2},
		"page after page":      {`{"Findings": [{}, {}]} {"Findings": [{}]}`, 3},
		"YAML":                 {"Findings:\n- Id: a\n- Id: b\n", 2},
		"a list and a finding": {`[{}] {"ProductArn": "a"}`, 2},
	} {
		got, err := findingfile.Split([]byte(tc.text))
		if err != nil || len(got) != tc.want {
			t.Errorf("%s: %d findings, %v; want %d", name, len(got), err, tc.want)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" \n": "it is empty", `{"Findings": [`: "it ends in the middle; the file may be truncated", `{"a": 1}`: "it is not a finding",
		`{"Findings": 1}`: "a number", `{} x`: "it is not a finding", `[1] x`: "it is not JSON",
	} {
		if got, err := findingfile.Split([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %d findings, %v; want %q", text, len(got), err, want)
		}
	}
}
